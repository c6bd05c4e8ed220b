import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { keyToNumber, numberToKey } from '../bytes/number-key.ts';
import { emptyTrie, triePut, type Trie } from './trie.ts';
import { compareSkip, trieEntries, trieEntryAt, trieRank, walkAfter } from './walk.ts';

/** The even numbers below 200, and one far away: a skip, branches and buckets. */
const NUMBERS = [...Array.from({ length: 100 }, (_, i) => i * 2), 2 ** 40];

const trie = NUMBERS.reduce<Trie<number>>((grown, each) => triePut(grown, numberToKey(each), each, null), emptyTrie());

const numbersAfter = (after: Bytes | null, limit?: number): number[] =>
  trieEntries(trie, after, limit).map(({ value }) => value);

test('entries come in ascending key order', () => {
  assert.deepEqual(numbersAfter(null), NUMBERS);
  assert.deepEqual(trieEntries(emptyTrie()), []);
});

test('a page starts above its key, whether that is there or not', () => {
  assert.deepEqual(numbersAfter(numberToKey(10), 3), [12, 14, 16]);
  assert.deepEqual(numbersAfter(numberToKey(11), 3), [12, 14, 16]);
  assert.deepEqual(numbersAfter(numberToKey(198), 3), [2 ** 40]);
  assert.deepEqual(numbersAfter(numberToKey(5000), 3), [2 ** 40]);
  assert.deepEqual(numbersAfter(numberToKey(2 ** 40)), []);
  assert.deepEqual(numbersAfter(numberToKey(2 ** 50)), []);
});

test('a page has at most its limit', () => {
  assert.equal(numbersAfter(null, 7).length, 7);
  assert.deepEqual(numbersAfter(null, 0), []);
  assert.deepEqual(numbersAfter(null, -1), []);
  assert.equal(numbersAfter(null, 1000).length, NUMBERS.length);
});

test('a walk tells whether a visit ended it', () => {
  const seen: number[] = [];
  const ended = walkAfter(trie, numberToKey(3), (key) => seen.push(keyToNumber(key)) === 2);
  assert.equal(ended, true);
  assert.deepEqual(seen, [4, 6]);
  assert.equal(
    walkAfter(trie, null, () => undefined),
    false,
  );
});

test('an entry is found by its position', () => {
  for (const [index, number] of NUMBERS.entries()) {
    assert.deepEqual(trieEntryAt(trie, index), { key: numberToKey(number), value: number });
  }
  for (const outside of [-1, NUMBERS.length, 1e9, 0.5, NaN]) assert.equal(trieEntryAt(trie, outside), undefined);
  assert.equal(trieEntryAt(emptyTrie(), 0), undefined);
});

test('the rank of a key is how many are below it', () => {
  for (const [index, number] of NUMBERS.entries()) assert.equal(trieRank(trie, numberToKey(number)), index);
  assert.equal(trieRank(trie, numberToKey(13)), 7);
  assert.equal(trieRank(trie, numberToKey(5000)), 100);
  assert.equal(trieRank(trie, numberToKey(2 ** 50)), 101);
  assert.equal(trieRank(emptyTrie(), numberToKey(1)), 0);
});

test('a key is compared with a skip by its nibbles from a depth on', () => {
  const key = mustGetBytes('12ab');
  assert.equal(compareSkip(key, 1, '\u0002\u000a'), 0);
  assert.equal(compareSkip(key, 3, ''), 0);
  assert.ok(compareSkip(key, 1, '\u0002\u000b') < 0);
  assert.ok(compareSkip(key, 2, '\u0009\u000b') > 0);
});
