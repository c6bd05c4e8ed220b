/** Numbers as trie keys: eight bytes, big-endian, so key order is numeric order. */
import { assert } from '../assert.ts';
import type { Bytes } from './byte-string.ts';

const TWO_32 = 0x1_0000_0000;

/** The key of an integer in 0 … 2⁵³ − 1; any other number is a bug. */
export function numberToKey(value: number): Bytes {
  assert(Number.isSafeInteger(value) && value >= 0, 'a number key is an integer from 0 to 2⁵³ − 1');
  const high = Math.floor(value / TWO_32);
  const low = value % TWO_32;
  return String.fromCharCode(
    (high >>> 24) & 255,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    (low >>> 24) & 255,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  ) as Bytes; // eight values below 256
}

/** The number that `numberToKey` made the key of. */
export function keyToNumber(key: string): number {
  let value = 0;
  for (let i = 0; i < 8; i++) value = value * 256 + key.charCodeAt(i);
  return value;
}

/** The same for 0 … 2⁶⁴−1. */
export function bigNumberToKey(value: bigint): Bytes {
  const high = Number(value >> 32n);
  const low = Number(value & 0xffff_ffffn);
  return (numberToKey(high).slice(4) + numberToKey(low).slice(4)) as Bytes; // two halves of bytes
}
