import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import * as fc from 'fast-check';
import { ZERO_DIGEST } from '../bytes/digest.ts';
import { beginEdits } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import { EMPTY_ENDED_WINDOW, ENDED_WORKSPACES_MAX, rememberEnded } from './ended-window.ts';
import type { EndedWorkspace } from './workspace.ts';

const NUMBERS = Array.from({ length: ENDED_WORKSPACES_MAX + 200 }, (_, number) => number);

/** Different numbers in any order, more of them than a window holds. */
const numbersInOrderOfEnd = fc.shuffledSubarray(NUMBERS, { minLength: ENDED_WORKSPACES_MAX + 1 });

law('whatever the order in which workspaces end, the window holds those that ended last', {
  inputs: fc.record({
    numbers: numbersInOrderOfEnd,
    firstIdx: fc.nat(300),
    stride: fc.integer({ min: 1, max: 300 }),
    together: fc.constantFrom(1, 3, 1000),
  }),
  runs: 15,
  holds: ({ numbers, firstIdx, stride, together }) => {
    const ends = numbers.map((number, i): EndedWorkspace => {
      const endedIdx = firstIdx + Math.floor(i / together) * stride;
      return {
        number,
        endedIdx,
        end: 'DISCARDED',
        baseView: null,
        owner: null,
        parentSnapshotId: ZERO_DIGEST,
        meta: null,
      };
    });
    const window = ends.reduce((held, ended) => rememberEnded(held, ended, beginEdits()), EMPTY_ENDED_WINDOW);
    const inOrderOfEnd = ends.toSorted((a, b) => a.endedIdx - b.endedIdx || a.number - b.number);
    const kept = inOrderOfEnd.slice(-ENDED_WORKSPACES_MAX);
    const inOrder = trieEntries(window.numbersByEnd).map(({ value }) => value);
    assert.deepEqual(
      inOrder,
      kept.map(({ number }) => number),
    );
    const known = trieEntries(window.workspaces).map(({ value }) => value);
    assert.deepEqual(
      known,
      kept.slice().sort((a, b) => a.number - b.number),
    );
  },
});
