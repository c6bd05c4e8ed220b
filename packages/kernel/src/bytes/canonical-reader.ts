/**
 * Reads canonical bytes and refuses everything that is not canonical, by class and with the byte offset.
 *
 * A head's length is compared with the bytes that remain before anything is allocated, so a hostile length costs
 * nothing. Nesting is bounded by the caller that recurses (`value.ts`).
 */
import { copyBytes, type Bytes } from './byte-string.ts';
import { MAJOR } from './canonical-writer.ts';
import { readUtf8 } from './utf8.ts';

export type CanonicalErrorClass =
  | 'truncated'
  | 'trailing'
  | 'tag'
  | 'indefinite'
  | 'long-integer'
  | 'integer-range'
  | 'key-order'
  | 'duplicate-key'
  | 'bad-utf8'
  | 'bad-float'
  | 'bad-simple'
  | 'bad-key'
  | 'reserved'
  | 'too-deep'
  | 'wrong-type';

/** Thrown by the reader only; callers turn it into a refusal or a fault. */
export class CanonicalError extends Error {
  override readonly name = 'CanonicalError';
  readonly class: CanonicalErrorClass;
  /** Offset of the first byte of the item that is wrong; inside text, of the first byte that is not UTF-8. */
  readonly offset: number;

  constructor(errorClass: CanonicalErrorClass, offset: number) {
    super(`${errorClass} at byte ${offset}`);
    this.class = errorClass;
    this.offset = offset;
  }
}

const TWO_32 = 0x1_0000_0000;
const INTEGER_NEGATIVE_MAX = 2n ** 63n - 1n;

const floatView = new DataView(new ArrayBuffer(8));

/** A cursor over canonical bytes. What is read is copied out: it keeps little of them alive (`copyBytes`). */
export class CanonicalReader {
  readonly #source: Bytes;
  #at: number = 0;

  constructor(source: Bytes) {
    this.#source = source;
  }

  get offset(): number {
    return this.#at;
  }

  /** Refuses bytes after the last item. */
  end(): void {
    if (this.#at !== this.#source.length) throw new CanonicalError('trailing', this.#at);
  }

  /** The major type of the next item, without reading it. */
  peekMajor(): number {
    return this.#peek() >> 5;
  }

  isNull(): boolean {
    return this.#peek() === 0xf6;
  }

  /** Whether the next item is a float of any width. */
  isFloat(): boolean {
    const lead = this.#peek();
    return lead >= 0xf9 && lead <= 0xfb;
  }

  /** An integer as a number; refuses one past 2⁵³ − 1 on either side. */
  safeInteger(): number {
    const start = this.#at;
    const value = this.integer();
    if (typeof value === 'bigint') throw new CanonicalError('integer-range', start);
    return value;
  }

  /** An integer that counts or indexes: 0 … 2⁵³ − 1. */
  count(): number {
    const start = this.#at;
    const value = this.safeInteger();
    if (value < 0) throw new CanonicalError('integer-range', start);
    return value;
  }

  countOrNull(): number | null {
    return this.#takeNull() ? null : this.count();
  }

  /** An integer; a bigint only where a number can't hold it. */
  integer(): number | bigint {
    const start = this.#at;
    const major = this.#peek() >> 5;
    if (major !== MAJOR.unsigned && major !== MAJOR.negative) throw this.#wrongType(start);
    const argument = this.#argument();
    if (major === MAJOR.unsigned) return argument;
    if (typeof argument === 'number') {
      const value = -1 - argument;
      return Number.isSafeInteger(value) ? value : BigInt(value);
    }
    if (argument > INTEGER_NEGATIVE_MAX) throw new CanonicalError('integer-range', start);
    return -1n - argument;
  }

  bytes(): Bytes {
    const size = this.#length(MAJOR.bytes, 1);
    const bytes = copyBytes(this.#source, this.#at, size);
    this.#at += size;
    return bytes;
  }

  bytesOrNull(): Bytes | null {
    return this.#takeNull() ? null : this.bytes();
  }

  text(): string {
    const size = this.#length(MAJOR.text, 1);
    const text = readUtf8(this.#source, this.#at, this.#at + size);
    if (typeof text === 'number') throw new CanonicalError('bad-utf8', text);
    this.#at += size;
    return text;
  }

  textOrNull(): string | null {
    return this.#takeNull() ? null : this.text();
  }

  /** Opens an array and returns how many items follow. */
  array(): number {
    return this.#length(MAJOR.array, 1);
  }

  /** Opens an array that must have exactly `count` items. */
  arrayOf(count: number): void {
    const start = this.#at;
    if (this.array() !== count) throw new CanonicalError('wrong-type', start);
  }

  /** Opens a map and returns how many entries follow. */
  map(): number {
    return this.#length(MAJOR.map, 2);
  }

  boolean(): boolean {
    const start = this.#at;
    const lead = this.#peek();
    if (lead !== 0xf4 && lead !== 0xf5) throw this.#wrongType(start);
    this.#at++;
    return lead === 0xf5;
  }

  null(): void {
    const start = this.#at;
    if (!this.#takeNull()) throw this.#wrongType(start);
  }

  float(): number {
    const start = this.#at;
    const lead = this.#peek();
    if (lead !== 0xfb) throw this.#wrongType(start);
    if (this.#source.length - start < 9) throw new CanonicalError('truncated', start);
    floatView.setUint32(0, this.#uint32(start + 1));
    floatView.setUint32(4, this.#uint32(start + 5));
    const value = floatView.getFloat64(0);
    if (!Number.isFinite(value) || Number.isInteger(value)) throw new CanonicalError('bad-float', start);
    this.#at = start + 9;
    return value;
  }

  /** Copies out the bytes from `start` to here. */
  rawSince(start: number): Bytes {
    return copyBytes(this.#source, start, this.#at - start);
  }

  #takeNull(): boolean {
    if (this.#peek() !== 0xf6) return false;
    this.#at++;
    return true;
  }

  #peek(): number {
    if (this.#at >= this.#source.length) throw new CanonicalError('truncated', this.#at);
    return this.#source.charCodeAt(this.#at);
  }

  /** What is wrong with an item that is not of the type asked for. */
  #wrongType(start: number): CanonicalError {
    const lead = this.#peek();
    if (lead >> 5 === MAJOR.tag) return new CanonicalError('tag', start);
    if ((lead & 31) === 31) return new CanonicalError('indefinite', start);
    if ((lead & 31) > 27) return new CanonicalError('reserved', start);
    if (lead === 0xf9 || lead === 0xfa) return new CanonicalError('bad-float', start);
    if (lead >> 5 === MAJOR.simple && lead !== 0xf4 && lead !== 0xf5 && lead !== 0xf6 && lead !== 0xfb) {
      return new CanonicalError('bad-simple', start);
    }
    return new CanonicalError('wrong-type', start);
  }

  /** Reads a length of `major` and checks it against the bytes left, at `sizeMin` bytes a unit. */
  #length(major: number, sizeMin: number): number {
    const start = this.#at;
    if (this.#peek() >> 5 !== major) throw this.#wrongType(start);
    const length = this.#argument();
    if (typeof length === 'bigint' || length * sizeMin > this.#source.length - this.#at) {
      throw new CanonicalError('truncated', start);
    }
    return length;
  }

  /** Reads a head's argument in its shortest form. */
  #argument(): number | bigint {
    const start = this.#at;
    const info = this.#peek() & 31;
    if (info < 24) {
      this.#at = start + 1;
      return info;
    }
    if (info > 27) throw new CanonicalError(info === 31 ? 'indefinite' : 'reserved', start);
    const size = 1 << (info - 24);
    if (this.#source.length - start <= size) throw new CanonicalError('truncated', start);
    this.#at = start + 1 + size;
    const value = this.#unsigned(start + 1, size);
    const shortestMin = size === 1 ? 24 : size === 2 ? 0x100 : size === 4 ? 0x1_0000 : TWO_32;
    if (value < shortestMin) throw new CanonicalError('long-integer', start);
    return value;
  }

  #unsigned(at: number, size: number): number | bigint {
    if (size === 1) return this.#source.charCodeAt(at);
    if (size === 2) return this.#uint16(at);
    if (size === 4) return this.#uint32(at);
    const [high, low] = [this.#uint32(at), this.#uint32(at + 4)];
    const value = high * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  #uint16(at: number): number {
    return (this.#source.charCodeAt(at) << 8) | this.#source.charCodeAt(at + 1);
  }

  #uint32(at: number): number {
    return this.#uint16(at) * 0x1_0000 + this.#uint16(at + 2);
  }
}
