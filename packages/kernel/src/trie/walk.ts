/**
 * Reading a trie in key order: whole, from a key on, by position.
 *
 * Cost: O(log n) to the first entry, O(1) for each further one.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { childIndex, lowerBound, nibbleAt, trieCount, type Trie } from './trie.ts';

export interface Entry<V> {
  readonly key: Bytes;
  readonly value: V;
}

/** Called for each entry; `true` ends the walk. */
export type Visit<V> = (key: Bytes, value: V) => boolean | void;

/**
 * Visits the entries above `after` (null: all of them) in ascending order. True if a visit ended the walk. Of a subtree,
 * `depth` is how many nibbles lie above it, which its keys must share with `after`.
 */
export function walkAfter<V>(trie: Trie<V>, after: Bytes | null, visit: Visit<V>, depth: number = 0): boolean {
  return after === null ? walkAll(trie, visit) : walkAbove(trie, after, depth, visit);
}

function walkAll<V>(node: Trie<V>, visit: Visit<V>): boolean {
  if (node.leaf) return visitFrom(node.keys, node.values, 0, visit);
  for (const child of node.children) if (walkAll(child, visit)) return true;
  return false;
}

function walkAbove<V>(node: Trie<V>, after: Bytes, depth: number, visit: Visit<V>): boolean {
  if (node.leaf) {
    const at = lowerBound(node.keys, after);
    return visitFrom(node.keys, node.values, node.keys[at] === after ? at + 1 : at, visit);
  }
  const order = compareSkip(after, depth, node.skip);
  if (order !== 0) return order < 0 ? walkAll(node, visit) : false;
  const at = depth + node.skip.length;
  const nibble = nibbleAt(after, at);
  let index = childIndex(node.bitmap, nibble);
  if ((node.bitmap & (1 << nibble)) !== 0) {
    if (walkAbove(node.children[index]!, after, at + 1, visit)) return true;
    index += 1;
  }
  for (; index < node.children.length; index++) if (walkAll(node.children[index]!, visit)) return true;
  return false;
}

/** Orders the key's nibbles from `depth` on against a skipped run: below 0 if the key comes first. */
export function compareSkip(key: string, depth: number, skip: string): number {
  for (let i = 0; i < skip.length; i++) {
    const difference = nibbleAt(key, depth + i) - skip.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return 0;
}

function visitFrom<V>(keys: readonly Bytes[], values: readonly V[], from: number, visit: Visit<V>): boolean {
  for (let i = from; i < keys.length; i++) if (visit(keys[i]!, values[i]!) === true) return true;
  return false;
}

/** As `walkAfter`, of the entries below `before` (null: all of them), in descending order. */
export function walkBefore<V>(trie: Trie<V>, before: Bytes | null, visit: Visit<V>, depth: number = 0): boolean {
  if (before === null) return walkAllBack(trie, visit);
  if (trie.leaf) return visitBack(trie.keys, trie.values, lowerBound(trie.keys, before), visit);
  const order = compareSkip(before, depth, trie.skip);
  if (order !== 0) return order > 0 ? walkAllBack(trie, visit) : false;
  const at = depth + trie.skip.length;
  const nibble = nibbleAt(before, at);
  const index = childIndex(trie.bitmap, nibble);
  const isThere = (trie.bitmap & (1 << nibble)) !== 0;
  if (isThere && walkBefore(trie.children[index]!, before, visit, at + 1)) return true;
  for (let i = index - 1; i >= 0; i--) if (walkAllBack(trie.children[i]!, visit)) return true;
  return false;
}

function walkAllBack<V>(node: Trie<V>, visit: Visit<V>): boolean {
  if (node.leaf) return visitBack(node.keys, node.values, node.keys.length, visit);
  for (let i = node.children.length - 1; i >= 0; i--) if (walkAllBack(node.children[i]!, visit)) return true;
  return false;
}

/** Visits what comes before `end`, the last first. */
function visitBack<V>(keys: readonly Bytes[], values: readonly V[], end: number, visit: Visit<V>): boolean {
  for (let i = end - 1; i >= 0; i--) if (visit(keys[i]!, values[i]!) === true) return true;
  return false;
}

/** Up to `limit` entries below `before`, the highest first. */
export function trieEntriesBelow<V>(trie: Trie<V>, before: Bytes | null, limit: number): Entry<V>[] {
  const entries: Entry<V>[] = [];
  if (limit <= 0) return entries;
  walkBefore(trie, before, (key, value) => {
    entries.push({ key, value });
    return entries.length >= limit;
  });
  return entries;
}

/** Up to `limit` entries above `after`. */
export function trieEntries<V>(trie: Trie<V>, after: Bytes | null = null, limit: number = Infinity): Entry<V>[] {
  const entries: Entry<V>[] = [];
  if (limit <= 0) return entries;
  walkAfter(trie, after, (key, value) => {
    entries.push({ key, value });
    return entries.length >= limit;
  });
  return entries;
}

/** The entry at `index` in key order, or undefined past the end. O(log n). */
export function trieEntryAt<V>(trie: Trie<V>, index: number): Entry<V> | undefined {
  let node = trie;
  let left = index;
  while (!node.leaf) {
    let next: Trie<V> | undefined;
    for (const child of node.children) {
      const count = trieCount(child);
      if (left < count) {
        next = child;
        break;
      }
      left -= count;
    }
    if (next === undefined) return undefined;
    node = next;
  }
  const key = node.keys[left];
  return key === undefined ? undefined : { key, value: node.values[left]! };
}

/** Number of keys below `key`. O(log n). */
export function trieRank<V>(trie: Trie<V>, key: Bytes): number {
  let node = trie;
  let depth = 0;
  let rank = 0;
  while (!node.leaf) {
    const order = compareSkip(key, depth, node.skip);
    if (order !== 0) return order < 0 ? rank : rank + node.count;
    depth += node.skip.length;
    const nibble = nibbleAt(key, depth);
    const index = childIndex(node.bitmap, nibble);
    for (let i = 0; i < index; i++) rank += trieCount(node.children[i]!);
    if ((node.bitmap & (1 << nibble)) === 0) return rank;
    node = node.children[index]!;
    depth += 1;
  }
  return rank + lowerBound(node.keys, key);
}
