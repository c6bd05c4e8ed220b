/** Numbers as trie keys: eight bytes, big-endian, so key order is numeric order. */
import type { Bytes } from './byte-string.ts';

const TWO_32 = 0x1_0000_0000;

export function numberToKey(value: number): Bytes {
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

export function keyToNumber(key: string): number {
  let value = 0;
  for (let i = 0; i < 8; i++) value = value * 256 + key.charCodeAt(i);
  return value;
}
