/** Keeping the rewrite index level with the history. */
import type { EncodedEvent, Event } from '@jitos/kernel';
import type { Log } from '../ports/log.ts';
import type { RewriteEntry, RewriteIndex } from '../ports/rewrite-index.ts';
import { readEvents } from './history-reader.ts';

const FLUSH_COUNT = 4096;

/** What the events add to the index, in order. */
export function rewriteEntries(events: readonly EncodedEvent[]): RewriteEntry[] {
  return events.flatMap(({ event }) => rewriteEntry(event) ?? []);
}

/**
 * Brings the index up to the events before `endIdx`, which hold `rewriteCount` rewrites. O(what it lacks); nothing where
 * it is as long already.
 */
export async function catchUpRewrites(
  log: Pick<Log, 'batches'>,
  rewrites: RewriteIndex,
  end: { readonly idx: number; readonly rewriteCount: number },
): Promise<void> {
  if (rewrites.length >= end.rewriteCount) return;
  const fromIdx = (rewrites.last(1)[0]?.eventIdx ?? -1) + 1;
  const entries: RewriteEntry[] = [];
  for await (const { event } of readEvents(log, fromIdx)) {
    if (event.idx >= end.idx) break;
    const entry = rewriteEntry(event);
    if (entry !== undefined) entries.push(entry);
    if (entries.length >= FLUSH_COUNT) rewrites.append(entries.splice(0));
  }
  rewrites.append(entries);
}

/** Where the event stands in the index, if it is one of the kinds that count as rewrites. */
export function rewriteEntry(event: Event): RewriteEntry | undefined {
  if (!('rewriteIdx' in event)) return undefined;
  const committed = event.kind === 'COLLAPSE' && event.mode !== null;
  return {
    rewriteIdx: event.rewriteIdx,
    eventIdx: event.idx,
    views: committed ? [event.view, 'system'] : [event.view],
  };
}
