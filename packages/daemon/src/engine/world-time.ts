/**
 * How far a world's time has to be advanced.
 *
 * - T1 While the daemon runs, a tick lasts a quantum of its monotonic clock, however the clock on the wall is set.
 * - T2 While it did not run, as much time has passed as the clock on the wall says, and none where it was set back.
 */
import { TICKS_MAX, type AdvanceClock, type World } from '@jitos/kernel';
import type { Clock } from '../ports/clock.ts';

export class WorldTime {
  readonly #clock: Clock;
  readonly #quantumMs: number;
  /** Of the monotonic clock, when the world's tick 0 would have been. */
  readonly #zeroMs: number;

  /** `world` as it was opened. */
  constructor(clock: Clock, { quantumMs, clock: last }: World) {
    this.#clock = clock;
    this.#quantumMs = quantumMs;
    const downMs = last.wallMs === null ? 0 : Math.max(0, clock.wallMs() - last.wallMs);
    this.#zeroMs = clock.monotonicMs() - downMs - last.tick * quantumMs;
  }

  /** The tick of now, which the world may not have been told of yet; never less than its own. */
  now({ clock: { tick } }: World): number {
    return Math.max(tick, Math.floor((this.#clock.monotonicMs() - this.#zeroMs) / this.#quantumMs));
  }

  /** The command that brings the world up to the tick of now; undefined while it is there. */
  due(world: World): AdvanceClock | undefined {
    const ticks = Math.min(this.now(world) - world.clock.tick, TICKS_MAX);
    if (ticks === 0) return undefined;
    const wallMs = Math.max(0, Math.floor(this.#clock.wallMs()));
    return { type: 'advanceClock', principal: 'world', requestId: null, validUntil: null, meta: null, ticks, wallMs };
  }
}
