/**
 * Byte strings: immutable bytes as a string of one character a byte (U+0000 … U+00FF).
 *
 * The kernel keeps every long-lived byte sequence this way. V8 stores such a string in one byte a character, on the
 * ordinary heap; a `Uint8Array` costs some 200 bytes more each and a trip to the allocator. Comparing two of them
 * compares bytes, so `<` is the order of canonical keys, and they are the fastest keys a `Map` knows.
 */
import { assert } from '../assert.ts';

declare const bytesBrand: unique symbol;

/** Bytes, one a character. Any length; every character is below U+0100. */
export type Bytes = string & { readonly [bytesBrand]: true };

const NOT_A_BYTE = /[^\u0000-\u00ff]/;

/** True if every character of `text` is below U+0100. O(n). */
export function isBytes(text: string): text is Bytes {
  return !NOT_A_BYTE.test(text);
}

const CHUNK_SIZE = 4096;

/** Copies `length` bytes of `source` from `offset` on. */
export function bytesFrom(source: Uint8Array, offset: number = 0, length: number = source.length - offset): Bytes {
  let text = '';
  const end = offset + length;
  for (let from = offset; from < end; from += CHUNK_SIZE) {
    const to = Math.min(end, from + CHUNK_SIZE);
    text += String.fromCharCode.apply(null, source.subarray(from, to) as unknown as number[]); // apply takes any array-like
  }
  return text as Bytes; // fromCharCode of a byte is below U+0100
}

/** The engine cuts a copy up to this length; of a longer piece it keeps a window on all that it was cut from. */
const CUT_LENGTH_MAX = 12;
const DIGEST_LENGTH = 32;

/**
 * The `length` bytes of `source` from `offset` on, for whoever keeps them: they hold no more than twice their own length
 * alive, whatever they were cut from. O(length), and less where they are most of `source`.
 */
export function copyBytes(source: Bytes, offset: number, length: number): Bytes {
  if (length <= CUT_LENGTH_MAX || length * 2 >= source.length) return source.slice(offset, offset + length) as Bytes; // a part of bytes
  if (length === DIGEST_LENGTH) return copyDigest(source, offset);
  let copy = '';
  const end = offset + length;
  for (let from = offset; from < end; from += CHUNK_SIZE) {
    const units = new Array<number>(Math.min(end - from, CHUNK_SIZE));
    for (let i = 0; i < units.length; i++) units[i] = source.charCodeAt(from + i);
    copy += String.fromCharCode.apply(null, units);
  }
  return copy as Bytes; // the same characters
}

/** Most of what is copied is a digest, and with its arguments written out this takes half the time. */
function copyDigest(s: Bytes, o: number): Bytes {
  // prettier-ignore
  return String.fromCharCode(
    s.charCodeAt(o), s.charCodeAt(o + 1), s.charCodeAt(o + 2), s.charCodeAt(o + 3),
    s.charCodeAt(o + 4), s.charCodeAt(o + 5), s.charCodeAt(o + 6), s.charCodeAt(o + 7),
    s.charCodeAt(o + 8), s.charCodeAt(o + 9), s.charCodeAt(o + 10), s.charCodeAt(o + 11),
    s.charCodeAt(o + 12), s.charCodeAt(o + 13), s.charCodeAt(o + 14), s.charCodeAt(o + 15),
    s.charCodeAt(o + 16), s.charCodeAt(o + 17), s.charCodeAt(o + 18), s.charCodeAt(o + 19),
    s.charCodeAt(o + 20), s.charCodeAt(o + 21), s.charCodeAt(o + 22), s.charCodeAt(o + 23),
    s.charCodeAt(o + 24), s.charCodeAt(o + 25), s.charCodeAt(o + 26), s.charCodeAt(o + 27),
    s.charCodeAt(o + 28), s.charCodeAt(o + 29), s.charCodeAt(o + 30), s.charCodeAt(o + 31),
  ) as Bytes; // the same characters
}

/** Writes `bytes` into `target` at `offset`; the caller has made room. */
export function writeBytes(target: Uint8Array, offset: number, bytes: string): void {
  for (let i = 0, length = bytes.length; i < length; i++) target[offset + i] = bytes.charCodeAt(i);
}

/** The bytes as a fresh array. */
export function bytesToArray(bytes: Bytes): Uint8Array {
  const array = new Uint8Array(bytes.length);
  writeBytes(array, 0, bytes);
  return array;
}

/**
 * The same bytes, in one piece. An engine keeps a joined string as the tree of its pieces, and a piece as a window on what
 * it was cut from; whoever keeps such a string for long keeps all of that alive. Reading a character ends it.
 */
export function flatBytes(bytes: Bytes): Bytes {
  assert(bytes === '' || bytes.charCodeAt(bytes.length - 1) < 256, 'a byte string holds bytes'); // asserting makes it read
  return bytes;
}

/** Orders byte strings, shorter first among those with a common prefix. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const HEX = '0123456789abcdef';
/** The two characters of each byte, as code units. */
const HEX_UNITS = Array.from({ length: 256 }, (_, byte) => [
  HEX.charCodeAt(byte >> 4),
  HEX.charCodeAt(byte & 15),
]).flat();

/** Lowercase hex, two characters a byte. */
export function bytesToHex(bytes: string): string {
  let hex = '';
  for (let from = 0; from < bytes.length; from += CHUNK_SIZE / 2) {
    const units: number[] = [];
    const end = Math.min(bytes.length, from + CHUNK_SIZE / 2);
    for (let i = from; i < end; i++) {
      const at = bytes.charCodeAt(i) * 2;
      units.push(HEX_UNITS[at]!, HEX_UNITS[at + 1]!);
    }
    hex += String.fromCharCode.apply(null, units);
  }
  return hex;
}

/** Reads lowercase hex; undefined if it is anything else. */
export function hexToBytes(hex: string): Bytes | undefined {
  if (hex.length % 2 !== 0) return undefined;
  let bytes = '';
  for (let i = 0; i < hex.length; i += 2) {
    const high = HEX.indexOf(hex.charAt(i));
    const low = HEX.indexOf(hex.charAt(i + 1));
    if (high < 0 || low < 0) return undefined;
    bytes += String.fromCharCode(high * 16 + low);
  }
  return bytes as Bytes; // built from values below 256
}
