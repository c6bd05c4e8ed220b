/** Laws of the difference beside a third trie, and of taking over what only one side changed, against three Maps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { naiveDiff } from '@jitos/testkit/kernel/naive-trie.ts';
import { keySpace } from '@jitos/testkit/kernel/keys.ts';
import { testRoot, type TestTrie } from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { trieForkDiff, type TrieFork } from './fork-diff.ts';
import { beginEdits, BUCKET_MAX, emptyTrie, triePut, trieRemove, type EditSession } from './trie.ts';
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

const isSame = (a: number, b: number): boolean => a === b;

interface Sides {
  readonly base: Side;
  readonly ours: Side;
  readonly theirs: Side;
}

function triesOf({ base, ours, theirs }: Sides): TrieFork<number> {
  return { base: base.trie, ours: ours.trie, theirs: theirs.trie };
}

/** Theirs with what was taken over, and the rest put where theirs is as base. */
function mergedBy(sides: Sides, session: EditSession): TestTrie {
  const { merged, changes: told } = trieForkDiff(triesOf(sides), isSame, session);
  let trie = merged;
  for (const { key, before, after, there, isTaken } of told) {
    if (isTaken) assert.equal(there, before);
    else if (there === before)
      trie = after === undefined ? trieRemove(trie, key, session) : triePut(trie, key, after, session);
  }
  return trie;
}

const forks = fc
  .record({ space: fc.constantFrom(8, 32).chain(keySpace), ours: changes, theirs: changes, areHashed: fc.boolean() })
  .map(({ space, ours, theirs, areHashed }): Sides => {
    const keys = space.toSorted();
    const base = change({ trie: emptyTrie(), map: new Map() }, keys, [{ from: 0, count: keys.length, value: 0 }]);
    const sides = { base, ours: change(base, keys, ours), theirs: change(base, keys, theirs) };
    if (areHashed) for (const { trie } of Object.values(sides)) testRoot(trie);
    return sides;
  });

law('what ours changed is told by key, beside what theirs has there, and nothing is taken over without a session', {
  inputs: forks,
  runs: 200,
  holds: (sides) => {
    const { base, ours, theirs } = sides;
    const { merged, changes: told } = trieForkDiff(triesOf(sides), isSame, null);
    const expected = naiveDiff(base.map, ours.map).map((each) => {
      return { ...each, there: theirs.map.get(each.key), isTaken: false };
    });
    assert.deepEqual(told, expected);
    assert.equal(merged, theirs.trie);
  },
});

law('what is taken over, and the rest put key by key, is the merge of Maps in its canonical shape', {
  inputs: forks,
  runs: 400,
  holds: (sides) => {
    const { base, ours, theirs } = sides;
    const merged = mergedBy(sides, beginEdits());
    const expected = naiveMerge(base.map, ours.map, theirs.map);
    const entries = trieEntries(merged).map(({ key, value }) => [key, value] as const);
    assert.deepEqual(new Map(entries), expected);
    assert.equal(testRoot(merged), rootOf(expected));
    for (const { trie, map } of [base, ours, theirs]) assert.equal(testRoot(trie), rootOf(map));
  },
});

test('a branch of which both sides removed entries becomes the bucket that its rest fits', () => {
  const keys = [...Array(BUCKET_MAX + 2).keys()].map((i) => numberToKey((i % 2) * 2 ** 32 + i));
  const base = change({ trie: emptyTrie(), map: new Map() }, keys, [{ from: 0, count: keys.length, value: 0 }]);
  const ours = change(base, keys, [{ from: 0, count: 1, value: undefined }]);
  const theirs = change(base, keys, [{ from: 1, count: 1, value: undefined }]);
  const merged = mergedBy({ base, ours, theirs }, beginEdits());
  assert.equal(testRoot(merged), rootOf(naiveMerge(base.map, ours.map, theirs.map)));
});
