import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromBase64, bytesToBase64 } from './base64.ts';
import { bytesFrom } from './byte-string.ts';

test('bytes of every length are spelled as others spell them, and read back', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 63, 64, 3071, 3072, 3073, 10_000]) {
    const array = Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + length) & 255));
    const bytes = bytesFrom(array);
    assert.equal(bytesToBase64(bytes), array.toString('base64'));
    assert.equal(bytesFromBase64(array.toString('base64')), bytes);
  }
});

test('what is no spelling, or not the one spelling, is not read', () => {
  for (const text of [
    'A',
    'AA',
    'AAA',
    'A===',
    'AB==',
    'AAB=',
    'AA=A',
    '=AAA',
    'AA==AAAA',
    'AAA-',
    'AA A',
    'AAAA\n',
    'ÀAAA',
    '====',
  ]) {
    assert.equal(bytesFromBase64(text), undefined, text);
  }
});
