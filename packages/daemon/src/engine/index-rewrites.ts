/** Keeping the rewrite index level with the history. */
import type { EncodedEvent, Event } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log } from '../ports/log.ts';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../ports/rewrite-index.ts';
import { isRewrite, viewsOf } from './event-workspaces.ts';
import { readEvent, readEvents } from './history-reader.ts';

const FLUSH_EVENTS = 4096;

/** What the events add to the index, in order. */
export function rewriteEntries(events: readonly EncodedEvent[]): RewriteEntry[] {
  return events.flatMap(({ event }) => rewriteEntry(event) ?? []);
}

/**
 * Brings the index up to the events before `end.idx`, which hold `end.rewriteCount` rewrites. O(what it lacks); nothing where
 * it is as long already. One that lacks archived events begins anew behind them.
 */
export async function catchUpRewrites(log: Readable, rewrites: RewriteIndex, end: HistoryEnd): Promise<void> {
  if (rewrites.eventIdxEnd >= end.idx) return;
  if (rewrites.eventIdxEnd < log.firstIdx) rewrites.clear(await positionAfterArchive(log, end));
  const entries: RewriteEntry[] = [];
  for await (const { event } of readEvents(log, rewrites.eventIdxEnd)) {
    const entry = rewriteEntry(event);
    if (entry !== undefined) entries.push(entry);
    const eventIdxEnd = event.idx + 1;
    if (eventIdxEnd === end.idx || eventIdxEnd % FLUSH_EVENTS === 0) rewrites.append(entries.splice(0), eventIdxEnd);
    if (eventIdxEnd === end.idx) return;
  }
}

type Readable = Pick<Log, 'firstIdx' | 'batches'>;

interface HistoryEnd {
  readonly idx: number;
  readonly rewriteCount: number;
}

async function positionAfterArchive(log: Readable, { idx, rewriteCount }: HistoryEnd): Promise<RewritePosition> {
  for await (const { event } of readEvents(log, log.firstIdx)) {
    if (event.idx >= idx) break;
    const entry = rewriteEntry(event);
    if (entry !== undefined) return { rewriteIdx: entry.rewriteIdx, eventIdx: log.firstIdx };
  }
  return { rewriteIdx: rewriteCount, eventIdx: Math.min(log.firstIdx, idx) };
}

/**
 * Drops an index whose newest rewrite is damaged, or not where it says: then it was made of another history. O(1): no other
 * one is read. Of archived events nothing can be said.
 */
export async function checkRewrites(log: Readable, rewrites: RewriteIndex): Promise<void> {
  if (!(await isOf(log, rewrites))) rewrites.clear({ rewriteIdx: 0, eventIdx: 0 });
}

async function isOf(log: Readable, rewrites: RewriteIndex): Promise<boolean> {
  let last: RewritePosition | undefined;
  try {
    last = rewrites.last(1)[0];
  } catch (error) {
    if (error instanceof Failure && error.reason === 'LOG_DAMAGED') return false;
    throw error;
  }
  if (last === undefined || last.eventIdx < log.firstIdx) return true;
  const { event } = await readEvent(log, last.eventIdx);
  return rewriteEntry(event)?.rewriteIdx === last.rewriteIdx;
}

/** Where the event stands in the index, if it is one of the kinds that count as rewrites. */
function rewriteEntry(event: Event): RewriteEntry | undefined {
  if (!isRewrite(event)) return undefined;
  return { rewriteIdx: event.rewriteIdx, eventIdx: event.idx, views: viewsOf(event) };
}
