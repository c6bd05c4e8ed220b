/**
 * The tree hashes port: the hashes of the history tree's complete subtrees, from which proofs are made. Derived from the
 * log, and rebuildable.
 *
 * - T1 Leaves are appended in the order of their events, once these are durable.
 * - T2 `hashAt` answers for every subtree that lies within `length`, and for no other.
 */
import type { Digest } from '@jitos/kernel';

export interface TreeHashes {
  /** Leaves held: the idx of the next one's event. */
  readonly length: number;
  append(leaves: readonly Digest[]): void;
  /** The hash of leaves `index · 2^level` to `(index + 1) · 2^level − 1`. Asking past `length` is a bug. O(1). */
  hashAt(level: number, index: number): Digest;
  /** Makes what there is now last. Throws `LOG_FULL`, or `LOG_FAILED` after a sync that failed. */
  settle(): Promise<void>;
  /** Forgets all leaves, to be given them again. Throws `LOG_DAMAGED` where the log can't give them. */
  clear(): void;
  /** Waits for the disk. Idempotent. */
  close(): Promise<void>;
}
