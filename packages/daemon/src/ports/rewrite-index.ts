/**
 * The rewrite index port: where in the history each rewrite stands, by view. Derived from the log, and rebuildable.
 *
 * - X1 `rewriteIdx` is gapless from 0; entries are appended in its order.
 * - X2 Memory does not grow with history.
 */
import type { ViewId } from '@jitos/kernel';

export interface RewriteEntry {
  readonly rewriteIdx: number;
  readonly eventIdx: number;
  /** One view, or two: a committed collapse belongs to its workspace and to System. */
  readonly views: readonly ViewId[];
}

/** Where a rewrite stands. */
export interface RewritePosition {
  readonly rewriteIdx: number;
  readonly eventIdx: number;
}

export interface RewriteIndex {
  /** Entries held: the next rewriteIdx. */
  readonly length: number;
  append(entries: readonly RewriteEntry[]): void;
  /** Up to `limit` rewrites of a view above `afterRewriteIdx` (−1: from the first), ascending. O(limit). */
  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[];
  /** The newest rewrite of a view; undefined if it has none. O(1). */
  lastOf(view: ViewId): RewritePosition | undefined;
  /** The newest `limit` over all views, ascending. */
  last(limit: number): readonly RewritePosition[];
  close(): void;
}
