/**
 * Makes the worlds that a history has passed through, by folding it, and keeps some on the way: what is asked next is
 * mostly near what was asked before.
 */
import type { World } from '@jitos/kernel';
import { worldAt, type History } from '../replay-history.ts';
import { WorldTrail, type WorldTrailOptions } from './world-trail.ts';

/** Of a fold, a world is kept every so many events. */
const STEP_EVENTS = 64;
const TRAIL: WorldTrailOptions = { spread: 1 / 2, costMax: Infinity };

/** Told how many events a fold has behind it. */
export type OnFold = (foldedCount: number) => void;

export class PastHistory {
  #history: History;
  /** As far as any fold went. */
  readonly #main = new WorldTrail(TRAIL);
  /** Of the last fold that began between two worlds of the main one: whoever goes back step by step finds it there. */
  readonly #side = new WorldTrail(TRAIL);

  constructor(history: History) {
    this.#history = history;
  }

  /** Goes on with the same history, read anew: it has grown. */
  follow(history: History): void {
    this.#history = history;
  }

  /** Events that can be asked for. */
  get length(): number {
    return this.#history.log.length;
  }

  /** The world after the event `idx`, which the history must have. One at a time. Throws what `replay` throws. */
  async worldAt(idx: number, onFold: OnFold): Promise<World> {
    const size = idx + 1;
    const fromMain = this.#main.nearest(size);
    const fromSide = this.#side.nearest(size);
    const near = sizeOf(fromSide) > sizeOf(fromMain) ? fromSide : fromMain;
    if (near?.history.size === size) return near;
    const trail = this.#trailFor(size, near === fromMain);
    let foldedCount = 0;
    const world = await worldAt(this.#history, idx, near ?? null, {
      onEvent: (_, after) => {
        // It began with a checkpoint, of which the worlds that are kept share nothing.
        if (foldedCount === 0 && after.history.size !== sizeOf(near) + 1) this.forget();
        foldedCount += 1;
      },
      keep: { everyEvents: STEP_EVENTS, take: (after) => after.history.size < size && trail?.put(after, 0) },
      onProgress: () => onFold(foldedCount),
    });
    trail?.put(world, 0);
    return world;
  }

  /** Lets go of all worlds but the one that is being made. */
  forget(): void {
    this.#main.clear();
    this.#side.clear();
  }

  /** Where a fold leaves its worlds; null where some are kept near already. */
  #trailFor(size: number, isFromMain: boolean): WorldTrail | null {
    if (size > sizeOf(this.#main.nearest(Infinity))) return this.#main;
    if (!isFromMain) return null;
    // What comes before all that is kept is another fold from the beginning, and shares nothing with them.
    if (this.#main.nearest(size) === undefined) this.forget();
    this.#side.clear();
    return this.#main.length === 0 ? this.#main : this.#side;
  }
}

function sizeOf(world: World | undefined): number {
  return world?.history.size ?? 0;
}
