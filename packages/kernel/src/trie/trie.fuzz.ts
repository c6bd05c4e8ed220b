/** Laws of the trie: it is a Map, its digest is a function of the contents alone (T1), and old versions stay (T2). */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { naiveRoot, sortEntries } from '@jitos/testkit/kernel/naive-trie.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import {
  anyTableHistory,
  playHistory,
  testRoot,
  testValueDigest,
  type Version,
} from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { beginEdits, BUCKET_MAX, emptyTrie, trieCount, trieGet, triePut, trieRemove, type Trie } from './trie.ts';
import { trieEntries } from './walk.ts';

function rootByDefinition(map: ReadonlyMap<Bytes, number>): Digest {
  const digests = [...map].map(([key, value]) => [key, testValueDigest(value, nodeSha256)] as const);
  return naiveRoot(new Map(digests), nodeSha256);
}

function assertIsMap({ trie, map }: Version, keys: readonly Bytes[]): void {
  assert.equal(trieCount(trie), map.size);
  for (const key of keys) assert.equal(trieGet(trie, key), map.get(key));
  const entries = trieEntries(trie).map(({ key, value }) => [key, value] as const);
  assert.deepEqual(entries, sortEntries(map));
}

/** T3, and the bookkeeping that a digest alone would not show. */
function assertShape(node: Trie<number>, isRoot: boolean): void {
  if (node.leaf) {
    assert.ok(isRoot || node.keys.length > 0, 'T3: only the root may be empty');
    assert.ok(node.keys.length <= BUCKET_MAX);
    assert.equal(node.values.length, node.keys.length);
    return;
  }
  assert.ok(node.count > BUCKET_MAX && node.children.length >= 2, 'T3: a branch is needed');
  assert.equal(
    node.children.reduce((sum, child) => sum + trieCount(child), 0),
    node.count,
  );
  for (const child of node.children) assertShape(child, false);
}

law('every version is the Map it was made as, after all later versions too', {
  inputs: anyTableHistory,
  runs: 80,
  holds: (history) => {
    const versions = playHistory(history);
    for (const version of versions) {
      assertIsMap(version, history.keys);
      assertShape(version.trie, true);
    }
  },
});

law('every version has the digest that its contents have by definition', {
  inputs: anyTableHistory,
  runs: 80,
  holds: (history) => {
    for (const { trie, map } of playHistory(history)) {
      assert.equal(testRoot(trie), rootByDefinition(map));
      assert.equal(testRoot(trie), rootByDefinition(map), 'and keeps it');
    }
  },
});

law('the digest does not depend on the order of edits, nor on what was there for a while', {
  inputs: fc.tuple(anyTableHistory, fc.array(fc.nat(), { minLength: 1, maxLength: 8 })),
  runs: 80,
  holds: ([history, shuffle]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const rank = (index: number): number => ((index + 1) * (shuffle[index % shuffle.length]! | 1)) % 1009;
    const entries = [...map].map((entry, index) => ({ entry, rank: rank(index) })).toSorted((a, b) => a.rank - b.rank);
    const session = beginEdits();
    let rebuilt: Trie<number> = emptyTrie();
    for (const key of history.keys) rebuilt = triePut(rebuilt, key, 7, session);
    for (const { entry } of entries) rebuilt = triePut(rebuilt, entry[0], entry[1], session);
    for (const key of history.keys) if (!map.has(key)) rebuilt = trieRemove(rebuilt, key, session);
    assert.equal(testRoot(rebuilt), testRoot(trie));
  },
});

law('removing everything leaves the empty trie', {
  inputs: anyTableHistory,
  runs: 30,
  holds: (history) => {
    let { trie } = playHistory(history).at(-1)!;
    for (const key of history.keys) trie = trieRemove(trie, key, null);
    assert.equal(testRoot(trie), testRoot(emptyTrie()));
  },
});
