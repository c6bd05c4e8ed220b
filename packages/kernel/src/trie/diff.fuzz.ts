/** Laws of the difference, against comparing two Maps key by key. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { naiveDiff, type NaiveChange } from '@jitos/testkit/kernel/naive-trie.ts';
import { anyTableHistory, playHistory, testRoot, type TestTrie } from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { trieDiff, trieDiffAfter } from './diff.ts';
import { beginEdits, emptyTrie, triePut } from './trie.ts';

function diffOf(before: TestTrie, after: TestTrie): NaiveChange<number>[] {
  const changes: NaiveChange<number>[] = [];
  const same = (a: number, b: number): boolean => a === b;
  trieDiff(before, after, same, (key, was, is) => changes.push({ key, before: was, after: is }));
  return changes;
}

/** The same contents without a shared node. */
function rebuild(map: ReadonlyMap<Bytes, number>): TestTrie {
  const session = beginEdits();
  let trie: TestTrie = emptyTrie();
  for (const [key, value] of map) trie = triePut(trie, key, value, session);
  return trie;
}

law('any two versions of one history differ as their Maps do', {
  inputs: anyTableHistory,
  runs: 50,
  holds: (history) => {
    const versions = playHistory(history);
    for (const before of versions) {
      for (const after of versions) {
        assert.deepEqual(diffOf(before.trie, after.trie), naiveDiff(before.map, after.map));
      }
    }
  },
});

law('tries that share no node differ as their Maps do, with their digests taken or not', {
  inputs: fc.tuple(anyTableHistory, fc.boolean(), fc.boolean()),
  runs: 80,
  holds: ([history, firstHashed, secondHashed]) => {
    const versions = playHistory(history);
    const before = versions.at(-1)!;
    for (const after of versions) {
      const [a, b] = [rebuild(before.map), rebuild(after.map)];
      if (firstHashed) testRoot(a);
      if (secondHashed) testRoot(b);
      assert.deepEqual(diffOf(a, b), naiveDiff(before.map, after.map));
    }
  },
});

law('tries that lie apart, or one inside a gap of the other, differ in every entry', {
  inputs: fc.tuple(anyTableHistory, fc.nat(), fc.nat()),
  runs: 80,
  holds: ([{ keys }, low, high]) => {
    const sorted = keys.toSorted();
    const from = low % sorted.length;
    const to = from + (high % (sorted.length - from));
    const valueByKey = (part: readonly Bytes[]): Map<Bytes, number> => new Map(part.map((key) => [key, 1]));
    const inside = valueByKey(sorted.slice(from, to));
    const outside = valueByKey([...sorted.slice(0, from), ...sorted.slice(to)]);
    const above = valueByKey(sorted.slice(to));
    for (const other of [outside, above]) {
      assert.deepEqual(diffOf(rebuild(inside), rebuild(other)), naiveDiff(inside, other));
      assert.deepEqual(diffOf(rebuild(other), rebuild(inside)), naiveDiff(other, inside));
    }
  },
});

law('a difference can be gone through in parts: from any key on, until there is enough', {
  inputs: fc.tuple(anyTableHistory, fc.boolean(), fc.integer({ min: 1, max: 40 }), fc.nat()),
  runs: 80,
  holds: ([history, isShared, length, probe]) => {
    const versions = playHistory(history);
    const before = versions[versions.length >> 1]!;
    for (const version of versions) {
      const [a, b] = isShared ? [before.trie, version.trie] : [rebuild(before.map), rebuild(version.map)];
      const all = naiveDiff(before.map, version.map);
      const parts: NaiveChange<number>[] = [];
      for (let end: Bytes | null = null; ;) {
        const part = partOf(a, b, end, length);
        parts.push(...part);
        if (part.length < length) break;
        end = part.at(-1)!.key;
      }
      assert.deepEqual(parts, all);
      // A place to go on from need not be one of a change.
      const from = history.keys[probe % history.keys.length]!;
      assert.deepEqual(
        partOf(a, b, from, Infinity),
        all.filter(({ key }) => key > from),
      );
    }
  },
});

function partOf(a: TestTrie, b: TestTrie, from: Bytes | null, length: number): NaiveChange<number>[] {
  const part: NaiveChange<number>[] = [];
  const visit = (key: Bytes, before: number | undefined, after: number | undefined): boolean => {
    part.push({ key, before, after });
    return part.length === length;
  };
  const isOver = trieDiffAfter(a, b, from, { same: (one, other) => one === other, visit });
  assert.equal(isOver, part.length === length);
  return part;
}
