/**
 * The trail: some of the worlds that one history has passed through, so that those between are soon made.
 *
 * - R1 Dense near the newest and thinner the further back: between two neighbours lie no more events than `spread` of those
 *      that came since, so the count grows with the logarithm of the events that it reaches back over.
 * - R2 A world costs what has changed since it, for the rest is shared with the next; together they hold on to no more than
 *      `costMax`, however few are left then.
 */
import type { World } from '@jitos/kernel';

export interface WorldTrailOptions {
  readonly spread: number;
  /** In the unit of what `put` is told. */
  readonly costMax: number;
}

interface Kept {
  readonly world: World;
  /** What has changed since the one before it. */
  readonly cost: number;
}

export class WorldTrail {
  readonly #options: WorldTrailOptions;
  /** Ascending. */
  #kept: Kept[] = [];

  constructor(options: WorldTrailOptions) {
    this.#options = options;
  }

  /** Worlds held. */
  get length(): number {
    return this.#kept.length;
  }

  /** Takes a world that continues the last one, of which `cost` has changed. */
  put(world: World, cost: number): void {
    this.#kept.push({ world, cost });
    this.#thinOut();
    this.#dropOldest();
  }

  /** The last one that has seen no more than `size` events. */
  nearest(size: number): World | undefined {
    return this.#kept.findLast(({ world }) => world.history.size <= size)?.world;
  }

  clear(): void {
    this.#kept = [];
  }

  /** R1. What a world that goes has cost, the one behind it costs too. */
  #thinOut(): void {
    const newestSize = sizeOf(this.#kept.at(-1));
    const left: Kept[] = [];
    let cost = 0;
    for (const [at, kept] of this.#kept.entries()) {
      const next = this.#kept[at + 1];
      const nextSize = sizeOf(next);
      cost += kept.cost;
      const isBetween = left.length > 0 && next !== undefined;
      if (isBetween && nextSize - sizeOf(left.at(-1)) <= this.#options.spread * (newestSize - nextSize)) continue;
      left.push({ world: kept.world, cost });
      cost = 0;
    }
    this.#kept = left;
  }

  /** R2. The oldest holds on to what has changed since, which is what those behind it cost. */
  #dropOldest(): void {
    let held = this.#kept.slice(1).reduce((sum, { cost }) => sum + cost, 0);
    while (held > this.#options.costMax) {
      this.#kept.shift();
      held -= this.#kept[0]?.cost ?? 0;
    }
  }
}

function sizeOf(kept: Kept | undefined): number {
  return kept?.world.history.size ?? 0;
}
