import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import {
  beginEdits,
  bitCount16,
  BUCKET_MAX,
  childIndex,
  emptyTrie,
  lowerBound,
  nibbleAt,
  trieCount,
  trieGet,
  triePut,
  trieRemove,
  type EditSession,
  type Trie,
} from './trie.ts';
import { trieDigest } from './digest.ts';
import { trieEntries } from './walk.ts';

const rootOf = (trie: Trie<string>): string => trieDigest(trie, (value, sha256) => sha256(value as Bytes), nodeSha256); // ASCII

/** Puts `number → 'v' + number` for each number. */
function putNumbers(trie: Trie<string>, numbers: readonly number[], session: EditSession | null = null): Trie<string> {
  return numbers.reduce((grown, number) => triePut(grown, numberToKey(number), `v${number}`, session), trie);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('an empty trie is an empty bucket', () => {
  const trie = emptyTrie<string>();
  assert.equal(trie.leaf, true);
  assert.equal(trieCount(trie), 0);
  assert.equal(trieGet(trie, numberToKey(0)), undefined);
});

test('what is put can be got, and what is put again is replaced', () => {
  const trie = putNumbers(emptyTrie(), [1, 2]);
  assert.equal(trieGet(trie, numberToKey(1)), 'v1');
  assert.equal(trieGet(trie, numberToKey(3)), undefined);
  const replaced = triePut(trie, numberToKey(1), 'other', null);
  assert.equal(trieGet(replaced, numberToKey(1)), 'other');
  assert.equal(trieCount(replaced), 2);
});

test('a bucket holds as many entries as it may, one more makes a branch, one less a bucket again', () => {
  const full = putNumbers(emptyTrie(), upTo(BUCKET_MAX));
  assert.equal(full.leaf, true);
  const split = putNumbers(full, [BUCKET_MAX]);
  assert.equal(split.leaf, false);
  assert.equal(trieCount(split), BUCKET_MAX + 1);
  const joined = trieRemove(split, numberToKey(3), null);
  assert.equal(joined.leaf, true);
  assert.equal(trieGet(joined, numberToKey(3)), undefined);
  assert.equal(trieCount(joined), BUCKET_MAX);
});

test('a branch skips what its keys share, and splits where a new key leaves it', () => {
  const low = putNumbers(emptyTrie(), upTo(17));
  assert.ok(!low.leaf);
  assert.equal(low.skip, '\0'.repeat(14));
  assert.equal(low.bitmap, 0b11);
  const wide = putNumbers(low, [0x100_0000]);
  assert.ok(!wide.leaf);
  assert.equal(wide.skip, '\0'.repeat(9));
  assert.equal(wide.bitmap, 0b11);
  assert.ok(!wide.children[0]!.leaf);
  assert.equal(wide.children[0]!.skip, '\0'.repeat(4));
  assert.equal(trieGet(wide, numberToKey(0x100_0000)), 'v16777216');
  assert.equal(trieGet(wide, numberToKey(16)), 'v16');
});

test('a branch left with one child takes that child’s place', () => {
  const low = putNumbers(emptyTrie(), upTo(17));
  const back = trieRemove(putNumbers(low, [0x100_0000]), numberToKey(0x100_0000), null);
  assert.ok(!back.leaf);
  assert.equal(back.skip, '\0'.repeat(14));
  assert.equal(rootOf(back), rootOf(low));
});

test('removing what is not there gives the very same root', () => {
  const trie = putNumbers(emptyTrie(), upTo(40));
  assert.equal(trieRemove(trie, numberToKey(99), null), trie);
  assert.equal(trieRemove(trie, numberToKey(2 ** 50), beginEdits()), trie);
});

test('an older root stays as it was, whatever later ones become', () => {
  const old = putNumbers(emptyTrie(), upTo(60));
  const oldRoot = rootOf(old);
  const before = trieEntries(old);
  putNumbers(old, [7, 1000, 2 ** 40]);
  upTo(60).reduce((trie, number) => trieRemove(trie, numberToKey(number), null), old);
  putNumbers(old, upTo(200), beginEdits());
  assert.deepEqual(trieEntries(old), before);
  old.digest = null;
  assert.equal(rootOf(old), oldRoot);
});

test('within a session a node it made is changed in place, and its digest taken anew', () => {
  const session = beginEdits();
  const first = putNumbers(emptyTrie(), upTo(30), session);
  const before = rootOf(first);
  const second = putNumbers(first, [30], session);
  assert.equal(second, first);
  assert.notEqual(rootOf(second), before);
  assert.equal(rootOf(second), rootOf(putNumbers(emptyTrie(), upTo(31))));
});

test('a session never changes what another one made', () => {
  const first = putNumbers(emptyTrie(), upTo(30), beginEdits());
  const before = trieEntries(first);
  const second = putNumbers(first, [5, 30], beginEdits());
  assert.notEqual(second, first);
  assert.deepEqual(trieEntries(first), before);
});

test('edits outside any session share nothing that they change', () => {
  const trie = putNumbers(emptyTrie(), [1]);
  const next = putNumbers(trie, [2]);
  assert.notEqual(next, trie);
  assert.equal(trieCount(trie), 1);
});

test('a set keeps one array a bucket, through splits and removals', () => {
  const assertOneArray = (node: Trie<Bytes>): void => {
    if (node.leaf) assert.equal(node.values, node.keys);
    else node.children.forEach(assertOneArray);
  };
  const keys = upTo(3 * BUCKET_MAX).map(numberToKey);
  let set: Trie<Bytes> = emptyTrie();
  for (const key of keys) set = triePut(set, key, key, null);
  assert.equal(set.leaf, false);
  assertOneArray(set);
  assertOneArray(trieRemove(set, keys[1]!, null));
});

test('a value that is not its key parts the two, in that version alone', () => {
  const [first, second, third] = upTo(3).map(numberToKey) as [Bytes, Bytes, Bytes];
  const session = beginEdits();
  const set = triePut(triePut(emptyTrie<Bytes>(), first, first, session), second, second, session);
  const replaced = triePut(set, first, third, session);
  assert.deepEqual(trieEntries(replaced), [
    { key: first, value: third },
    { key: second, value: second },
  ]);
  const set2 = triePut(triePut(emptyTrie<Bytes>(), first, first, null), second, second, null);
  assert.equal(trieGet(triePut(set2, first, third, null), first), third);
  assert.equal(trieGet(triePut(set2, third, first, null), third), first);
  assert.deepEqual(
    trieEntries(set2).map(({ value }) => value),
    [first, second],
  );
});

test('two keys that differ in their last nibble only are told apart', () => {
  const prefix = 'ab'.repeat(31);
  const keys = upTo(17).map((number) => mustGetBytes(prefix + (number + 0xe8).toString(16)));
  const trie = keys.reduce<Trie<string>>((grown, key) => triePut(grown, key, key, null), emptyTrie());
  assert.ok(!trie.leaf);
  assert.equal(trie.skip.length, 62);
  for (const key of keys) assert.equal(trieGet(trie, key), key);
});

test('keys of two widths that can not be told apart are a bug', () => {
  const keys = upTo(17).map((count) => '\0'.repeat(count + 1) as Bytes); // zero bytes
  assert.throws(() => keys.reduce<Trie<string>>((grown, key) => triePut(grown, key, 'v', null), emptyTrie()), {
    name: 'Bug',
  });
});

test('nibbles come high half first', () => {
  const key = mustGetBytes('1af0');
  assert.deepEqual(
    upTo(4).map((depth) => nibbleAt(key, depth)),
    [1, 10, 15, 0],
  );
});

test('set bits are counted, and children stand in their order', () => {
  for (let value = 0; value <= 0xffff; value++) {
    assert.equal(bitCount16(value), value.toString(2).replaceAll('0', '').length);
  }
  assert.deepEqual(
    upTo(16).map((nibble) => childIndex(0b1000_0000_0001_0011, nibble)),
    [0, 1, 2, 2, 2, ...Array<number>(11).fill(3)],
  );
});

test('the lower bound is the first key that is not below', () => {
  const keys = ['b', 'd', 'f'];
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => lowerBound(keys, key)),
    [0, 0, 1, 1, 2, 2, 3],
  );
  assert.equal(lowerBound([], 'a'), 0);
});
