/** What a feed is made of: entries, each of one topic or of several. */
import type { EncodedEvent, Tick, ViewId } from '@jitos/kernel';
import { isRewrite, viewsOf, type RewriteKind } from './event-workspaces.ts';

/** A view: its rewrites, by rewriteIdx; or the world's ticks, by the idx of their events. */
export type FeedTopic = ViewId | 'ticks';

export interface FeedEntry {
  readonly position: number;
  readonly event: RewriteKind | Tick;
  /** Of the event's body. */
  readonly sizeBytes: number;
}

/** The topics that an event is of. */
export function topicsOf({ event }: EncodedEvent): readonly FeedTopic[] {
  if (event.kind === 'TICK') return ['ticks'];
  return isRewrite(event) ? viewsOf(event) : [];
}

/** The event as its topics have it; undefined if it is of none. */
export function feedEntry({ event, body }: EncodedEvent): FeedEntry | undefined {
  if (event.kind === 'TICK') return { position: event.idx, event, sizeBytes: body.length };
  return isRewrite(event) ? { position: event.rewriteIdx, event, sizeBytes: body.length } : undefined;
}
