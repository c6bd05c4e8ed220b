/**
 * A world's time: ticks, each as long as the world's quantum. The kernel knows no other.
 *
 * A world that nobody asks anything stands still: the next tick that is recorded stands for all that have passed.
 */

export interface WorldClock {
  /** The tick of now; 0 when the world was made. */
  readonly tick: number;
  /** What a clock on the wall showed at that tick, in milliseconds since 1970; null before the first one. */
  readonly wallMs: number | null;
}

export const NEW_CLOCK: WorldClock = { tick: 0, wallMs: null };

/** Ticks that pass at once, at most; so no sum of them leaves the safe integers. */
export const TICKS_MAX: number = 2 ** 40;
