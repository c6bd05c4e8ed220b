/**
 * The difference of two tries of one width, in key order.
 *
 * Cost: O(changes · log n) where the two share nodes (by identity, or by digests that both have taken); it never
 * walks a subtree that is the same on both sides.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Branch, Bucket, Trie } from './trie.ts';
import { walkAfter } from './walk.ts';

/** Told of each key whose value differs: absent is undefined; never both. */
export type VisitChange<V> = (key: Bytes, before: V | undefined, after: V | undefined) => void;

/** Visits what differs. `same` decides equality of two values under one key; identity comes first anyway. */
export function trieDiff<V>(
  before: Trie<V>,
  after: Trie<V>,
  same: (a: V, b: V) => boolean,
  visit: VisitChange<V>,
): void {
  const differ: Differ<V> = { same, visit };
  diffNodes(differ, before, 0, after, 0);
}

interface Differ<V> {
  readonly same: (a: V, b: V) => boolean;
  readonly visit: VisitChange<V>;
}

/** `atA` and `atB` are how many nibbles of each node's skip lie above the point where the two are compared. */
function diffNodes<V>(differ: Differ<V>, a: Trie<V>, atA: number, b: Trie<V>, atB: number): void {
  if (a === b) return;
  if (a.digest !== null && a.digest === b.digest) return;
  if (a.leaf || b.leaf) return mergeEntries(differ, a, b);
  diffBranches(differ, a, atA, b, atB);
}

function diffBranches<V>(differ: Differ<V>, a: Branch<V>, atA: number, b: Branch<V>, atB: number): void {
  const leftA = a.skip.length - atA;
  const leftB = b.skip.length - atB;
  const shared = Math.min(leftA, leftB);
  for (let i = 0; i < shared; i++) {
    const difference = a.skip.charCodeAt(atA + i) - b.skip.charCodeAt(atB + i);
    if (difference !== 0) return diffDisjoint(differ, a, b, difference < 0);
  }
  if (leftA === leftB) diffChildren(differ, a, b);
  else if (leftA < leftB) diffBelow(differ, a, b, atB + shared, 'before');
  else diffBelow(differ, b, a, atA + shared, 'after');
}

function diffChildren<V>(differ: Differ<V>, a: Branch<V>, b: Branch<V>): void {
  let indexA = 0;
  let indexB = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const bit = 1 << nibble;
    const childA = (a.bitmap & bit) === 0 ? undefined : a.children[indexA++]!;
    const childB = (b.bitmap & bit) === 0 ? undefined : b.children[indexB++]!;
    if (childA !== undefined && childB !== undefined) diffNodes(differ, childA, 0, childB, 0);
    else if (childA !== undefined) visitAll(differ, childA, 'before');
    else if (childB !== undefined) visitAll(differ, childB, 'after');
  }
}

/** The deep branch lies wholly under one child of the shallow one; all other children stand on one side only. */
function diffBelow<V>(
  differ: Differ<V>,
  shallow: Branch<V>,
  deep: Branch<V>,
  atDeep: number,
  shallowSide: 'before' | 'after',
): void {
  const deepNibble = deep.skip.charCodeAt(atDeep);
  let index = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const child = (shallow.bitmap & (1 << nibble)) === 0 ? undefined : shallow.children[index++]!;
    if (nibble === deepNibble) {
      if (child === undefined) visitAll(differ, deep, shallowSide === 'before' ? 'after' : 'before');
      else if (shallowSide === 'before') diffNodes(differ, child, 0, deep, atDeep + 1);
      else diffNodes(differ, deep, atDeep + 1, child, 0);
    } else if (child !== undefined) visitAll(differ, child, shallowSide);
  }
}

function diffDisjoint<V>(differ: Differ<V>, a: Trie<V>, b: Trie<V>, aFirst: boolean): void {
  if (aFirst) visitAll(differ, a, 'before');
  visitAll(differ, b, 'after');
  if (!aFirst) visitAll(differ, a, 'before');
}

function visitAll<V>(differ: Differ<V>, node: Trie<V>, side: 'before' | 'after'): void {
  walkAfter(node, null, (key, value) => {
    if (side === 'before') differ.visit(key, value, undefined);
    else differ.visit(key, undefined, value);
  });
}

/**
 * Merges a bucket with whatever stands on the other side. All but `BUCKET_MAX` entries of the other side are
 * changes, so walking it whole costs no more than the result.
 */
function mergeEntries<V>(differ: Differ<V>, a: Trie<V>, b: Trie<V>): void {
  if (!a.leaf) return mergeWithBucket(differ, a, b as Bucket<V>, 'before'); // one of the two is a bucket
  mergeWithBucket(differ, b, a, 'after');
}

function mergeWithBucket<V>(differ: Differ<V>, node: Trie<V>, bucket: Bucket<V>, nodeSide: 'before' | 'after'): void {
  const { keys, values } = bucket;
  let at = 0;
  const visitBucketOnly = (): void => {
    const key = keys[at]!;
    const value = values[at]!;
    at += 1;
    if (nodeSide === 'before') differ.visit(key, undefined, value);
    else differ.visit(key, value, undefined);
  };
  walkAfter(node, null, (key, value) => {
    while (at < keys.length && keys[at]! < key) visitBucketOnly();
    if (at < keys.length && keys[at] === key) {
      const other = values[at]!;
      at += 1;
      if (value === other || differ.same(value, other)) return;
      if (nodeSide === 'before') differ.visit(key, value, other);
      else differ.visit(key, other, value);
    } else if (nodeSide === 'before') differ.visit(key, value, undefined);
    else differ.visit(key, undefined, value);
  });
  while (at < keys.length) visitBucketOnly();
}
