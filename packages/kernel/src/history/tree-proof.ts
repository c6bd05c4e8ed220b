/**
 * Proofs over the history's tree: that an event is in it, and that a longer history continues a shorter one.
 *
 * RFC 6962 §2.1.1 and §2.1.2 say what is in a proof, RFC 9162 §2.1.3.2 and §2.1.4.2 how it is checked. Making one reads
 * O(log n) hashes of complete subtrees, wherever they are kept; checking one needs nothing but the statement.
 *
 * Sizes go up to 2⁵³, so nothing here shifts bits.
 */
import { assert } from '../assert.ts';
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { innerHash } from './tree.ts';

/**
 * The hash of a complete subtree: of the leaves from `index · 2^level` on, `2^level` of them. Asked only for subtrees that
 * lie within the size a proof is made for.
 */
export type SubtreeHash = (level: number, index: number) => Digest;

export interface InclusionStatement {
  /** Which leaf, from 0. */
  readonly index: number;
  readonly leaf: Digest;
  /** Leaves in the tree. */
  readonly size: number;
  /** Its head. */
  readonly head: Digest;
}

export interface ConsistencyStatement {
  readonly oldSize: number;
  readonly oldHead: Digest;
  readonly size: number;
  readonly head: Digest;
}

/** The head of a tree of `size` leaves, at least one. */
export function headOf(size: number, hashAt: SubtreeHash, sha256: Sha256): Digest {
  return rangeHash(0, size, hashAt, sha256);
}

/** The hashes that lead from leaf `index` to the head, lowest first (RFC 6962 §2.1.1). */
export function proveInclusion(index: number, size: number, hashAt: SubtreeHash, sha256: Sha256): Digest[] {
  assert(index >= 0 && index < size, 'an inclusion proof is of a leaf of the tree');
  return descend(index, size, (begin, end) => end - begin === 1, hashAt, sha256).path;
}

/** The hashes that make both heads, lowest first (RFC 6962 §2.1.2); none for the empty tree or the same one. */
export function proveConsistency(oldSize: number, size: number, hashAt: SubtreeHash, sha256: Sha256): Digest[] {
  assert(oldSize >= 0 && oldSize <= size, 'a consistency proof is of a tree and a longer one');
  if (oldSize === 0 || oldSize === size) return [];
  const { begin, path } = descend(oldSize - 1, size, (_, end) => end === oldSize, hashAt, sha256);
  // The old tree's own right edge; its head is in the statement where that is the whole old tree.
  return begin === 0 ? path : [rangeHash(begin, oldSize, hashAt, sha256), ...path];
}

/** Goes down from the root towards leaf `index` until the range is the one wanted; the siblings passed, lowest first. */
function descend(
  index: number,
  size: number,
  isThere: (begin: number, end: number) => boolean,
  hashAt: SubtreeHash,
  sha256: Sha256,
): { readonly begin: number; readonly path: Digest[] } {
  const path: Digest[] = [];
  let [begin, end] = [0, size];
  while (!isThere(begin, end)) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      path.push(rangeHash(middle, end, hashAt, sha256));
      end = middle;
    } else {
      path.push(rangeHash(begin, middle, hashAt, sha256));
      begin = middle;
    }
  }
  return { begin, path: path.reverse() };
}

/** Whether the path leads from the leaf to the head. */
export function verifyInclusion(statement: InclusionStatement, path: readonly Digest[], sha256: Sha256): boolean {
  const { index, size, leaf, head } = statement;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  const areLeft = siblingSides(index, size - 1, path.length);
  if (areLeft === undefined) return false;
  let hash = leaf;
  for (let i = 0; i < path.length; i++) {
    hash = areLeft[i] === true ? innerHash(path[i]!, hash, sha256) : innerHash(hash, path[i]!, sha256);
  }
  return hash === head;
}

/** Whether the path makes both heads. Anything continues the empty history, whose head is the hash of nothing. */
export function verifyConsistency(statement: ConsistencyStatement, path: readonly Digest[], sha256: Sha256): boolean {
  const { oldSize, oldHead, size, head } = statement;
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) return false;
  if (oldSize === 0) return path.length === 0 && oldHead === sha256(new Uint8Array(0));
  if (oldSize === size) return path.length === 0 && oldHead === head;
  let node = oldSize - 1;
  let last = size - 1;
  for (; node % 2 === 1; node = half(node)) last = half(last);
  const [first, ...siblings] = node === 0 ? [oldHead, ...path] : path;
  const areLeft = siblingSides(node, last, siblings.length);
  if (first === undefined || areLeft === undefined) return false;
  let oldHash = first;
  let hash = first;
  for (const [i, sibling] of siblings.entries()) {
    // What stands to the right came after the old tree.
    if (areLeft[i] === true) oldHash = innerHash(sibling, oldHash, sha256);
    hash = areLeft[i] === true ? innerHash(sibling, hash, sha256) : innerHash(hash, sibling, sha256);
  }
  return oldHash === oldHead && hash === head;
}

/**
 * On the way up from `node` of a level whose last node is `last`: for each of `count` siblings whether it stands to the
 * left. Undefined if the root is not that many siblings away.
 */
function siblingSides(node: number, last: number, count: number): readonly boolean[] | undefined {
  const areLeft: boolean[] = [];
  while (areLeft.length < count && last > 0) {
    const isLeft = node % 2 === 1 || node === last;
    areLeft.push(isLeft);
    // The last node has no sibling on levels where it is a left child: it goes up as it is.
    if (isLeft) for (; node % 2 === 0 && node !== 0; node /= 2) last = half(last);
    node = half(node);
    last = half(last);
  }
  return areLeft.length === count && last === 0 ? areLeft : undefined;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

/** The largest power of two below `size`, which is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The hash over the leaves of a range that begins where a subtree of its size would. */
function rangeHash(begin: number, end: number, hashAt: SubtreeHash, sha256: Sha256): Digest {
  let level = 0;
  let width = 1;
  while (width * 2 <= end - begin) {
    width *= 2;
    level += 1;
  }
  const left = hashAt(level, begin / width);
  return begin + width === end ? left : innerHash(left, rangeHash(begin + width, end, hashAt, sha256), sha256);
}
