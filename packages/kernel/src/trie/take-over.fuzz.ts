/** Laws of taking over what only one side changed, against three Maps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { naiveDiff } from '@jitos/testkit/kernel/naive-trie.ts';
import { keySpace } from '@jitos/testkit/kernel/keys.ts';
import { testRoot, type TestTrie } from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { beginEdits, BUCKET_MAX, emptyTrie, trieGet, triePut, trieRemove, trieTakeOver } from './trie.ts';
import { trieEntries } from './walk.ts';

type Entries = ReadonlyMap<Bytes, number>;

/** Theirs, with what ours changed and theirs did not. */
function naiveMerge(base: Entries, ours: Entries, theirs: Entries): Map<Bytes, number> {
  const merged = new Map(theirs);
  for (const { key, after } of naiveDiff(base, ours)) {
    if (theirs.get(key) !== base.get(key)) continue;
    if (after === undefined) merged.delete(key);
    else merged.set(key, after);
  }
  return merged;
}

function rootOf(entries: Entries): string {
  let trie: TestTrie = emptyTrie();
  for (const [key, value] of entries) trie = triePut(trie, key, value, null);
  return testRoot(trie);
}

/** A run of neighbouring keys that a side changes: removes, or gives a value. */
interface Change {
  readonly from: number;
  readonly count: number;
  readonly value: number | undefined;
}

interface Side {
  readonly trie: TestTrie;
  readonly map: Entries;
}

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({ from: fc.nat(), count: fc.integer({ min: 1, max: 30 }), value: fc.constantFrom(undefined, 1, 2) }),
  { maxLength: 3 },
);

function change(base: Side, keys: readonly Bytes[], runs: readonly Change[]): Side {
  const session = beginEdits();
  const map = new Map(base.map);
  let { trie } = base;
  for (const { from, count, value } of runs) {
    const start = from % keys.length;
    for (const key of keys.slice(start, start + count)) {
      if (value === undefined) map.delete(key);
      else map.set(key, value);
      trie = value === undefined ? trieRemove(trie, key, session) : triePut(trie, key, value, session);
    }
  }
  return { trie, map };
}

law('what is taken over, and the rest put key by key, is the merge of Maps in its canonical shape', {
  inputs: fc.record({ space: fc.constantFrom(8, 32).chain(keySpace), ours: changes, theirs: changes }),
  runs: 400,
  holds: ({ space, ours: ourRuns, theirs: theirRuns }) => {
    const keys = space.toSorted();
    const base = change({ trie: emptyTrie(), map: new Map() }, keys, [{ from: 0, count: keys.length, value: 0 }]);
    testRoot(base.trie);
    const [ours, theirs] = [change(base, keys, ourRuns), change(base, keys, theirRuns)];
    const before = [base, ours, theirs].map(({ trie }) => testRoot(trie));
    const session = beginEdits();
    let merged = trieTakeOver(base.trie, ours.trie, theirs.trie, session);
    for (const { key, before: was, after } of naiveDiff(base.map, ours.map)) {
      if (theirs.map.get(key) !== was || trieGet(merged, key) === after) continue;
      merged = after === undefined ? trieRemove(merged, key, session) : triePut(merged, key, after, session);
    }
    const expected = naiveMerge(base.map, ours.map, theirs.map);
    const entries = trieEntries(merged).map(({ key, value }) => [key, value] as const);
    assert.deepEqual(new Map(entries), expected);
    assert.equal(testRoot(merged), rootOf(expected));
    assert.deepEqual(
      [base, ours, theirs].map(({ trie }) => testRoot(trie)),
      before,
    );
  },
});

test('a branch of which both sides removed entries becomes the bucket that its rest fits', () => {
  const keys = [...Array(BUCKET_MAX + 2).keys()].map((i) => numberToKey((i % 2) * 2 ** 32 + i));
  const base = change({ trie: emptyTrie(), map: new Map() }, keys, [{ from: 0, count: keys.length, value: 0 }]);
  const ours = change(base, keys, [{ from: 0, count: 1, value: undefined }]);
  const theirs = change(base, keys, [{ from: 1, count: 1, value: undefined }]);
  const session = beginEdits();
  let merged = trieTakeOver(base.trie, ours.trie, theirs.trie, session);
  if (trieGet(merged, keys[0]!) !== undefined) merged = trieRemove(merged, keys[0]!, session);
  assert.equal(testRoot(merged), rootOf(naiveMerge(base.map, ours.map, theirs.map)));
});
