/** Indexes of elements: sets of ids under keys of one width. They keep no empty set, and are never hashed. */
import type { Bytes } from '../bytes/byte-string.ts';
import { emptyTrie, trieCount, trieGet, triePut, trieRemove, type EditSession, type Trie } from '../trie/trie.ts';
import type { ElementId } from './element.ts';

/** A set of elements: ids by themselves, in their order. */
export type IdSet = Trie<ElementId>;

export type IdIndex = Trie<IdSet>;

export const NO_IDS: IdSet = emptyTrie();

/** The ids under the key. */
export function indexGet(index: IdIndex, key: Bytes): IdSet {
  return trieGet(index, key) ?? NO_IDS;
}

export function indexAdd(index: IdIndex, key: Bytes, id: ElementId, session: EditSession): IdIndex {
  const there = trieGet(index, key);
  const ids = triePut(there ?? NO_IDS, id, id, session);
  // A set that the session owns was changed where it stands.
  return ids === there ? index : triePut(index, key, ids, session);
}

export function indexRemove(index: IdIndex, key: Bytes, id: ElementId, session: EditSession): IdIndex {
  const ids = trieRemove(indexGet(index, key), id, session);
  return trieCount(ids) === 0 ? trieRemove(index, key, session) : triePut(index, key, ids, session);
}
