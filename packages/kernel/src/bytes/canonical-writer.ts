/**
 * Writes canonical bytes: strict DAG-CBOR without tags (RFC 8949 §4.2.1, further narrowed by `docs/spec/canonical.md`).
 *
 * The writer is for fixed schemas: the caller writes an array head and then exactly that many items. It checks
 * integers and text; it can't check that the counts come true (the golden vectors and the laws do).
 *
 * It joins byte strings, which is what hashing and the elements want; the engine joins them far faster than
 * JavaScript copies bytes (docs/decisions/0003-hash-port.md).
 */
import { assert } from '../assert.ts';
import { bytesToArray, type Bytes } from './byte-string.ts';
import { bigNumberToKey, numberToKey } from './number-key.ts';
import { utf8Bytes } from './utf8.ts';

const TWO_32 = 0x1_0000_0000;
export const INTEGER_MIN: bigint = -(2n ** 63n);
export const INTEGER_MAX: bigint = 2n ** 64n - 1n;

export const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

const floatView = new DataView(new ArrayBuffer(8));

/** Canonical bytes under construction. Reusable: `reset` begins anew. */
export class CanonicalWriter {
  #out = '';

  /** Number of bytes written since the last reset. */
  get size(): number {
    return this.#out.length;
  }

  reset(): void {
    this.#out = '';
  }

  /** The bytes written so far, in a fresh array. */
  toArray(): Uint8Array {
    return bytesToArray(this.toBytes());
  }

  /** The bytes written so far. */
  toBytes(): Bytes {
    return this.#out as Bytes; // only bytes were joined
  }

  /** Writes an integer in −2⁶³ … 2⁶⁴−1; −0 is written as 0. */
  integer(value: number | bigint): void {
    if (typeof value === 'bigint') {
      assert(value >= INTEGER_MIN && value <= INTEGER_MAX, `integer out of range: ${value}`);
      this.#out += value >= 0n ? bigHead(MAJOR.unsigned, value) : bigHead(MAJOR.negative, -1n - value);
    } else {
      assert(Number.isSafeInteger(value), `not a safe integer: ${value}`);
      this.#out += value >= 0 ? head(MAJOR.unsigned, value) : head(MAJOR.negative, -1 - value);
    }
  }

  integerOrNull(value: number | null): void {
    if (value === null) this.null();
    else this.integer(value);
  }

  /** Writes a finite, non-integral float in eight bytes. */
  float(value: number): void {
    assert(Number.isFinite(value) && !Number.isInteger(value), `not a canonical float: ${value}`);
    floatView.setFloat64(0, value);
    this.#out += '\u00fb' + bigNumberToKey(floatView.getBigUint64(0));
  }

  bytes(value: Bytes): void {
    this.#out += head(MAJOR.bytes, value.length) + value;
  }

  /** Writes the byte string, or null if it is absent. */
  bytesOrNull(value: Bytes | null): void {
    if (value === null) this.null();
    else this.bytes(value);
  }

  /** Writes well-formed text. */
  text(value: string): void {
    const utf8 = utf8Bytes(value);
    assert(utf8 !== undefined, 'text holds a lone surrogate');
    this.#out += head(MAJOR.text, utf8.length) + utf8;
  }

  textOrNull(value: string | null): void {
    if (value === null) this.null();
    else this.text(value);
  }

  /** Opens an array of `count` items, which must follow. */
  array(count: number): void {
    this.#out += head(MAJOR.array, count);
  }

  /** Opens a map of `count` entries, which must follow in canonical key order. */
  map(count: number): void {
    this.#out += head(MAJOR.map, count);
  }

  boolean(value: boolean): void {
    this.#out += value ? '\u00f5' : '\u00f4';
  }

  null(): void {
    this.#out += '\u00f6';
  }

  /** Copies bytes that already are canonical. */
  raw(bytes: Bytes): void {
    this.#out += bytes;
  }
}

/** A head: the major type and its argument in the shortest form. */
function head(major: number, argument: number): string {
  const lead = major << 5;
  if (argument < 24) return String.fromCharCode(lead | argument);
  if (argument < 0x100) return String.fromCharCode(lead | 24, argument);
  if (argument < 0x1_0000) return String.fromCharCode(lead | 25, argument >> 8, argument & 255);
  if (argument < TWO_32) {
    const bytes = [lead | 26, argument >>> 24, (argument >>> 16) & 255, (argument >>> 8) & 255, argument & 255];
    return String.fromCharCode(...bytes);
  }
  return String.fromCharCode(lead | 27) + numberToKey(argument);
}

function bigHead(major: number, argument: bigint): string {
  if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) return head(major, Number(argument));
  return String.fromCharCode((major << 5) | 27) + bigNumberToKey(argument);
}
