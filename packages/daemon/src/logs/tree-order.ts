/**
 * Where the kept hashes stand. Every other level is kept; one between them costs a hash to make. Four kept levels are a band,
 * and the hashes of a band stand in one sequence: after each of its lowest ones, those of the subtrees that it completes,
 * lowest first. So what a proof needs of a band lies close together (docs/decisions/tree-hashes.md).
 *
 * Sizes go up to 2⁵³, so nothing here shifts bits.
 */
import { innerHash, type Digest, type Sha256 } from '@jitos/kernel';

/** Subtrees that make one of the next kept level. */
const FAN_OUT = 4;
const KEPT_LEVELS_PER_BAND = 4;
/** Leaves, or subtrees of one band's lowest level, that make one of the next band's. */
const BAND_FAN_OUT = 256;

/** Reads a kept hash: of band 0 for levels 0 to 6, of band 1 for 8 to 14, and so on. */
export type KeptAt = (band: number, position: number) => Digest;

/** Hashes that a band keeps of a tree with `length` leaves. */
export function keptCount(band: number, length: number): number {
  return countOf(Math.floor(length / BAND_FAN_OUT ** band));
}

/** Hashes in a band that has `width` lowest ones. */
function countOf(width: number): number {
  let count = 0;
  let left = width;
  for (let kept = 0; kept < KEPT_LEVELS_PER_BAND; kept++, left = Math.floor(left / FAN_OUT)) count += left;
  return count;
}

/** The hash of a subtree of any level, from those that are kept. */
export function subtreeHash(level: number, index: number, keptAt: KeptAt, sha256: Sha256): Digest {
  if (level % 2 === 0) return keptHash(level / 2, index, keptAt);
  const kept = (level - 1) / 2;
  return innerHash(keptHash(kept, 2 * index, keptAt), keptHash(kept, 2 * index + 1, keptAt), sha256);
}

/** Of the kept level that is `kept`-th from below. */
function keptHash(kept: number, index: number, keptAt: KeptAt): Digest {
  const inBand = kept % KEPT_LEVELS_PER_BAND;
  return keptAt(bandOf(kept), countOf((index + 1) * FAN_OUT ** inBand - 1) + inBand);
}

function bandOf(kept: number): number {
  return Math.floor(kept / KEPT_LEVELS_PER_BAND);
}

/** What appending needs to know of the leaves before: the kept subtrees that are not yet part of a higher one. */
export class OpenSubtrees {
  /** By kept level, oldest first, at most three each. */
  readonly #open: Digest[][] = [];
  readonly #sha256: Sha256;

  /** Those of a tree of `length` leaves. O(log length). */
  constructor(length: number, keptAt: KeptAt, sha256: Sha256) {
    this.#sha256 = sha256;
    for (let kept = 0, width = length; width > 0; kept++, width = Math.floor(width / FAN_OUT)) {
      const first = width - (width % FAN_OUT);
      this.#open[kept] = Array.from({ length: width % FAN_OUT }, (_, i) => keptHash(kept, first + i, keptAt));
    }
  }

  /** Hands out what is to be kept of one more leaf. */
  add(leaf: Digest, keep: (band: number, hash: Digest) => void): void {
    let hash = leaf;
    for (let kept = 0; ; kept++) {
      keep(bandOf(kept), hash);
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
