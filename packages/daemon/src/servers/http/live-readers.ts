/**
 * Who follows what is written, over whichever protocol: how many there may be, that their connections live, and that none
 * reads too slowly.
 *
 * A reader costs little while it lags, because nothing is queued for it: what it was sent last waits, and what came since stays
 * in the feed or the log. But a socket that takes nothing holds its descriptor for ever. So a reader is ended once more has come
 * for it than a queue would have held, while its socket took nothing; or once it took nothing for `STALLED_MS_MAX`.
 */
import type { FeedCounts } from '../../engine/event-feed.ts';
import { Failure } from '../../errors/failure.ts';
import type { ErrorAnswer } from '../graphql/graphql-error.ts';

export const LIVE_READERS_MAX = 10_240;
const LAG_COUNT_MAX = 8192;
const LAG_SIZE_BYTES_MAX = 8 * 1_048_576;
const SWEEP_EVERY_MS = 1000;
const BEAT_EVERY_SWEEPS = 15;

export interface LiveLimits {
  /** Subscriptions of all connections. */
  readonly readersMax: number;
  /** What may come for a reader while its socket takes nothing. */
  readonly lagCountMax: number;
  /** However little came. */
  readonly stalledMsMax: number;
}

export const LIVE_LIMITS: LiveLimits = {
  readersMax: LIVE_READERS_MAX,
  lagCountMax: LAG_COUNT_MAX,
  stalledMsMax: 30_000,
};

/** A socket that has not taken what was written to it. */
export interface Stall {
  readonly sinceMs: number;
  /** How much had come for it then. */
  readonly counts: FeedCounts;
}

export interface LiveReader {
  /** A subscription; or a connection that has several, or none. */
  readonly sort: 'subscription' | 'connection';
  /** Undefined while its socket takes all. */
  readonly stall: Stall | undefined;
  /** How much has come for it by now. */
  readonly counts: FeedCounts;
  /** Sends what keeps the connection alive, if it was quiet. */
  beat(): void;
  /** Ends it; the client is told why, and where to go on. */
  end(failure: Failure): void;
}

export class LiveReaders {
  readonly #limits: LiveLimits;
  /** Each with the sweep, of `BEAT_EVERY_SWEEPS`, at which it beats: not all at once. */
  readonly #readers = new Map<LiveReader, number>();
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #subscriptionCount = 0;
  #isClosed = false;

  constructor(limits: Partial<LiveLimits> = {}) {
    this.#limits = { ...LIVE_LIMITS, ...limits };
  }

  /** Throws `OVERLOADED` or `SHUTTING_DOWN`. */
  mustHaveRoom(): void {
    if (this.#isClosed) throw new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
    const { readersMax } = this.#limits;
    if (this.#subscriptionCount >= readersMax)
      throw new Failure('OVERLOADED', '', `${readersMax} subscriptions are being read`);
  }

  /** Throws what `mustHaveRoom` throws. */
  add(reader: LiveReader): void {
    this.mustHaveRoom();
    if (reader.sort === 'subscription') this.#subscriptionCount += 1;
    this.#readers.set(reader, this.#readers.size % BEAT_EVERY_SWEEPS);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
  }

  remove(reader: LiveReader): void {
    if (!this.#readers.delete(reader)) return;
    if (reader.sort === 'subscription') this.#subscriptionCount -= 1;
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends every reader; there will be no other. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers.keys()) reader.end(new Failure('SHUTTING_DOWN', '', 'the daemon is stopping'));
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#sweeps += 1;
    for (const [reader, beat] of this.#readers) {
      const why = this.#tooSlow(reader, nowMs);
      if (why !== undefined) reader.end(new Failure('SUBSCRIBER_TOO_SLOW', '', why));
      else if (this.#sweeps % BEAT_EVERY_SWEEPS === beat) reader.beat();
    }
  }

  #tooSlow({ stall, counts }: LiveReader, nowMs: number): string | undefined {
    if (stall === undefined) return undefined;
    const { lagCountMax, stalledMsMax } = this.#limits;
    const lagCount = counts.count - stall.counts.count;
    if (lagCount > lagCountMax || counts.sizeBytes - stall.counts.sizeBytes > LAG_SIZE_BYTES_MAX) {
      return `${lagCount} events have come while the connection took nothing`;
    }
    return nowMs - stall.sinceMs > stalledMsMax ? `the connection took nothing for ${stalledMsMax} ms` : undefined;
  }
}

/** With what to give as `after` to go on. */
export function resumable(error: ErrorAnswer, position: number): ErrorAnswer {
  return { ...error, extensions: { ...error.extensions, after: String(position) } };
}
