/** What every rewrite index demands of its entries. A breach is the caller's bug. */
import type { RewriteEntry, RewriteIndex } from '../ports/rewrite-index.ts';

type Extent = Pick<RewriteIndex, 'length' | 'eventIdxEnd'>;

/** Throws unless `entry` may follow what an index of this extent holds. */
export function mustFollow({ rewriteIdx, eventIdx, views }: RewriteEntry, { length, eventIdxEnd }: Extent): void {
  if (rewriteIdx !== length) throw new Error(`X1: rewrite ${rewriteIdx} can't follow ${length} rewrites`);
  if (eventIdx < eventIdxEnd) throw new Error(`X1: a rewrite of event ${eventIdx} can't follow ${eventIdxEnd} events`);
  if (views.length < 1 || new Set(views).size < views.length) throw new Error('a rewrite has views, each of them once');
}

/** Throws unless an index of this extent may be said to hold the rewrites of `eventIdxEnd` events. */
export function mustReach(eventIdxEnd: number, extent: Extent): void {
  if (eventIdxEnd >= extent.eventIdxEnd) return;
  throw new Error(`X1: the rewrites of ${extent.eventIdxEnd} events are held, more than of ${eventIdxEnd}`);
}
