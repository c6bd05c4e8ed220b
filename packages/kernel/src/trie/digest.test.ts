import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { bytesToHex, type Bytes } from '../bytes/byte-string.ts';
import { ZERO_DIGEST, type Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { hashBranch, hashBucket, trieDigest } from './digest.ts';
import { emptyTrie, triePut, trieRemove, type Trie } from './trie.ts';

/** SHA-256 of bytes written as hex, spaces ignored. */
const hashHex = (hex: string): string => createHash('sha256').update(hex.replaceAll(' ', ''), 'hex').digest('hex');

const TAG_TB_HEX = '746200';
const TAG_TN_HEX = '746e00';
const zeroValue = (): typeof ZERO_DIGEST => ZERO_DIGEST;

/** Counts the hashes that a digest costs. */
function hashesOf(trie: Trie<number>): number {
  let count = 0;
  const counting: Sha256 = (bytes) => {
    count += 1;
    return nodeSha256(bytes);
  };
  trieDigest(trie, zeroValue, counting);
  return count;
}

test('the empty trie is hashed as a bucket of none', () => {
  assert.equal(bytesToHex(trieDigest(emptyTrie(), zeroValue, nodeSha256)), hashHex(`${TAG_TB_HEX} 00`));
});

test('a bucket is hashed as its count, then keys and value digests in key order', () => {
  const trie = [0x0102, 0x0101].reduce<Trie<number>>(
    (grown, at) => triePut(grown, numberToKey(at), at, null),
    emptyTrie(),
  );
  const valueDigest = (value: number, sha256: Sha256): typeof ZERO_DIGEST => sha256(String(value) as Bytes); // ASCII
  const expected = `${TAG_TB_HEX} 02 0000000000000101 ${hashHex('323537')} 0000000000000102 ${hashHex('323538')}`;
  assert.equal(bytesToHex(trieDigest(trie, valueDigest, nodeSha256)), hashHex(expected));
});

test('a branch is hashed as its skip, count, bitmap and children', () => {
  const head = { skip: '\u0001\u0002\u000f', count: 2 ** 32 + 5, bitmap: 0x8001 };
  const expected = `${TAG_TN_HEX} 03 12f0 0000000100000005 8001 ${'00'.repeat(64)}`;
  assert.equal(bytesToHex(hashBranch(head, ZERO_DIGEST + ZERO_DIGEST, nodeSha256)), hashHex(expected));
});

test('a skip of even length has no padding', () => {
  const head = { skip: '\u000a\u000b', count: 17, bitmap: 3 };
  const expected = `${TAG_TN_HEX} 02 ab 0000000000000011 0003 ${'00'.repeat(64)}`;
  assert.equal(bytesToHex(hashBranch(head, ZERO_DIGEST + ZERO_DIGEST, nodeSha256)), hashHex(expected));
});

test('a padded skip is not the longer one', () => {
  const digest = (skip: string): string => hashBranch({ skip, count: 17, bitmap: 3 }, '', nodeSha256);
  assert.notEqual(digest('\u0001'), digest('\u0001\u0000'));
});

test('a bucket of the proof is hashed as the trie’s own', () => {
  const trie = triePut(emptyTrie<number>(), numberToKey(1), 1, null);
  assert.equal(hashBucket(1, numberToKey(1) + ZERO_DIGEST, nodeSha256), trieDigest(trie, zeroValue, nodeSha256));
});

test('a digest costs a hash for each node that changed, and nothing the second time', () => {
  let trie: Trie<number> = emptyTrie();
  for (let i = 0; i < 4096; i++) trie = triePut(trie, numberToKey(i), i, null);
  assert.equal(hashesOf(trie), 1 + 16 + 256);
  assert.equal(hashesOf(trie), 0);
  assert.equal(hashesOf(triePut(trie, numberToKey(99), 7, null)), 3);
  assert.equal(hashesOf(trieRemove(trie, numberToKey(99), null)), 3);
});
