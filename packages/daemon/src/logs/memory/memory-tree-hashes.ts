/** The tree hashes of the memory log: as short-lived, and as long as the history. */
import type { Digest, Sha256 } from '@jitos/kernel';
import type { TreeHashes } from '../../ports/tree-hashes.ts';
import { mustLieWithin, OpenSubtrees, subtreeHash, type KeptAt } from '../tree-order.ts';

export class MemoryTreeHashes implements TreeHashes {
  readonly #sha256: Sha256;
  #length = 0;
  /** By band. */
  #kept: Digest[][] = [];
  #open: OpenSubtrees;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#open = this.#newOpen();
  }

  get length(): number {
    return this.#length;
  }

  append(leaves: readonly Digest[]): void {
    for (const leaf of leaves) this.#open.add(leaf, (band, hash) => (this.#kept[band] ??= []).push(hash));
    this.#length += leaves.length;
  }

  hashAt(level: number, index: number): Digest {
    mustLieWithin(level, index, this.#length);
    return subtreeHash(level, index, this.#keptAt, this.#sha256);
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  clear(): void {
    this.#length = 0;
    this.#kept = [];
    this.#open = this.#newOpen();
  }

  async close(): Promise<void> {
    // Nothing is held that the collector doesn't free.
  }

  readonly #keptAt: KeptAt = (band, position) => this.#kept[band]![position]!; // T2 holds

  #newOpen(): OpenSubtrees {
    return new OpenSubtrees(0, this.#keptAt, this.#sha256);
  }
}
