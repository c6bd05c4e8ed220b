/**
 * Who is served when several principals ask at once: requests pass here before their bodies are read.
 *
 * A server that takes whatever is ready answers a principal with a thousand connections a thousand times between two answers to one
 * with a single connection. So as soon as more than one principal asks, a turn of the event loop serves requests for
 * `TURN_MS` only; what is left waits, and goes on in the next turn in the order of what each principal has cost.
 *
 * - L1 While one principal asks alone nothing waits, and nothing is measured.
 * - L2 A principal with nothing waiting is served at once where the turn has time left, whoever else waits.
 * - L3 What waits is bounded, for each principal.
 *
 * A request costs the time from its turn to the next request's, or to the end of the loop's turn: reading its body and answering it, as far as
 * both happen there and then. Deliberately absent: what a command costs the loop of a world (`engine/world-loop.ts` takes
 * turns, too).
 */
import { FairQueue } from '../../engine/fair-queue.ts';
import { Failure } from '../../errors/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import { nextTurn, type NextTurn } from '../../ports/next-turn.ts';

/** Less than a small request takes to come back over loopback: that long may somebody else be served first. */
const TURN_MS = 0.25;
/** A principal that has not asked for this long counts no more. */
const GONE_MS = 1000;
const WAITING_MAX = 8192;
/** Requests out of the queue that are served in one turn, however little they cost. */
const SERVED_PER_TURN = 16;

export interface FairTurnsParts {
  readonly clock: Clock;
  readonly nextTurn?: NextTurn;
}

export class FairTurns {
  readonly #clock: Clock;
  readonly #nextTurn: NextTurn;
  readonly #waiting = new FairQueue<() => void>();
  /** When each principal asked last. */
  readonly #askedMs = new Map<string, number>();
  #sweptMs = 0;
  /** When this turn of the event loop began; undefined between two. */
  #turnMs: number | undefined;
  /** Callbacks that this turn has left. */
  #callbacksLeft = 0;
  #servedCount = 0;
  /** When the request out of the queue was let in that is being served. */
  #servingMs: number | undefined;

  constructor({ clock, nextTurn: next = nextTurn }: FairTurnsParts) {
    this.#clock = clock;
    this.#nextTurn = next;
  }

  /** Requests that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Calls `serve`, now or in a later turn. Throws `OVERLOADED` where too many of the principal's wait. */
  enter(principal: string, serve: () => void): void {
    const nowMs = this.#clock.monotonicMs();
    this.#askedMs.set(principal, nowMs);
    if (nowMs - this.#sweptMs > GONE_MS) this.#sweep(nowMs);
    if (this.#askedMs.size === 1 && this.#waiting.length === 0) return serve();
    this.#turnMs ??= nowMs;
    if (this.#callbacksLeft === 0) this.#callBack(1);
    const waitingCount = this.#waiting.lengthOf(principal);
    if (waitingCount === 0 && nowMs - this.#turnMs < TURN_MS) return serve();
    if (waitingCount >= WAITING_MAX) {
      throw new Failure('OVERLOADED', '', `${WAITING_MAX} requests of one principal are waiting`);
    }
    this.#waiting.push(principal, serve);
  }

  #callBack(count: number): void {
    this.#callbacksLeft += count;
    for (let i = 0; i < count; i++) this.#nextTurn(() => this.#serveNext());
  }

  /** Each in a callback of its own: what the one before has left to microtasks is over by then, and is charged to it. */
  #serveNext(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#servingMs !== undefined) this.#waiting.charge(nowMs - this.#servingMs);
    this.#servingMs = undefined;
    this.#turnMs ??= nowMs;
    this.#callbacksLeft -= 1;
    const hasTime = this.#servedCount === 0 || nowMs - this.#turnMs < TURN_MS;
    const serve = hasTime && this.#servedCount < SERVED_PER_TURN ? this.#waiting.shift() : undefined;
    if (serve !== undefined) {
      this.#servedCount += 1;
      this.#servingMs = nowMs;
    }
    if (this.#callbacksLeft === 0) this.#endTurn();
    serve?.();
  }

  /** One callback more than there are to serve: with the last, a turn is over. */
  #endTurn(): void {
    this.#turnMs = undefined;
    this.#servedCount = 0;
    const nextCount = Math.min(this.#waiting.length, SERVED_PER_TURN);
    const isServing = this.#servingMs !== undefined;
    if (nextCount > 0 || isServing) this.#callBack(nextCount + 1);
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const [principal, askedMs] of this.#askedMs) {
      if (nowMs - askedMs > GONE_MS && this.#waiting.lengthOf(principal) === 0) this.#askedMs.delete(principal);
    }
  }
}
