/** What every rewrite index demands of an entry. A breach is the caller's bug. */
import type { RewriteEntry } from '../ports/rewrite-index.ts';

/** Throws unless `entry` may follow `length` entries. */
export function mustFollow({ rewriteIdx, views }: RewriteEntry, length: number): void {
  if (rewriteIdx !== length) throw new Error(`X1: rewrite ${rewriteIdx} can't follow ${length} rewrites`);
  if (views.length < 1 || views.length > 2 || views[0] === views[1]) throw new Error('a rewrite has one or two views');
}
