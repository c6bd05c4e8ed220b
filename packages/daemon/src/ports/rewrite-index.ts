/**
 * The rewrite index port: where in the history each rewrite stands, by view. Derived from the log, and rebuildable.
 *
 * - X1 `rewriteIdx` is gapless, and entries are appended in its order: from 0 on, or from where the log begins that is not
 *   archived.
 * - X2 Neither memory nor the time to open grows with history.
 */
import type { ViewId } from '@jitos/kernel';

/** Where a rewrite stands. */
export interface RewritePosition {
  readonly rewriteIdx: number;
  readonly eventIdx: number;
}

export interface RewriteEntry extends RewritePosition {
  /** One at least, each once: a committed collapse belongs to its workspaces and to what they were carried into. */
  readonly views: readonly ViewId[];
}

export interface RewriteIndex {
  /** Rewrites held: the next rewriteIdx. */
  readonly length: number;
  /** Events whose rewrites are held: from there on the owner has to append. */
  readonly eventIdxEnd: number;
  /** Takes the rewrites among the events up to `eventIdxEnd`. O(entries + events), amortised O(log n) each. */
  append(entries: readonly RewriteEntry[], eventIdxEnd: number): void;
  /** Up to `limit` rewrites of a view above `afterRewriteIdx` (−1: from the first), ascending. O(limit + log² n). */
  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[];
  /** The newest rewrite of a view; undefined if it has none. O(log² n). */
  lastOf(view: ViewId): RewritePosition | undefined;
  /** The newest `limit` over all views, ascending. O(limit + log² n). */
  last(limit: number): readonly RewritePosition[];
  /** Forgets everything: the owner begins again here, with the first event unless that is archived. */
  clear(first: RewritePosition): void;
  close(): Promise<void>;
}
