/**
 * The thread that answers for the past, as the daemon sees it: one for all worlds, started when it is first asked, given
 * one question at a time, and ended when nobody asks any more, which gives its memory back.
 *
 * - T1 Nothing here grows without bound: `QUEUE_LENGTH_MAX` questions wait, each as long as its request does, and the
 *      thread has a heap of its own.
 * - T2 A question whose time is over is answered so (`PAST_NOT_READY`), while the thread goes on: asked again, it is
 *      further, or done. Likewise one whose request is gone (`INTERRUPTED`).
 * - T3 A thread that dies takes the question along that it was at, and nothing else.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../../errors/failure.ts';
import { abandonedFailure, type PastSource } from './past-view.ts';
import type { PastNews, PastOrder } from './past-worker.ts';
import type { AnswerTo, Question } from './view-reading.ts';

const QUEUE_LENGTH_MAX = 64;
const HEAP_MIB_MAX = 4096;
const IDLE_MS_MAX = 60_000;

export interface PastThreadOptions {
  /** Told how many events of a fold are behind. */
  readonly onFold?: (foldedCount: number) => void;
  /** For tests. */
  readonly heapMibMax?: number;
}

interface Waiting {
  readonly order: PastOrder;
  readonly resolve: (answer: AnswerTo<Question>) => void;
  readonly reject: (error: unknown) => void;
  /** Says that its time is over; undefined where it has all the time. */
  readonly timer: NodeJS.Timeout | undefined;
}

export class PastThread {
  readonly #options: PastThreadOptions;
  #worker: Worker | undefined;
  /** What the thread is at, and how far; its request may have gone. */
  #current: { waiting: Waiting; foldedCount: number } | undefined;
  readonly #queue: Waiting[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: PastThreadOptions = {}) {
    this.#options = options;
  }

  /** What answers for the world in `folder`. */
  sourceOf(folder: string): PastSource {
    return {
      ask: async <Q extends Question>(past: PastOrder['past'], question: Q, untilMs: number, signal?: AbortSignal) => {
        const answer = await this.#ask({ folder, past, question }, untilMs, signal);
        return answer as AnswerTo<Q>; // the thread answers what it was asked
      },
    };
  }

  /** Ends the thread, and with it what waits (`SHUTTING_DOWN`). Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const left = [...(this.#current === undefined ? [] : [this.#current.waiting]), ...this.#queue.splice(0)];
    for (const each of left) this.#settle(each, () => each.reject(shuttingDown()));
    await this.#endThread();
  }

  #ask(order: PastOrder, untilMs: number, signal?: AbortSignal): Promise<AnswerTo<Question>> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(shuttingDown());
      if (this.#queue.length >= QUEUE_LENGTH_MAX) {
        return reject(new Failure('OVERLOADED', 'at', `${QUEUE_LENGTH_MAX} questions about the past are waiting`));
      }
      const timer =
        untilMs === Infinity
          ? undefined
          : setTimeout(() => this.#giveUp(waiting, this.#notReady(waiting)), Math.max(0, untilMs - performance.now()));
      const waiting: Waiting = { order, resolve, reject, timer };
      signal?.addEventListener('abort', () => this.#giveUp(waiting, abandonedFailure()), { once: true });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  /** T2. What the thread has not begun, it will not begin. */
  #giveUp(waiting: Waiting, why: Failure): void {
    const at = this.#queue.indexOf(waiting);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#settle(waiting, () => waiting.reject(why));
  }

  #notReady(waiting: Waiting): Failure {
    const { idx } = waiting.order.past;
    const how =
      this.#current?.waiting === waiting
        ? `${this.#current.foldedCount} events are folded`
        : 'another one is made before';
    return new Failure('PAST_NOT_READY', 'at', `the state after event ${idx} is still being made: ${how}`);
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const waiting = this.#queue.shift();
    clearTimeout(this.#idleTimer);
    if (waiting === undefined) {
      this.#worker?.unref();
      this.#idleTimer = setTimeout(() => void this.#endThread(), IDLE_MS_MAX).unref();
      return;
    }
    this.#current = { waiting, foldedCount: 0 };
    this.#worker ??= this.#startThread();
    this.#worker.ref();
    this.#worker.postMessage(waiting.order);
  }

  #startThread(): Worker {
    const worker = new Worker(new URL('./past-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMibMax ?? HEAP_MIB_MAX },
    });
    worker.on('message', (news: PastNews) => this.#take(news));
    worker.on('error', (error: unknown) => this.#bury(worker, error));
    worker.on('exit', (status) => this.#bury(worker, new Error(`the thread ended with status ${status}`)));
    return worker;
  }

  #take(news: PastNews): void {
    const current = this.#current;
    if (current === undefined) return;
    if (news.type === 'folding') {
      current.foldedCount = news.foldedCount;
      this.#options.onFold?.(news.foldedCount);
      return;
    }
    const { waiting } = current;
    this.#finish(() => {
      if (news.type === 'answer') waiting.resolve(news.answer);
      else waiting.reject(new Failure(news.reason, news.place, news.detail));
    });
  }

  /** T3. */
  #bury(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#finish(() => this.#current?.waiting.reject(deathFailure(error)));
  }

  #finish(tell: () => void): void {
    if (this.#current !== undefined) this.#settle(this.#current.waiting, tell);
    this.#current = undefined;
    this.#next();
  }

  #settle({ timer }: Waiting, tell: () => void): void {
    clearTimeout(timer);
    tell();
  }

  async #endThread(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#current = undefined;
    await worker?.terminate();
  }
}

function deathFailure(error: unknown): unknown {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!isFull) return error;
  return new Failure(
    'PAST_TOO_LARGE',
    'at',
    'the state at that event needs more memory than the daemon gives to the past',
  );
}

function shuttingDown(): Failure {
  return new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
}
