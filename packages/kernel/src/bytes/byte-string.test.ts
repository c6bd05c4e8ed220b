import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { anyBytes, mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import {
  bytesFrom,
  bytesToArray,
  bytesToHex,
  compareBytes,
  copyBytes,
  hexToBytes,
  isBytes,
  writeBytes,
} from './byte-string.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

test('a byte string has one character a byte, and gives the bytes back', () => {
  const bytes = bytesFrom(ALL_BYTES);
  assert.equal(bytes.length, 256);
  assert.equal(bytes.charCodeAt(255), 255);
  assert.deepEqual(bytesToArray(bytes), ALL_BYTES);
});

test('a part is copied by offset and length, across the chunks in which long ones are made', () => {
  assert.equal(bytesFrom(ALL_BYTES, 97, 3), 'abc');
  assert.equal(bytesFrom(ALL_BYTES, 254), '\u00fe\u00ff');
  assert.equal(bytesFrom(ALL_BYTES, 256), '');
  const long = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255);
  assert.deepEqual(bytesToArray(bytesFrom(long)), long);
  assert.deepEqual(bytesToArray(bytesFrom(long, 4095, 4098)), long.subarray(4095, 8193));
});

test('a part of a byte string is copied whatever its length', () => {
  const source = bytesFrom(Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
  for (const length of [0, 1, 12, 13, 31, 32, 33, 4095, 4096, 4097, 9999, 10_000, 19_990]) {
    for (const offset of [0, 1, 10])
      assert.equal(copyBytes(source, offset, length), source.slice(offset, offset + length));
  }
});

test('a copy does not see later changes of its source', () => {
  const source = Uint8Array.of(1, 2);
  const bytes = bytesFrom(source);
  source[0] = 9;
  assert.equal(bytes, '\u0001\u0002');
});

test('bytes are written where they are told to be, and nowhere else', () => {
  const target = new Uint8Array(5).fill(7);
  writeBytes(target, 1, '\u0000\u00ff');
  assert.deepEqual([...target], [7, 0, 255, 7, 7]);
});

test('a character past U+00FF is not a byte', () => {
  assert.equal(isBytes('\u0000a\u00ff'), true);
  assert.equal(isBytes(''), true);
  assert.equal(isBytes('a\u0100'), false);
  assert.equal(isBytes('\u{1f600}'), false);
});

test('hex is lowercase, two characters a byte', () => {
  assert.equal(bytesToHex('\u0000\u000f\u00a0\u00ff'), '000fa0ff');
  assert.equal(hexToBytes('000fa0ff'), '\u0000\u000f\u00a0\u00ff');
  assert.equal(hexToBytes(''), '');
});

test('anything but lowercase hex is refused', () => {
  for (const wrong of ['0', '0g', 'g0', 'AB', '0x', ' 00', '0 ', '\u0660\u0660', 'abc']) {
    assert.equal(hexToBytes(wrong), undefined, wrong);
  }
});

test('byte strings order by byte, the shorter first', () => {
  const sorted = ['', '00', '0000', '00ff', '7f', '80', 'ff', 'ff00'].map(mustGetBytes);
  assert.deepEqual(sorted.toReversed().toSorted(compareBytes), sorted);
  assert.equal(compareBytes('a', 'a'), 0);
});

law('hex there and back is the same bytes, as Buffer has it', {
  inputs: anyBytes({ minLength: 0, maxLength: 64 }),
  runs: 200,
  holds: (bytes) => {
    const hex = bytesToHex(bytes);
    assert.equal(hex, Buffer.from(bytes, 'latin1').toString('hex'));
    assert.equal(hexToBytes(hex), bytes);
  },
});

law('the order is that of Buffer.compare', {
  inputs: fc.tuple(anyBytes({ minLength: 0, maxLength: 4 }), anyBytes({ minLength: 0, maxLength: 4 })),
  runs: 200,
  holds: ([a, b]) => {
    assert.equal(compareBytes(a, b), Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')));
  },
});
