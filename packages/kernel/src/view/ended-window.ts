/**
 * The window of ended workspaces: what a world still knows of those that ended last.
 *
 * - E1 At most 1,024 of them. The one that ended first goes first, whatever its number, inside `apply`.
 */
import { numberToKey } from '../bytes/number-key.ts';
import { beginEdits, emptyTrie, trieCount, triePut, trieRemove, type Trie } from '../trie/trie.ts';
import { trieEntryAt } from '../trie/walk.ts';
import type { EndedWorkspace } from './workspace.ts';

/** Ended workspaces a world still knows; of older ones only history tells. */
export const ENDED_WORKSPACES_MAX = 1024;

export interface EndedWindow {
  /** By number; hashed. */
  readonly workspaces: Trie<EndedWorkspace>;
  /** Their numbers by the idx of the event that ended them: the order of eviction. An index. */
  readonly numbersByIdx: Trie<number>;
}

export const EMPTY_ENDED_WINDOW: EndedWindow = { workspaces: emptyTrie(), numbersByIdx: emptyTrie() };

/** The window after one more workspace ended, at an idx above those of all before it. O(log n). */
export function rememberEnded(window: EndedWindow, ended: EndedWorkspace): EndedWindow {
  const session = beginEdits();
  const workspaces = triePut(window.workspaces, numberToKey(ended.number), ended, session);
  const numbersByIdx = triePut(window.numbersByIdx, numberToKey(ended.endedIdx), ended.number, session);
  if (trieCount(numbersByIdx) <= ENDED_WORKSPACES_MAX) return { workspaces, numbersByIdx };
  const oldest = trieEntryAt(numbersByIdx, 0)!; // over its bound, so not empty
  return {
    workspaces: trieRemove(workspaces, numberToKey(oldest.value), session),
    numbersByIdx: trieRemove(numbersByIdx, oldest.key, session),
  };
}
