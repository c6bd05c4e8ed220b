/**
 * Who is served when several principals ask at once: requests pass here before their bodies are read.
 *
 * A server that takes whatever is ready answers a principal with a thousand connections a thousand times between two answers to one
 * with a single connection. So as soon as more than one principal asks, a turn of the event loop serves requests for
 * `TURN_MS` only, and of each principal no more than `UNDER_WAY_MAX` at a time, because what is answered together is answered late;
 * what is left waits, and goes on in the next turn in the order of what each principal has cost.
 *
 * - L1 While one principal asks alone nothing waits, and nothing is measured.
 * - L2 A principal with nothing waiting is served at once where the turn has time left, whoever else waits.
 * - L3 What waits is bounded, for each principal. Whoever calls `enter` calls `leave` once for each request that was served.
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
/** Requests of one principal that have begun and are not answered, while another asks. */
const UNDER_WAY_MAX = 16;
/** Requests out of the queue that are served in one turn, however little they cost. */
const SERVED_PER_TURN = 16;

export interface FairTurnsParts {
  readonly clock: Clock;
  readonly nextTurn?: NextTurn;
}

interface Asking {
  lastMs: number;
  /** Requests that have begun and are not answered. */
  underWay: number;
}

export class FairTurns {
  readonly #clock: Clock;
  readonly #nextTurn: NextTurn;
  readonly #waiting = new FairQueue<() => void>();
  /** Who has asked lately. */
  readonly #askers = new Map<string, Asking>();
  readonly #mayBeServed = (principal: string): boolean => this.#mustGetAsking(principal).underWay < UNDER_WAY_MAX;
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
    const asking = this.#mustGetAsking(principal);
    asking.lastMs = nowMs;
    if (nowMs - this.#sweptMs > GONE_MS) this.#sweep(nowMs);
    if (this.#askers.size === 1 && this.#waiting.length === 0) return this.#begin(asking, serve);
    this.#turnMs ??= nowMs;
    if (this.#callbacksLeft === 0) this.#callBack(1);
    const waitingCount = this.#waiting.lengthOf(principal);
    const mayBegin = asking.underWay < UNDER_WAY_MAX && waitingCount === 0;
    if (mayBegin && nowMs - this.#turnMs < TURN_MS) return this.#begin(asking, serve);
    if (waitingCount >= WAITING_MAX) {
      throw new Failure('OVERLOADED', '', `${WAITING_MAX} requests of one principal are waiting`);
    }
    this.#waiting.push(principal, () => this.#begin(asking, serve));
  }

  /** A request that has begun is answered, or nobody waits for its answer any more. */
  leave(principal: string): void {
    const asking = this.#askers.get(principal);
    if (asking === undefined) return;
    asking.underWay -= 1;
    if (this.#waiting.length > 0 && this.#callbacksLeft === 0) this.#callBack(2);
  }

  #begin(asking: Asking, serve: () => void): void {
    asking.underWay += 1;
    serve();
  }

  #mustGetAsking(principal: string): Asking {
    let asking = this.#askers.get(principal);
    if (asking === undefined) {
      asking = { lastMs: 0, underWay: 0 };
      this.#askers.set(principal, asking);
    }
    return asking;
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
    const serve =
      hasTime && this.#servedCount < SERVED_PER_TURN ? this.#waiting.shiftAmong(this.#mayBeServed) : undefined;
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
    const hasServed = this.#servedCount > 0;
    this.#servedCount = 0;
    const nextCount = Math.min(this.#waiting.length, SERVED_PER_TURN);
    // Where all who wait have enough under way, `leave` goes on.
    if (hasServed) this.#callBack(nextCount + 1);
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const [principal, { lastMs, underWay }] of this.#askers) {
      const isGone = underWay === 0 && this.#waiting.lengthOf(principal) === 0;
      if (isGone && nowMs - lastMs > GONE_MS) this.#askers.delete(principal);
    }
  }
}
