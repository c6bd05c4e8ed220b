/**
 * The order in which kept hashes stand: after each leaf, those of the subtrees that it completes, lowest first. Every other
 * level is kept; one between them costs a hash to make (docs/decisions/tree-hashes.md).
 *
 * Sizes go up to 2⁵³, so nothing here shifts bits.
 */
import { innerHash, type Digest, type Sha256 } from '@jitos/kernel';

/** Subtrees that make one of the next kept level. */
const FAN_OUT = 4;

/** Hashes that are kept of a tree with `length` leaves. */
export function keptCount(length: number): number {
  let count = 0;
  for (let width = length; width > 0; width = Math.floor(width / FAN_OUT)) count += width;
  return count;
}

/** Number of the hashes that stand before that of a subtree; `level` is even. */
export function keptPosition(level: number, index: number): number {
  return keptCount((index + 1) * 2 ** level - 1) + level / 2;
}

/** The hash of a subtree of any level, from those that are kept. */
export function subtreeHash(
  level: number,
  index: number,
  keptAt: (position: number) => Digest,
  sha256: Sha256,
): Digest {
  if (level % 2 === 0) return keptAt(keptPosition(level, index));
  const left = keptAt(keptPosition(level - 1, 2 * index));
  return innerHash(left, keptAt(keptPosition(level - 1, 2 * index + 1)), sha256);
}

/** What appending needs to know of the leaves before: the kept subtrees that are not yet part of a higher one. */
export class OpenSubtrees {
  /** By kept level, oldest first, at most three each. */
  readonly #open: Digest[][] = [];
  readonly #sha256: Sha256;

  /** Those of a tree of `length` leaves. O(log length). */
  constructor(length: number, keptAt: (position: number) => Digest, sha256: Sha256) {
    this.#sha256 = sha256;
    for (let kept = 0, width = length; width > 0; kept++, width = Math.floor(width / FAN_OUT)) {
      const first = width - (width % FAN_OUT);
      this.#open[kept] = Array.from({ length: width % FAN_OUT }, (_, i) => keptAt(keptPosition(2 * kept, first + i)));
    }
  }

  /** Hands out what is to be kept of one more leaf. */
  add(leaf: Digest, keep: (hash: Digest) => void): void {
    let hash = leaf;
    for (let kept = 0; ; kept++) {
      keep(hash);
      const siblings = (this.#open[kept] ??= []);
      siblings.push(hash);
      const [a, b, c, d] = siblings;
      if (a === undefined || b === undefined || c === undefined || d === undefined) return;
      this.#open[kept] = [];
      hash = innerHash(innerHash(a, b, this.#sha256), innerHash(c, d, this.#sha256), this.#sha256);
    }
  }
}

/** Throws unless the subtree lies within the leaves (T2). A breach is the caller's bug. */
export function mustLieWithin(level: number, index: number, length: number): void {
  const isOne = Number.isInteger(level) && level >= 0 && Number.isInteger(index) && index >= 0;
  if (isOne && (index + 1) * 2 ** level <= length) return;
  throw new Error(`T2: subtree ${index} of level ${level} is not within ${length} leaves`);
}
