/**
 * The clocks of a simulated machine: the one on the wall is set forwards and back while it runs, the monotonic one goes on,
 * and stands still for a while in between.
 */
import type { Clock } from '@jitos/daemon/ports/clock.ts';
import { oneIn, type Dice } from '../world/dice.ts';
import type { Trace } from './trace.ts';

const STEP_MS = 0.05;
const JUMP_ODDS = 150;
/** Some eleven days. */
const JUMP_MS_MAX = 1e9;

const PAUSE_ODDS = 40;
const PAUSE_MS_MAX = 5000;

export class SimClock implements Clock {
  readonly #dice: Dice;
  readonly #trace: Trace;
  #nowMs = 1e6;
  #upMs = 0;

  constructor(dice: Dice, trace: Trace) {
    this.#dice = dice;
    this.#trace = trace;
  }

  monotonicMs(): number {
    this.#upMs += STEP_MS;
    if (oneIn(this.#dice, PAUSE_ODDS)) this.#upMs += this.#dice.below(PAUSE_MS_MAX);
    return this.#upMs;
  }

  wallMs(): number {
    return this.nowMs();
  }

  /** A little later each time, or far away. */
  readonly nowMs = (): number => {
    this.#nowMs += STEP_MS;
    if (oneIn(this.#dice, JUMP_ODDS)) {
      const isAhead = oneIn(this.#dice, 2);
      const byMs = 1 + this.#dice.below(JUMP_MS_MAX);
      this.#nowMs += isAhead ? byMs : -byMs;
      this.#trace.strike(isAhead ? 'clock set ahead' : 'clock set back', `by ${byMs} ms`);
    }
    return this.#nowMs;
  };
}
