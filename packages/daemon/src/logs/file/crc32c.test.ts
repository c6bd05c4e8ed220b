import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

const whole = (bytes: Uint8Array): number => crc32c(bytes, 0, bytes.length);

test('agrees with the vectors of RFC 3720 B.4 and the check value', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(whole(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(whole(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(whole(ascending), 0x46dd794e);
  assert.equal(whole(ascending.toReversed()), 0x113fdb5c);
  assert.equal(whole(Buffer.from('123456789')), 0xe3069283);
  assert.equal(whole(new Uint8Array(0)), 0);
});

test('any range, in any number of pieces, agrees with one bit at a time', () => {
  const bitwise = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  const bytes = Uint8Array.from({ length: 61 }, (_, i) => (i * 167 + 13) & 255);
  for (let start = 0; start < 20; start++) {
    for (let end = start; end <= bytes.length; end++) {
      const expected = bitwise(bytes.subarray(start, end));
      const middle = (start + end) >> 1;
      assert.equal(crc32c(bytes, start, end), expected);
      assert.equal(crc32c(bytes, middle, end, crc32c(bytes, start, middle)), expected);
    }
  }
});
