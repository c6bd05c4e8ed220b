/** Laws of reading in key order, against a sorted array. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { anyBytes } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { sortEntries } from '@jitos/testkit/kernel/naive-trie.ts';
import { anyTableHistory, playHistory } from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { trieEntries, trieEntryAt, trieEntriesBelow, trieRank, walkAfter, walkBefore } from './walk.ts';

/** A key of the same width that ends, or altogether is, something else. */
function replaceTail(key: Bytes, tail: Bytes): Bytes {
  return (key + tail).slice(-key.length) as Bytes; // a part of bytes
}

law('entry at, rank, pages and walks agree with a sorted array, from keys that are there and keys that are not', {
  inputs: fc.tuple(anyTableHistory, fc.array(anyBytes({ minLength: 1, maxLength: 32 }), { maxLength: 5 })),
  runs: 60,
  holds: ([history, tails]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const sorted = sortEntries(map).map(([key, value]) => ({ key, value }));
    for (let i = -1; i <= sorted.length; i++) assert.deepEqual(trieEntryAt(trie, i), sorted[i]);

    const strangers = tails.map((tail) => replaceTail(history.keys[0]!, tail));
    for (const from of [...history.keys, ...strangers]) {
      const above = sorted.filter(({ key }) => key > from);
      assert.equal(trieRank(trie, from), sorted.filter(({ key }) => key < from).length);
      assert.deepEqual(trieEntries(trie, from), above);
      assert.deepEqual(trieEntries(trie, from, 3), above.slice(0, 3));
      const below = sorted.filter(({ key }) => key < from).toReversed();
      assert.deepEqual(trieEntriesBelow(trie, from, Infinity), below);
      assert.deepEqual(trieEntriesBelow(trie, from, 3), below.slice(0, 3));
    }
  },
});

law('pages follow each other without a gap', {
  inputs: fc.tuple(anyTableHistory, fc.integer({ min: 1, max: 20 })),
  runs: 60,
  holds: ([history, pageSize]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const paged = [];
    // A broken trie may page for ever.
    for (let page = trieEntries(trie, null, pageSize); page.length > 0 && paged.length <= map.size;) {
      paged.push(...page);
      page = trieEntries(trie, page.at(-1)!.key, pageSize);
    }
    assert.deepEqual(paged, trieEntries(trie));
  },
});

law('a walk ends at the visit that says so', {
  inputs: fc.tuple(anyTableHistory, fc.nat({ max: 40 }), fc.option(anyBytes({ minLength: 32, maxLength: 32 }))),
  runs: 60,
  holds: ([history, stopAfter, start]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const after = start === null ? null : (start.slice(0, history.keys[0]!.length) as typeof start);
    const left = sortEntries(map).filter(([key]) => after === null || key > after).length;
    let visits = 0;
    const ended = walkAfter(trie, after, () => ++visits > stopAfter);
    assert.equal(visits, Math.min(stopAfter + 1, left));
    assert.equal(ended, left > stopAfter);

    const rest = sortEntries(map).filter(([key]) => after === null || key < after).length;
    let visitsBack = 0;
    const endedBack = walkBefore(trie, after, () => ++visitsBack > stopAfter);
    assert.equal(visitsBack, Math.min(stopAfter + 1, rest));
    assert.equal(endedBack, rest > stopAfter);
  },
});
