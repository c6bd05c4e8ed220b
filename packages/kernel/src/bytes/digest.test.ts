import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { bytesFrom, type Bytes } from './byte-string.ts';
import { bytesToDigest, DIGEST_SIZE, digestToHex, hexToDigest, TAGS, taggedHash, ZERO_DIGEST } from './digest.ts';

const ABC_HEX = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('the port hashes both forms of the same bytes alike, as FIPS 180-2 has it', () => {
  assert.equal(digestToHex(nodeSha256(mustGetBytes('616263'))), ABC_HEX);
  assert.equal(digestToHex(nodeSha256(Uint8Array.of(0x61, 0x62, 0x63))), ABC_HEX);
});

test('the port hashes byte strings of every byte and of any length', () => {
  for (const length of [0, 1, 255, 65_535, 65_536, 65_537, 200_000]) {
    const array = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
    const expected = createHash('sha256').update(array).digest('hex');
    assert.equal(digestToHex(nodeSha256(array)), expected);
    assert.equal(digestToHex(nodeSha256(bytesFrom(array))), expected);
  }
});

test('a tagged hash covers the tag, a zero and the bytes', () => {
  const expected = createHash('sha256')
    .update('node/key')
    .update(Uint8Array.of(0, 0xff, 0x61))
    .digest('hex');
  assert.equal(digestToHex(taggedHash('node/key', '\u00ffa', nodeSha256)), expected);
});

test('equal bytes under two tags have two digests', () => {
  const digests = new Set(TAGS.map((tag) => taggedHash(tag, 'x', nodeSha256)));
  assert.equal(digests.size, TAGS.length);
});

test('tags are distinct, sorted, printable ASCII, so that none meets the prefixes of RFC 6962', () => {
  assert.deepEqual([...TAGS], [...new Set(TAGS)].toSorted());
  for (const tag of TAGS) assert.match(tag, /^[\x21-\x7e]+$/);
});

test('a digest is 64 characters of lowercase hex outside the kernel', () => {
  const digest = hexToDigest(ABC_HEX);
  assert.ok(digest !== undefined);
  assert.equal(digest.length, DIGEST_SIZE);
  assert.equal(digestToHex(digest), ABC_HEX);
});

test('hex of another length or alphabet is no digest', () => {
  assert.equal(hexToDigest(''), undefined);
  assert.equal(hexToDigest(ABC_HEX.slice(2)), undefined);
  assert.equal(hexToDigest(`${ABC_HEX}00`), undefined);
  assert.equal(hexToDigest(ABC_HEX.toUpperCase()), undefined);
  assert.equal(hexToDigest(`${ABC_HEX.slice(0, -1)}g`), undefined);
});

test('32 bytes become a digest, any other number is a bug', () => {
  const bytes = 'd'.repeat(32) as Bytes; // ASCII
  assert.equal(bytesToDigest(bytes), bytes);
  assert.throws(() => bytesToDigest(bytes.slice(1) as Bytes), { name: 'Bug' }); // a part of bytes is bytes
  assert.throws(() => bytesToDigest(`${bytes}d` as Bytes), { name: 'Bug' }); // ASCII
});

test('the zero digest is 32 zero bytes', () => {
  assert.equal(digestToHex(ZERO_DIGEST), '00'.repeat(32));
});
