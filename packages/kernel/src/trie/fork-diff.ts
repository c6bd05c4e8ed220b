/**
 * What one of two tries that came from a third changed, beside what the other has there, in one walk of all three.
 *
 * Where theirs is still the very subtree of base, ours can be taken over whole, with its digests: so the nodes that a merge
 * makes, and hashes, are those above what both sides changed.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { trieDiffBelow } from './diff.ts';
import {
  BUCKET_MAX,
  ownBranch,
  trieCount,
  trieGetBelow,
  type Branch,
  type Bucket,
  type EditSession,
  type Trie,
} from './trie.ts';

/** Two tries that came from one. */
export interface TrieFork<V> {
  readonly base: Trie<V>;
  readonly ours: Trie<V>;
  readonly theirs: Trie<V>;
}

/** A key whose value ours changed: absent is undefined, never in both `before` and `after`. */
export interface ForkChange<V> {
  readonly key: Bytes;
  readonly before: V | undefined;
  readonly after: V | undefined;
  /** What theirs has. */
  readonly there: V | undefined;
  /** Whether `after` was taken over: `there` is then `before`. */
  isTaken: boolean;
}

export interface ForkDiff<V> {
  /** Theirs, with what was taken over. */
  readonly merged: Trie<V>;
  /** All that ours changed, by key. */
  readonly changes: readonly ForkChange<V>[];
}

interface Walk<V> {
  readonly same: (a: V, b: V) => boolean;
  /** That may edit theirs; null if nothing is to be taken over. */
  readonly session: EditSession | null;
  readonly changes: ForkChange<V>[];
}

/** O(changes · log n), whatever theirs changed. Takes over what it can where it is given a session. */
export function trieForkDiff<V>(
  { base, ours, theirs }: TrieFork<V>,
  same: (a: V, b: V) => boolean,
  session: EditSession | null,
): ForkDiff<V> {
  if (ours === base) return { merged: theirs, changes: [] };
  const walk: Walk<V> = { same, session, changes: [] };
  const merged = mergeAt(walk, base, ours, theirs, 0);
  return { merged, changes: walk.changes };
}

/** The subtree of theirs that begins at `depth`, with what was taken over; ours is not base. */
function mergeAt<V>(walk: Walk<V>, base: Trie<V>, ours: Trie<V>, theirs: Trie<V>, depth: number): Trie<V> {
  if (base.leaf && ours.leaf && base.keys === ours.keys) return mergeValues(walk, base, ours, theirs, depth);
  if (isSameTrie(theirs, base)) {
    addUnmoved(walk, base, ours, depth);
    return walk.session === null ? theirs : ours;
  }
  if (base.leaf || ours.leaf || theirs.leaf || !isAlike(base, theirs) || !isAlike(ours, theirs)) {
    addMoved(walk, base, ours, theirs, depth);
    return theirs;
  }
  const first = walk.changes.length;
  const below = depth + theirs.skip.length + 1;
  let merged: Branch<V> | undefined;
  for (let i = 0; i < theirs.children.length; i++) {
    const before = base.children[i]!;
    const after = ours.children[i]!;
    if (after === before) continue;
    const there = theirs.children[i]!;
    const child = mergeAt(walk, before, after, there, below);
    if (child === there || walk.session === null) continue;
    merged ??= ownBranch(theirs, walk.session);
    merged.children[i] = child;
    merged.count += trieCount(child) - trieCount(there);
    merged.stale |= 1 << i;
  }
  if (merged === undefined || merged.count > BUCKET_MAX) return merged ?? theirs;
  // So few entries have to be a bucket (T1): nothing is taken over here.
  for (let i = first; i < walk.changes.length; i++) walk.changes[i]!.isTaken = false;
  return theirs;
}

/** Of two buckets that share their keys, as they do where no key came or went. */
function mergeValues<V>(
  { same, session, changes }: Walk<V>,
  base: Bucket<V>,
  ours: Bucket<V>,
  theirs: Trie<V>,
  depth: number,
): Trie<V> {
  const isUnmoved = isSameTrie(theirs, base);
  const isTaken = isUnmoved && session !== null;
  for (let i = 0; i < base.keys.length; i++) {
    const before = base.values[i]!;
    const after = ours.values[i]!;
    if (before === after || same(before, after)) continue;
    const key = base.keys[i]!;
    const there = isUnmoved
      ? before
      : theirs.leaf && theirs.keys === base.keys
        ? theirs.values[i]
        : trieGetBelow(theirs, key, depth);
    changes.push({ key, before, after, there, isTaken });
  }
  return isTaken ? ours : theirs;
}

function addUnmoved<V>({ same, session, changes }: Walk<V>, base: Trie<V>, ours: Trie<V>, depth: number): void {
  const isTaken = session !== null;
  trieDiffBelow(base, ours, depth, same, (key, before, after) => {
    changes.push({ key, before, after, there: before, isTaken });
  });
}

function addMoved<V>({ same, changes }: Walk<V>, base: Trie<V>, ours: Trie<V>, theirs: Trie<V>, depth: number): void {
  trieDiffBelow(base, ours, depth, same, (key, before, after) => {
    changes.push({ key, before, after, there: trieGetBelow(theirs, key, depth), isTaken: false });
  });
}

function isSameTrie<V>(a: Trie<V>, b: Trie<V>): boolean {
  return a === b || (a.digest !== null && a.digest === b.digest);
}

function isAlike<V>(a: Branch<V>, b: Branch<V>): boolean {
  return a.bitmap === b.bitmap && a.skip === b.skip;
}
