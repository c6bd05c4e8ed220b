/**
 * The difference of two tries of one width, in key order: whole, or from a key on until a visit has had enough.
 *
 * Cost: O(changes · log n) where the two share nodes (by identity, or by digests that both have taken); it never
 * walks a subtree that is the same on both sides. What lies up to `after` is not walked either: O(log n) to get there.
 *
 * `depth` is the nibble at which two nodes are compared, and `atA` and `atB` how many nibbles of each node's skip lie
 * above it; both nodes share with `after` all nibbles above, or it is null: then everything below is visited.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { nibbleAt, lowerBound, type Branch, type Bucket, type Trie } from './trie.ts';
import { compareSkip, walkAfter } from './walk.ts';

/** Told of each key whose value differs: absent is undefined; never both. */
export type VisitChange<V> = (key: Bytes, before: V | undefined, after: V | undefined) => void;

/** As `VisitChange`; `true` ends the walk. */
export type VisitChangeUntil<V> = (key: Bytes, before: V | undefined, after: V | undefined) => boolean;

/** Visits what differs. `same` decides equality of two values under one key; identity comes first anyway. */
export function trieDiff<V>(
  before: Trie<V>,
  after: Trie<V>,
  same: (a: V, b: V) => boolean,
  visit: VisitChange<V>,
): void {
  trieDiffBelow(before, after, 0, same, visit);
}

/** As `trieDiff`, of two subtrees that begin at the nibble `depth` of their keys, which share those before it. */
export function trieDiffBelow<V>(
  before: Trie<V>,
  after: Trie<V>,
  depth: number,
  same: (a: V, b: V) => boolean,
  visit: VisitChange<V>,
): void {
  const goOn = (key: Bytes, was: V | undefined, is: V | undefined): boolean => {
    visit(key, was, is);
    return false;
  };
  diffNodes({ same, visit: goOn }, before, 0, after, 0, depth, null);
}

/** Visits what differs above the key `from` (null: all of it). True if a visit ended the walk. */
export function trieDiffAfter<V>(
  before: Trie<V>,
  after: Trie<V>,
  from: Bytes | null,
  differ: { readonly same: (a: V, b: V) => boolean; readonly visit: VisitChangeUntil<V> },
): boolean {
  return diffNodes(differ, before, 0, after, 0, 0, from);
}

interface Differ<V> {
  readonly same: (a: V, b: V) => boolean;
  readonly visit: VisitChangeUntil<V>;
}

type Side = 'before' | 'after';

function diffNodes<V>(
  differ: Differ<V>,
  a: Trie<V>,
  atA: number,
  b: Trie<V>,
  atB: number,
  depth: number,
  after: Bytes | null,
): boolean {
  if (a === b) return false;
  if (a.digest !== null && a.digest === b.digest) return false;
  if (a.leaf) return mergeWithBucket(differ, b, a, 'after', depth - atB, after);
  if (b.leaf) return mergeWithBucket(differ, a, b, 'before', depth - atA, after);
  return diffBranches(differ, a, atA, b, atB, depth, after);
}

function diffBranches<V>(
  differ: Differ<V>,
  a: Branch<V>,
  atA: number,
  b: Branch<V>,
  atB: number,
  depth: number,
  after: Bytes | null,
): boolean {
  const leftA = a.skip.length - atA;
  const leftB = b.skip.length - atB;
  const shared = Math.min(leftA, leftB);
  for (let i = 0; i < shared; i++) {
    const difference = a.skip.charCodeAt(atA + i) - b.skip.charCodeAt(atB + i);
    if (difference === 0) continue;
    const visitA = (): boolean => visitAll(differ, a, 'before', depth - atA, after);
    const visitB = (): boolean => visitAll(differ, b, 'after', depth - atB, after);
    return difference < 0 ? visitA() || visitB() : visitB() || visitA();
  }
  let above = after;
  if (after !== null && shared > 0) {
    const order = compareSkip(after, depth, a.skip.slice(atA, atA + shared));
    if (order > 0) return false;
    if (order < 0) above = null;
  }
  const at = depth + shared;
  if (leftA === leftB) return diffChildren(differ, a, b, at, above);
  if (leftA < leftB) return diffBelow(differ, a, b, atB + shared, 'before', at, above);
  return diffBelow(differ, b, a, atA + shared, 'after', at, above);
}

function diffChildren<V>(differ: Differ<V>, a: Branch<V>, b: Branch<V>, depth: number, after: Bytes | null): boolean {
  if (after === null && a.bitmap === b.bitmap) return diffAlikeChildren(differ, a.children, b.children, depth + 1);
  const first = after === null ? 0 : nibbleAt(after, depth);
  let indexA = 0;
  let indexB = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const bit = 1 << nibble;
    const childA = (a.bitmap & bit) === 0 ? undefined : a.children[indexA++]!;
    const childB = (b.bitmap & bit) === 0 ? undefined : b.children[indexB++]!;
    if (nibble < first || childA === childB) continue;
    const above = nibble === first ? after : null;
    const isOver =
      childA === undefined
        ? visitAll(differ, childB!, 'after', depth + 1, above) // the two are not both absent
        : childB === undefined
          ? visitAll(differ, childA, 'before', depth + 1, above)
          : diffNodes(differ, childA, 0, childB, 0, depth + 1, above);
    if (isOver) return true;
  }
  return false;
}

/** Most branches that differ have the same children, but for one or two. */
function diffAlikeChildren<V>(differ: Differ<V>, a: readonly Trie<V>[], b: readonly Trie<V>[], depth: number): boolean {
  for (let i = 0; i < a.length; i++) {
    const childA = a[i]!;
    const childB = b[i]!;
    if (childA !== childB && diffNodes(differ, childA, 0, childB, 0, depth, null)) return true;
  }
  return false;
}

/** The deep branch lies wholly under one child of the shallow one; all other children stand on one side only. */
function diffBelow<V>(
  differ: Differ<V>,
  shallow: Branch<V>,
  deep: Branch<V>,
  atDeep: number,
  shallowSide: Side,
  depth: number,
  after: Bytes | null,
): boolean {
  const first = after === null ? 0 : nibbleAt(after, depth);
  const deepNibble = deep.skip.charCodeAt(atDeep);
  let index = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const child = (shallow.bitmap & (1 << nibble)) === 0 ? undefined : shallow.children[index++]!;
    if (nibble < first) continue;
    const above = nibble === first ? after : null;
    let isOver = false;
    if (nibble !== deepNibble) {
      if (child !== undefined) isOver = visitAll(differ, child, shallowSide, depth + 1, above);
    } else if (child === undefined) {
      isOver = visitAll(differ, deep, shallowSide === 'before' ? 'after' : 'before', depth - atDeep, above);
    } else if (shallowSide === 'before') {
      isOver = diffNodes(differ, child, 0, deep, atDeep + 1, depth + 1, above);
    } else {
      isOver = diffNodes(differ, deep, atDeep + 1, child, 0, depth + 1, above);
    }
    if (isOver) return true;
  }
  return false;
}

/** `depth` is where the node itself begins. */
function visitAll<V>(differ: Differ<V>, node: Trie<V>, side: Side, depth: number, after: Bytes | null): boolean {
  const visit = (key: Bytes, value: V): boolean => visitOne(differ, key, value, side);
  return walkAfter(node, after, visit, depth);
}

/** Of a key that stands on one side only. */
function visitOne<V>(differ: Differ<V>, key: Bytes, value: V, side: Side): boolean {
  return side === 'before' ? differ.visit(key, value, undefined) : differ.visit(key, undefined, value);
}

/**
 * Merges a bucket with whatever stands on the other side. All but `BUCKET_MAX` entries of the other side are
 * changes, so walking it whole costs no more than the result.
 */
function mergeWithBucket<V>(
  differ: Differ<V>,
  node: Trie<V>,
  bucket: Bucket<V>,
  nodeSide: Side,
  depth: number,
  after: Bytes | null,
): boolean {
  const { keys, values } = bucket;
  const bucketSide = nodeSide === 'before' ? 'after' : 'before';
  let at = after === null ? 0 : lowerBound(keys, after);
  if (at < keys.length && keys[at] === after) at += 1;
  const isOver = walkAfter(
    node,
    after,
    (key, value) => {
      while (at < keys.length && keys[at]! < key) {
        if (visitOne(differ, keys[at]!, values[at++]!, bucketSide)) return true;
      }
      if (at === keys.length || keys[at] !== key) return visitOne(differ, key, value, nodeSide);
      const other = values[at]!;
      at += 1;
      if (value === other || differ.same(value, other)) return false;
      return nodeSide === 'before' ? differ.visit(key, value, other) : differ.visit(key, other, value);
    },
    depth,
  );
  if (isOver) return true;
  while (at < keys.length) if (visitOne(differ, keys[at]!, values[at++]!, bucketSide)) return true;
  return false;
}
