/**
 * Writes canonical bytes: strict DAG-CBOR without tags (RFC 8949 §4.2.1, further narrowed by `docs/spec/canonical.md`).
 *
 * The writer is for fixed schemas: the caller writes an array head and then exactly that many items. It checks
 * integers and text; it can't check that the counts come true (the golden vectors and the laws do).
 */
import { assert } from '../assert.ts';
import { writeBytes, bytesFrom, type Bytes } from './byte-string.ts';
import { utf8Size, writeUtf8 } from './utf8.ts';

const INITIAL_SIZE = 1024;
const TWO_32 = 0x1_0000_0000;
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;

export const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** A growing buffer of canonical bytes. Reusable: `reset` keeps the room it has taken. */
export class CanonicalWriter {
  #buffer: Uint8Array = new Uint8Array(INITIAL_SIZE);
  #view: DataView = new DataView(this.#buffer.buffer);
  #size = 0;

  /** Number of bytes written since the last reset. */
  get size(): number {
    return this.#size;
  }

  reset(): void {
    this.#size = 0;
  }

  /** The bytes written so far, as a view that the next write or reset invalidates. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  /** The bytes written so far, copied. */
  toArray(): Uint8Array {
    return this.#buffer.slice(0, this.#size);
  }

  /** The bytes written so far, copied into a byte string. */
  toBytes(): Bytes {
    return bytesFrom(this.#buffer, 0, this.#size);
  }

  /** Writes an integer in −2⁶³ … 2⁶⁴−1; −0 is written as 0. */
  integer(value: number | bigint): void {
    if (typeof value === 'bigint') {
      assert(value >= INTEGER_MIN && value <= INTEGER_MAX, `integer out of range: ${value}`);
      if (value >= 0n) this.#bigHead(MAJOR.unsigned, value);
      else this.#bigHead(MAJOR.negative, -1n - value);
    } else {
      assert(Number.isSafeInteger(value), `not a safe integer: ${value}`);
      if (value >= 0) this.#head(MAJOR.unsigned, value);
      else this.#head(MAJOR.negative, -1 - value);
    }
  }

  /** Writes a finite, non-integral float in eight bytes. */
  float(value: number): void {
    assert(Number.isFinite(value) && !Number.isInteger(value), `not a canonical float: ${value}`);
    this.#reserve(9);
    this.#buffer[this.#size] = 0xfb;
    this.#view.setFloat64(this.#size + 1, value);
    this.#size += 9;
  }

  bytes(value: Bytes): void {
    this.#head(MAJOR.bytes, value.length);
    this.raw(value);
  }

  /** Writes the byte string, or null if it is absent. */
  bytesOrNull(value: Bytes | null): void {
    if (value === null) this.null();
    else this.bytes(value);
  }

  /** Writes well-formed text. */
  text(value: string): void {
    const size = utf8Size(value);
    assert(size >= 0, 'text holds a lone surrogate');
    this.#head(MAJOR.text, size);
    this.#reserve(size);
    if (size === value.length) writeBytes(this.#buffer, this.#size, value);
    else writeUtf8(this.#buffer, this.#size, value);
    this.#size += size;
  }

  textOrNull(value: string | null): void {
    if (value === null) this.null();
    else this.text(value);
  }

  /** Opens an array of `count` items, which must follow. */
  array(count: number): void {
    this.#head(MAJOR.array, count);
  }

  /** Opens a map of `count` entries, which must follow in canonical key order. */
  map(count: number): void {
    this.#head(MAJOR.map, count);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.#byte(0xf6);
  }

  /** Copies bytes that already are canonical. */
  raw(bytes: Bytes): void {
    this.#reserve(bytes.length);
    writeBytes(this.#buffer, this.#size, bytes);
    this.#size += bytes.length;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#size++] = value;
  }

  #head(major: number, argument: number): void {
    this.#reserve(9);
    const lead = major << 5;
    if (argument < 24) {
      this.#buffer[this.#size++] = lead | argument;
    } else if (argument < 0x100) {
      this.#buffer[this.#size++] = lead | 24;
      this.#buffer[this.#size++] = argument;
    } else if (argument < 0x1_0000) {
      this.#buffer[this.#size] = lead | 25;
      this.#view.setUint16(this.#size + 1, argument);
      this.#size += 3;
    } else if (argument < TWO_32) {
      this.#buffer[this.#size] = lead | 26;
      this.#view.setUint32(this.#size + 1, argument);
      this.#size += 5;
    } else {
      this.#buffer[this.#size] = lead | 27;
      this.#view.setUint32(this.#size + 1, Math.floor(argument / TWO_32));
      this.#view.setUint32(this.#size + 5, argument % TWO_32);
      this.#size += 9;
    }
  }

  #bigHead(major: number, argument: bigint): void {
    if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) return this.#head(major, Number(argument));
    this.#reserve(9);
    this.#buffer[this.#size] = (major << 5) | 27;
    this.#view.setBigUint64(this.#size + 1, argument);
    this.#size += 9;
  }

  #reserve(size: number): void {
    const needed = this.#size + size;
    if (needed <= this.#buffer.length) return;
    let capacity = this.#buffer.length * 2;
    while (capacity < needed) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.#buffer);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}
