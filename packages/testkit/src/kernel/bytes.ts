/** Random byte strings, and small hands for making fixed ones. */
import * as fc from 'fast-check';
import { bytesFrom, hexToBytes, type Bytes } from '@jitos/kernel';
import assert from 'node:assert/strict';

/** Byte strings of a length in the given bounds. */
export function anyBytes(bounds: { minLength: number; maxLength: number }): fc.Arbitrary<Bytes> {
  return fc.uint8Array(bounds).map((array) => bytesFrom(array));
}

/** The bytes that a test writes as hex, with spaces where they help. */
export function mustGetBytes(hex: string): Bytes {
  const bytes = hexToBytes(hex.replaceAll(' ', ''));
  assert.ok(bytes !== undefined, `not hex: ${hex}`);
  return bytes;
}

/** A copy with the byte at `index` xored with `mask`, 1 … 255. */
export function flipByte<T extends string>(bytes: T, index: number, mask: number): T {
  const flipped = String.fromCharCode(bytes.charCodeAt(index) ^ mask);
  return (bytes.slice(0, index) + flipped + bytes.slice(index + 1)) as T; // still one character a byte, as many as before
}
