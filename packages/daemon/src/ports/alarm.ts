/**
 * The alarm port: what is to be looked at after a while, so that a simulation and a test choose when that has passed.
 *
 * It rings once, not before the time has passed, and never after it was cancelled. It keeps no process alive.
 */
export interface Alarm {
  cancel(): void;
}

export type SetAlarm = (afterMs: number, ring: () => void) => Alarm;

/** Longer than a timer of Node takes: it would ring at once. */
const AFTER_MS_MAX = 2 ** 31 - 1;

export const setSystemAlarm: SetAlarm = (afterMs, ring) => {
  const timer = setTimeout(ring, Math.min(Math.max(1, Math.ceil(afterMs)), AFTER_MS_MAX)).unref();
  return { cancel: () => clearTimeout(timer) };
};
