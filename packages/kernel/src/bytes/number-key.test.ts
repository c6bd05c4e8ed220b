import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { bytesToHex } from './byte-string.ts';
import { keyToNumber, numberToKey } from './number-key.ts';

test('a number key is eight bytes, big-endian', () => {
  const hexByNumber: readonly (readonly [number, string])[] = [
    [0, '0000000000000000'],
    [1, '0000000000000001'],
    [256, '0000000000000100'],
    [2 ** 31, '0000000080000000'],
    [2 ** 32 - 1, '00000000ffffffff'],
    [2 ** 32, '0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ];
  for (const [number, hex] of hexByNumber) {
    assert.equal(bytesToHex(numberToKey(number)), hex);
    assert.equal(keyToNumber(numberToKey(number)), number);
  }
});

test('what is no count is a bug: -1 would wrap and 2^64 would be 0 again', () => {
  for (const wrong of [-1, 0.5, 2 ** 53, 2 ** 64, NaN, Infinity]) {
    assert.throws(() => numberToKey(wrong), { name: 'Bug' }, String(wrong));
  }
});

law('key order is number order', {
  inputs: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()),
  runs: 200,
  holds: ([a, b]) => {
    assert.equal(numberToKey(a) < numberToKey(b), a < b);
    assert.equal(keyToNumber(numberToKey(a)), a);
  },
});
