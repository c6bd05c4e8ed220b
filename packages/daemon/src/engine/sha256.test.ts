import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestToHex, type Bytes } from '@jitos/kernel';
import { sha256 } from './sha256.ts';

/** Around each length at which another buffer is used, the longest first, so that it leaves its bytes behind. */
const LENGTHS = [200_000, 65_537, 65_536, 65_535, 1026, 1025, 1024, 1023, 64, 1, 0];

test('strings and arrays of bytes hash alike, whatever their length and whatever was hashed before', () => {
  for (const length of LENGTHS) {
    const array = Uint8Array.from({ length }, (_, i) => (i * 31 + length) % 256);
    const bytes = Buffer.from(array).toString('latin1') as Bytes; // a character a byte
    const expected = createHash('sha256').update(array).digest('hex');
    assert.equal(digestToHex(sha256(bytes)), expected, `a string of ${length}`);
    assert.equal(digestToHex(sha256(array)), expected, `an array of ${length}`);
  }
});
