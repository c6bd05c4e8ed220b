/**
 * The window of ended workspaces: what a world still knows of those that ended last.
 *
 * - E1 At most 1,024 of them. The one that ended first goes first, inside `apply`; of those that one event ended, the one with
 *      the lowest number.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { emptyTrie, trieCount, triePut, trieRemove, type EditSession, type Trie } from '../trie/trie.ts';
import { trieEntryAt } from '../trie/walk.ts';
import type { EndedWorkspace } from './workspace.ts';

/** Ended workspaces a world still knows; of older ones only history tells. */
export const ENDED_WORKSPACES_MAX = 1024;

export interface EndedWindow {
  /** By number; hashed. */
  readonly workspaces: Trie<EndedWorkspace>;
  /** Their numbers by the idx of the event that ended them, and by themselves: the order of eviction. An index. */
  readonly numbersByEnd: Trie<number>;
}

export const EMPTY_ENDED_WINDOW: EndedWindow = { workspaces: emptyTrie(), numbersByEnd: emptyTrie() };

/** The window after one more workspace ended, not before those that are in it. O(log n). */
export function rememberEnded(window: EndedWindow, ended: EndedWorkspace, session: EditSession): EndedWindow {
  const workspaces = triePut(window.workspaces, numberToKey(ended.number), ended, session);
  const numbersByEnd = triePut(window.numbersByEnd, endKey(ended), ended.number, session);
  if (trieCount(numbersByEnd) <= ENDED_WORKSPACES_MAX) return { workspaces, numbersByEnd };
  const oldest = trieEntryAt(numbersByEnd, 0)!; // over its bound, so not empty
  return {
    workspaces: trieRemove(workspaces, numberToKey(oldest.value), session),
    numbersByEnd: trieRemove(numbersByEnd, oldest.key, session),
  };
}

function endKey({ endedIdx, number }: EndedWorkspace): Bytes {
  return (numberToKey(endedIdx) + numberToKey(number)) as Bytes; // bytes after bytes
}
