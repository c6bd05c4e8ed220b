/**
 * Verifies a history in parts at the same time: each from a checkpoint up to the next one's event, on a thread of its own.
 *
 * - P1 The parts say together what one pass says: a part begins with a world that was computed from a checkpoint and
 *      has the digest that the `CHECKPOINT` event records, and the part before it reaches that digest there.
 * - P2 A checkpoint that is no good costs time alone: the part before it goes on to where that one would have ended.
 * - P3 What is found first in the history is what is told, whichever thread finds something first.
 *
 * Only two checkpoints are kept, so there are three parts at most, the first of which grows with the history.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Digest } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { PartData, PartNews, PartOrder } from './replay-worker.ts';
import type { Verification } from './replay.ts';
import { DivergenceFailure } from './replay-verify.ts';

export interface PartsOptions {
  /** The world's. */
  readonly folder: string;
  readonly verify: Verification;
  /** The checkpoint that the first part begins with; the first event, unless given. */
  readonly firstIdx?: number;
  /** Events from here on are left out. */
  readonly endIdx: number;
  /** Where the other parts begin, ascending (`partStarts`). */
  readonly starts: readonly number[];
  /** Told of each checkpoint that is of no use, and why. */
  readonly onSkipped: (idx: number, why: string) => void;
  /** Told how many events are behind, in all parts together. */
  readonly onProgress: (eventCount: number) => void;
}

/** Where the history leads. */
export interface PartsEnd {
  readonly systemDigest: Digest;
  readonly worldDigest: Digest;
}

/** Which of the checkpoints to begin parts with, so that there is a thread a core and the longest part is short. */
export function partStarts(
  checkpoints: readonly number[],
  endIdx: number,
  threadsMax: number = availableParallelism(),
): readonly number[] {
  const starts = checkpoints.filter((idx) => idx > 0 && idx < endIdx).toSorted((a, b) => a - b);
  while (starts.length >= Math.max(1, threadsMax)) starts.splice(leastMissed(starts, endIdx), 1);
  return starts;
}

/** The position of the start whose two parts make the shortest one. */
function leastMissed(starts: readonly number[], endIdx: number): number {
  const lengths = starts.map((_, at) => (starts[at + 1] ?? endIdx) - (starts[at - 1] ?? 0));
  return lengths.indexOf(Math.min(...lengths));
}

/**
 * Folds and verifies the events before `endIdx`. Throws what `replay` throws, of the first event that gives reason to, and
 * then `onProgress` has been told last how many events are good.
 */
export async function replayParts(options: PartsOptions): Promise<PartsEnd> {
  const { folder, verify, firstIdx = 0, starts, endIdx, onProgress, onSkipped } = options;
  const bounds = [firstIdx, ...starts];
  const done = bounds.map(() => 0);
  let isOver = false;
  const parts = bounds.map((startIdx, at) => {
    const onDone = (doneIdx: number): void => {
      done[at] = doneIdx - startIdx;
      // The events that join two parts are in both.
      const sum = done.reduce((total, count) => total + count, 0);
      if (!isOver) onProgress(Math.min(sum, endIdx - firstIdx));
    };
    return new Part({ folder, verify, startIdx }, onDone);
  });
  try {
    const runs = parts.map((part, at) => runPart(parts, at, endIdx));
    // Until its turn comes a part that failed is nobody's concern.
    for (const run of runs) run.catch(() => undefined);
    let end: PartsEnd | undefined;
    for (const [at, part] of parts.entries()) {
      const why = await part.skipped;
      if (why !== null) {
        onSkipped(bounds[at]!, why);
        if (at === 0) throw new Failure('LOG_DAMAGED', 'base', `the base is no good: ${why}`);
        continue;
      }
      try {
        end = (await runs[at]) ?? end;
      } catch (error) {
        isOver = true;
        onProgress(bounds[at]! + done[at]! - firstIdx);
        throw error;
      }
    }
    if (end === undefined) throw new Error('the first part begins without a checkpoint, and is never skipped');
    onProgress(endIdx - firstIdx);
    return end;
  } finally {
    await Promise.all(parts.map((part) => part.close()));
  }
}

/** Folds one part, and those behind it whose checkpoint is no good. */
async function runPart(parts: readonly Part[], at: number, endIdx: number): Promise<PartsEnd | undefined> {
  const part = parts[at]!;
  if ((await part.skipped) !== null) return undefined;
  for (let next = at + 1; ; next++) {
    const follower = parts[next];
    // With the event of the next checkpoint, whose digest joins the two.
    const end = await part.fold(follower === undefined ? endIdx : follower.startIdx + 1);
    if (follower === undefined || (await follower.skipped) === null) return end;
  }
}

/** One thread. */
class Part {
  readonly startIdx: number;
  /** Why its checkpoint is no good; null for one that is, or none. Rejects if the thread dies. */
  readonly skipped: Promise<string | null>;
  readonly #worker: Worker;
  readonly #onDone: (doneIdx: number) => void;
  readonly #ready = Promise.withResolvers<string | null>();
  #folding = Promise.withResolvers<PartsEnd>();

  constructor(data: PartData, onDone: (doneIdx: number) => void) {
    this.startIdx = data.startIdx;
    this.skipped = this.#ready.promise;
    this.#onDone = onDone;
    this.#worker = new Worker(new URL('./replay-worker.ts', import.meta.url), { workerData: data });
    this.#worker.on('message', (news: PartNews) => this.#take(news));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', (status) => this.#fail(new Error(`a thread ended with status ${status}`)));
    // Which of the two is waited for depends on how far the thread is.
    this.skipped.catch(() => undefined);
    this.#folding.promise.catch(() => undefined);
  }

  /** Goes on up to there, and answers where that leads. */
  fold(endIdx: number): Promise<PartsEnd> {
    const order: PartOrder = { endIdx };
    this.#worker.postMessage(order);
    return this.#folding.promise.finally(() => {
      this.#folding = Promise.withResolvers();
      this.#folding.promise.catch(() => undefined);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(news: PartNews): void {
    switch (news.type) {
      case 'ready':
        return this.#ready.resolve(null);
      case 'skipped':
        return this.#ready.resolve(news.why);
      case 'progress':
        return this.#onDone(news.doneIdx);
      case 'folded':
        return this.#folding.resolve(news);
      case 'failed': {
        const { reason, place, detail, divergence } = news;
        const failure =
          divergence === null ? new Failure(reason, place, detail) : new DivergenceFailure(divergence, detail);
        return this.#folding.reject(failure);
      }
    }
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    this.#folding.reject(error);
  }
}
