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
import { isRewrite, workspacesOf } from '../event-workspaces.ts';
import { replay } from '../replay.ts';
import type { Committed, WorldLoop } from '../world-loop.ts';
import { abandonedFailure, otherView, readWorld, type PastSource } from './past-view.ts';
import type { AnswerTo, PastView, Question } from './view-reading.ts';
import { WorldTrail } from './world-trail.ts';

/** Elements that may have changed since the oldest world that is kept: each holds on to some kilobytes. */
const COST_MAX = 4096;
const SPREAD = 1 / 8;
/** Events folded here at most, and how many of them a turn. */
const NEAR_EVENTS_MAX = 512;
const TURN_EVENTS = 32;
/** A question is of two worlds at most. */
const FOLDED_COUNT_MAX = 2;

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
  /** Those that were folded last: a request asks several things of them. */
  #folded: readonly { readonly idx: number; readonly world: World }[] = [];
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
    const other = otherView(question);
    const idxs = other === undefined ? [past.idx] : [past.idx, other.idx].toSorted((a, b) => a - b);
    const { size } = this.#parts.loop.world.history;
    for (const idx of idxs) {
      if (idx >= size) throw new Failure('EVENT_NOT_FOUND', 'at', `the newest event is ${size - 1}`);
    }
    const tell = (worlds: readonly World[]): AnswerTo<Q> => {
      const worldAfter = (idx: number): World => worlds[idxs.indexOf(idx)]!; // one for each
      return readWorld(worldAfter(past.idx), past, question, other && worldAfter(other.idx));
    };
    const kept = idxs.flatMap((idx) => this.#keptAt(idx) ?? []);
    if (kept.length === idxs.length) return tell(kept);
    const { source, waitMsMax } = this.#parts;
    const untilMs = startMs + waitMsMax;
    const isNear = idxs.every((idx) => this.#isNear(idx));
    if (!isNear && source !== null) return await source.ask(past, question, untilMs, signal);
    return await this.#inTurn(async () => {
      const worlds: World[] = [];
      for (const idx of idxs) {
        if (signal?.aborted === true) throw abandonedFailure();
        if (performance.now() > untilMs) {
          throw new Failure(
            'PAST_NOT_READY',
            'at',
            `the state after event ${idx} is still being made: others came before`,
          );
        }
        worlds.push(await this.#worldAt(idx));
      }
      return tell(worlds);
    });
  }

  /** The world after the event, if it is kept. */
  #keptAt(idx: number): World | undefined {
    const near = this.#recent.nearest(idx + 1);
    return near?.history.size === idx + 1 ? near : undefined;
  }

  #isNear(idx: number): boolean {
    const near = this.#recent.nearest(idx + 1);
    return near !== undefined && idx + 1 - near.history.size <= NEAR_EVENTS_MAX;
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

  async #worldAt(idx: number): Promise<World> {
    const kept = this.#keptAt(idx);
    if (kept !== undefined) return kept;
    const known = this.#folded.find((folded) => folded.idx === idx);
    if (known !== undefined) return known.world;
    // What was folded just now may be nearer than what is kept: the two worlds of a question mostly are.
    const near = [this.#recent.nearest(idx + 1), ...this.#folded.map(({ world }) => world)]
      .filter((world) => world !== undefined && world.history.size <= idx + 1)
      .reduce((best, world) => (sizeOf(world) > sizeOf(best) ? world : best), undefined);
    const world = await this.#foldFrom(near ?? null, idx);
    this.#folded = [{ idx, world }, ...this.#folded.slice(0, FOLDED_COUNT_MAX - 1)];
    return world;
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
      else if (isRewrite(event)) for (const number of workspacesOf(event)) cost += this.#weightOf(number);
    }
    this.#newest = world;
    this.#recent.put(world, cost);
    // They cost what has changed since, as those do that are kept.
    this.#folded = this.#folded.filter(({ idx }) => this.#recent.nearest(idx + 1) !== undefined);
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

function sizeOf(world: World | undefined): number {
  return world?.history.size ?? 0;
}
