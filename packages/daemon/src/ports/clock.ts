/** The clock port: the only place where time enters. */
export interface Clock {
  /** Milliseconds since some moment; never less than before, whatever happens to the clock on the wall. */
  monotonicMs(): number;
  /** Milliseconds since 1970, as the machine believes; it may jump. */
  wallMs(): number;
}

/** Milliseconds of one tick, fixed when a world is made. */
export const QUANTUM_MS_DEFAULT = 1000;

export const systemClock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
