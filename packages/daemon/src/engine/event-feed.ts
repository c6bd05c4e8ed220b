/**
 * The feed of a world: what was written, handed to readers in order, each from its own position on.
 *
 * Nothing is queued for a reader. It has a position, and takes what comes next when it can: from the newest entries, which
 * the feed holds for the topics that are read, or from history where those begin later than it stands. So a reader that
 * resumes, one that starts in the past and one that fell behind all go one way.
 *
 * - F1 A reader gets every entry of its topic behind the position that it began at: once, and in order.
 * - F2 What is held is bounded over all topics, in entries and bytes, however many read and however slow they are.
 * - F3 The loop waits for no reader: it is told of an entry in a later turn. While entries come one after the other readers are told of them
 *      `WAKES_EVERY_MS` apart, several at a time: a write to a socket costs as much as a commit.
 *
 * Deliberately absent: who reads, and how fast it must (`servers/http/live-readers.ts`).
 */
import { getWorkspace } from '@jitos/kernel';
import { nextTurn, type NextTurn } from '../ports/next-turn.ts';
import { feedEntry, topicsOf, type FeedEntry, type FeedTopic } from './feed-entry.ts';
import { readFeedHistory, type HistoryParts } from './feed-history.ts';
import { Queue } from './queue.ts';
import type { Committed, WorldLoop } from './world-loop.ts';

export interface FeedParts extends HistoryParts {
  readonly loop: WorldLoop;
  readonly nextTurn?: NextTurn;
  /** Between two rounds of wakes; where turns are given, and no time is, each comes in the next turn. */
  readonly wakesEveryMs?: number;
}

/** Entries that are held, each counted once for every topic that it is of. */
export const FEED_HELD_MAX = 8192;
const HELD_SIZE_BYTES_MAX = 16 * 1_048_576;
/** Handed over at once. */
const READ_COUNT_MAX = 64;
const READ_SIZE_BYTES_MAX = 1_048_576;
/** Readers that are told in one turn: a reader may send on the spot. */
const WAKES_PER_TURN = 256;

/** Between the end of one round of wakes and the beginning of the next. */
const WAKES_EVERY_MS = 4;

/** What of a topic is held: everything behind `after`. */
interface Tail {
  readonly topic: FeedTopic;
  after: number;
  readonly entries: Queue<FeedEntry>;
  /** All that it ever took. */
  count: number;
  sizeBytes: number;
  readers: number;
  /** Who has read all there was. */
  waiting: Set<FeedReader>;
}

interface Held {
  readonly entry: FeedEntry;
  readonly tails: readonly Tail[];
}

export class EventFeed {
  readonly #parts: FeedParts;
  readonly #nextTurn: NextTurn;
  readonly #wakesEveryMs: number;
  /** When the last round of wakes ended. */
  #wokenMs = -Infinity;
  readonly #tails = new Map<FeedTopic, Tail>();
  readonly #held = new Queue<Held>();
  #heldCount = 0;
  #heldSizeBytes = 0;
  readonly #woken = new Queue<FeedReader>();
  #isWaking = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#nextTurn = parts.nextTurn ?? nextTurn;
    this.#wakesEveryMs = parts.wakesEveryMs ?? (parts.nextTurn === undefined ? WAKES_EVERY_MS : 0);
    parts.loop.subscribe((committed) => this.#take(committed));
  }

  /** The position of the newest entry that a topic may have. */
  newest(topic: FeedTopic): number {
    const { rewrites, loop } = this.#parts;
    return (topic === 'ticks' ? loop.world.history.size : rewrites.length) - 1;
  }

  /** Whether nothing more will come: the workspace has ended. */
  isOver(topic: FeedTopic): boolean {
    return typeof topic === 'number' && getWorkspace(this.#parts.loop.world, topic) === undefined;
  }

  /** Reads a topic behind a position that its history reaches. `wake` is called when there is more than was read. */
  open(topic: FeedTopic, after: number, wake: () => void): FeedReader {
    let tail = this.#tails.get(topic);
    if (tail === undefined) {
      const entries = new Queue<FeedEntry>();
      tail = { topic, after: this.newest(topic), entries, count: 0, sizeBytes: 0, readers: 0, waiting: new Set() };
      this.#tails.set(topic, tail);
    }
    tail.readers += 1;
    const opened = tail;
    return new FeedReader(this.#parts, opened, { after, wake, onClose: () => this.#leave(opened) });
  }

  #leave(tail: Tail): void {
    tail.readers -= 1;
    if (tail.readers > 0) return;
    this.#tails.delete(tail.topic);
    if (this.#tails.size === 0) while (this.#held.length > 0) this.#drop();
  }

  #take({ events }: Committed): void {
    if (this.#tails.size === 0) return;
    for (const encoded of events) {
      const tails = topicsOf(encoded).flatMap((topic) => this.#tails.get(topic) ?? []);
      if (tails.length > 0) this.#hold({ entry: feedEntry(encoded)!, tails }); // it has topics
    }
    while (this.#heldCount > FEED_HELD_MAX || this.#heldSizeBytes > HELD_SIZE_BYTES_MAX) this.#drop();
    this.#wake();
  }

  #hold(held: Held): void {
    const { entry, tails } = held;
    this.#held.push(held);
    this.#heldCount += tails.length;
    this.#heldSizeBytes += entry.sizeBytes;
    for (const tail of tails) {
      tail.entries.push(entry);
      tail.count += 1;
      tail.sizeBytes += entry.sizeBytes;
      for (const reader of tail.waiting) this.#woken.push(reader);
      tail.waiting.clear();
    }
  }

  /** The oldest that is held is the first of each of its tails. */
  #drop(): void {
    const { entry, tails } = this.#held.shift()!; // the caller knows that there is one
    this.#heldCount -= tails.length;
    this.#heldSizeBytes -= entry.sizeBytes;
    for (const tail of tails) {
      tail.entries.shift();
      tail.after = entry.position;
    }
  }

  /** F3. A round that is under way goes on at once; else one begins, now or when the last is long enough ago. */
  #wake(): void {
    if (this.#isWaking || this.#woken.length === 0) return;
    this.#isWaking = true;
    const waitMs = this.#wakesEveryMs === 0 ? 0 : this.#wokenMs + this.#wakesEveryMs - performance.now();
    if (waitMs <= 0) this.#nextTurn(() => this.#wakeSome());
    else setTimeout(() => this.#wakeSome(), waitMs);
  }

  #wakeSome(): void {
    try {
      for (let i = 0; i < WAKES_PER_TURN && this.#woken.length > 0; i++) this.#woken.shift()!.wake();
    } finally {
      // The others are woken, too, where one throws.
      if (this.#woken.length > 0) this.#nextTurn(() => this.#wakeSome());
      else this.#endRound();
    }
  }

  #endRound(): void {
    this.#isWaking = false;
    if (this.#wakesEveryMs > 0) this.#wokenMs = performance.now();
  }
}

interface ReaderOptions {
  readonly after: number;
  readonly wake: () => void;
  readonly onClose: () => void;
}

/** How much has come to a topic while somebody watched it. */
export type FeedCounts = Pick<Tail, 'count' | 'sizeBytes'>;

/** One reader of one topic. Its owner reads until there is nothing, and again when it is woken. */
export class FeedReader {
  readonly #parts: FeedParts;
  readonly #tail: Tail;
  readonly #options: ReaderOptions;
  #position: number;
  #isClosed = false;

  constructor(parts: FeedParts, tail: Tail, options: ReaderOptions) {
    this.#parts = parts;
    this.#tail = tail;
    this.#options = options;
    this.#position = options.after;
  }

  /** Everything of the topic up to here was handed over. */
  get position(): number {
    return this.#position;
  }

  get counts(): FeedCounts {
    const { count, sizeBytes } = this.#tail;
    return { count, sizeBytes };
  }

  /**
   * What comes next, at most 64 entries; a promise where history has to be read, which rejects with what the log throws. Empty:
   * that was all, and `wake` will be called; or the reader is closed. One call at a time.
   */
  read(): readonly FeedEntry[] | Promise<readonly FeedEntry[]> {
    if (this.#isClosed) return [];
    if (this.#position < this.#tail.after) return this.#readHistory();
    const entries = this.#readHeld();
    const last = entries.at(-1);
    if (last !== undefined) this.#position = last.position;
    else this.#tail.waiting.add(this);
    return entries;
  }

  wake(): void {
    if (!this.#isClosed) this.#options.wake();
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tail.waiting.delete(this);
    this.#options.onClose();
  }

  #readHeld(): readonly FeedEntry[] {
    const { entries } = this.#tail;
    const chosen: FeedEntry[] = [];
    let sizeBytes = 0;
    for (let i = firstBehind(entries, this.#position); i < entries.length; i++) {
      const entry = entries.at(i)!;
      sizeBytes += entry.sizeBytes;
      if (chosen.length === READ_COUNT_MAX || (chosen.length > 0 && sizeBytes > READ_SIZE_BYTES_MAX)) break;
      chosen.push(entry);
    }
    return chosen;
  }

  async #readHistory(): Promise<readonly FeedEntry[]> {
    while (this.#position < this.#tail.after && !this.#isClosed) {
      const bounds = { countMax: READ_COUNT_MAX, sizeBytesMax: READ_SIZE_BYTES_MAX };
      const { entries, upTo } = await readFeedHistory(this.#parts, this.#tail.topic, {
        after: this.#position,
        ...bounds,
      });
      this.#position = upTo;
      if (entries.length > 0) return entries;
    }
    return this.read();
  }
}

/** By binary search: positions ascend. */
function firstBehind(entries: Queue<FeedEntry>, position: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries.at(middle)!.position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
