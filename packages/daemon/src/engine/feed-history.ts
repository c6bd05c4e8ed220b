/** What a feed holds no more, read from the log: a view's rewrites by their index, ticks by walking. */
import type { ViewId } from '@jitos/kernel';
import type { Log } from '../ports/log.ts';
import type { RewriteIndex } from '../ports/rewrite-index.ts';
import { feedEntry, type FeedEntry, type FeedTopic } from './feed-entry.ts';
import { readEvents } from './history-reader.ts';
import { readEventsAt } from './read-events-at.ts';

export interface HistoryParts {
  readonly log: Pick<Log, 'batches'>;
  /** Level with the loop whenever that tells of a commit. */
  readonly rewrites: RewriteIndex;
}

export interface HistoryBounds {
  readonly after: number;
  readonly countMax: number;
  /** The first entry may pass it. */
  readonly sizeBytesMax: number;
}

export interface FeedHistory {
  readonly entries: readonly FeedEntry[];
  /** There is nothing of the topic between the last entry and here. */
  readonly upTo: number;
}

/** Events that are walked over in search of ticks before others get their turn. */
const WALK_MAX = 4096;

/** The next entries behind `after`. Throws `EVENT_ARCHIVED` or `LOG_DAMAGED`. */
export function readFeedHistory(parts: HistoryParts, topic: FeedTopic, bounds: HistoryBounds): Promise<FeedHistory> {
  return topic === 'ticks' ? walkTicks(parts, bounds) : readRewrites(parts, topic, bounds);
}

async function readRewrites(
  { log, rewrites }: HistoryParts,
  view: ViewId,
  bounds: HistoryBounds,
): Promise<FeedHistory> {
  const newest = rewrites.length - 1;
  const positions = rewrites.page(view, bounds.after, bounds.countMax);
  const idxs = positions.map(({ eventIdx }) => eventIdx);
  const entries: FeedEntry[] = [];
  let sizeBytes = 0;
  for await (const encoded of readEventsAt(log, idxs)) {
    sizeBytes += encoded.body.length;
    if (entries.length > 0 && sizeBytes > bounds.sizeBytesMax) break;
    entries.push(feedEntry(encoded)!); // the index has rewrites only
  }
  const isAll = entries.length === positions.length && positions.length < bounds.countMax;
  return { entries, upTo: isAll ? newest : entries.at(-1)!.position };
}

async function walkTicks({ log }: HistoryParts, bounds: HistoryBounds): Promise<FeedHistory> {
  const entries: FeedEntry[] = [];
  let upTo = bounds.after;
  for await (const encoded of readEvents(log, bounds.after + 1)) {
    upTo = encoded.event.idx;
    if (encoded.event.kind === 'TICK') entries.push(feedEntry(encoded)!); // a tick is one
    if (entries.length === bounds.countMax || upTo - bounds.after >= WALK_MAX) break;
  }
  return { entries, upTo };
}
