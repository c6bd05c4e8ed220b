/**
 * The views of a world as they were after any of its events.
 *
 * - V1 What was is told as it was told then: a view's answers after event `idx` are those that it gave while that was the
 *      newest durable one.
 * - V2 Some recent worlds are kept, up to `COST_MAX` changed elements back. What is at most `NEAR_EVENTS_MAX` events behind
 *      one of them is folded here, one after another and a few events a turn; anything else is asked of the source.
 */
import { getWorkspace, trieCount, type Snapshot, type World } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Log } from '../../ports/log.ts';
import { nextTurn, type NextTurn } from '../../ports/next-turn.ts';
import { replay } from '../replay.ts';
import type { Committed, WorldLoop } from '../world-loop.ts';
import { abandonedFailure, readWorld, type PastSource, type PastView } from './past-view.ts';
import type { AnswerTo, Question } from './view-reading.ts';
import { WorldTrail } from './world-trail.ts';

/** Elements that may have changed since the oldest world that is kept: each holds on to some kilobytes. */
const COST_MAX = 4096;
const SPREAD = 1 / 8;
/** Events folded here at most, and how many of them a turn. */
const NEAR_EVENTS_MAX = 512;
const TURN_EVENTS = 32;

export interface PastViewsParts {
  readonly log: Pick<Log, 'batches'>;
  readonly loop: Pick<WorldLoop, 'world' | 'subscribe'>;
  /** Null: whatever is asked for is folded here. */
  readonly source: PastSource | null;
  /** How long a request may wait for what it asks. */
  readonly waitMsMax: number;
  readonly turns?: NextTurn;
}

export class PastViews {
  readonly #parts: PastViewsParts;
  readonly #recent = new WorldTrail({ spread: SPREAD, costMax: COST_MAX });
  #newest: World;
  /** The one that was folded last: a request asks several things of it. */
  #folded: { readonly idx: number; readonly world: Promise<World> } | undefined;
  /** Settles when the last of those that wait to fold has done so. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: PastViewsParts) {
    this.#parts = parts;
    this.#newest = parts.loop.world;
    this.#recent.put(this.#newest, 0);
    parts.loop.subscribe((committed) => this.#note(committed));
  }

  /**
   * Answers a request that began at `startMs` of `performance.now()`, unless it is gone (`signal`: `INTERRUPTED`). Throws `EVENT_NOT_FOUND` or `EVENT_ARCHIVED` at `at`, and
   * what the source throws.
   */
  async ask<Q extends Question>(
    past: PastView,
    question: Q,
    startMs: number,
    signal?: AbortSignal,
  ): Promise<AnswerTo<Q>> {
    if (signal?.aborted === true) throw abandonedFailure();
    try {
      return await this.#ask(past, question, startMs, signal);
    } catch (error) {
      if (!(error instanceof Failure) || error.reason !== 'EVENT_ARCHIVED') throw error;
      // What is missing is where a fold to the event would begin.
      throw new Failure(error.reason, 'at', error.message, { cause: error });
    }
  }

  async #ask<Q extends Question>(
    past: PastView,
    question: Q,
    startMs: number,
    signal: AbortSignal | undefined,
  ): Promise<AnswerTo<Q>> {
    const { idx, view } = past;
    const { size } = this.#parts.loop.world.history;
    if (idx >= size) throw new Failure('EVENT_NOT_FOUND', 'at', `the newest event is ${size - 1}`);
    const near = this.#recent.nearest(idx + 1) ?? null;
    if (near?.history.size === idx + 1) return readWorld(near, view, question);
    const { source, waitMsMax } = this.#parts;
    const untilMs = startMs + waitMsMax;
    const isNear = near !== null && idx + 1 - near.history.size <= NEAR_EVENTS_MAX;
    if (!isNear && source !== null) return await source.ask(past, question, untilMs, signal);
    return await this.#inTurn(async () => {
      if (signal?.aborted === true) throw abandonedFailure();
      if (performance.now() > untilMs) {
        throw new Failure(
          'PAST_NOT_READY',
          'at',
          `the state after event ${idx} is still being made: others came before`,
        );
      }
      return readWorld(await this.#worldAt(idx, near), view, question);
    });
  }

  /** One fold at a time takes turns of the loop, however many wait for theirs. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#turn;
    const ended = Promise.withResolvers<void>();
    this.#turn = ended.promise;
    await before;
    try {
      return await work();
    } finally {
      ended.resolve();
    }
  }

  #worldAt(idx: number, near: World | null): Promise<World> {
    if (this.#folded?.idx !== idx) {
      const world = this.#foldFrom(near, idx);
      this.#folded = { idx, world };
      // What failed is tried anew.
      world.catch(() => (this.#folded = undefined));
    }
    return this.#folded.world;
  }

  async #foldFrom(near: World | null, idx: number): Promise<World> {
    const { log, turns = nextTurn } = this.#parts;
    const world = await replay(log, {
      start: near,
      verify: false,
      endIdx: idx + 1,
      pause: { everyEvents: TURN_EVENTS, turn: () => new Promise<void>((resolve) => turns(resolve)) },
    });
    if (world === null) throw new Error(`event ${idx} is durable, but not in the log`);
    return world;
  }

  #note({ events, world }: Committed): void {
    let cost = 0;
    for (const { event } of events) {
      if (event.kind === 'REWRITE_APPLIED') cost += event.ops.length;
      else if (event.kind === 'COLLAPSE' || event.kind === 'DISCARD') cost += this.#weightOf(event.view);
    }
    this.#newest = world;
    this.#recent.put(world, cost);
    // It costs what has changed since, as those do that are kept.
    const isRecent = this.#folded !== undefined && this.#recent.nearest(this.#folded.idx + 1) !== undefined;
    if (!isRecent) this.#folded = undefined;
  }

  /** About how many elements a workspace that ends has changed: what older worlds alone may hold from now on. */
  #weightOf(number: number): number {
    const workspace = getWorkspace(this.#newest, number);
    if (workspace === undefined) return 0; // made in this very batch, whose rewrites count
    return 1 + Math.abs(countOf(workspace.head) - countOf(workspace.base));
  }
}

function countOf({ graph: { nodes, edges } }: Snapshot): number {
  return trieCount(nodes) + trieCount(edges);
}
