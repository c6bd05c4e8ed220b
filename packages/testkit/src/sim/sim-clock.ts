/** The clock of a simulated machine: it is set forwards and back while it runs, however much it calls itself monotonic. */
import { oneIn, type Dice } from '../world/dice.ts';
import type { Trace } from './trace.ts';

const STEP_MS = 0.05;
const JUMP_ODDS = 150;
/** Some eleven days. */
const JUMP_MS_MAX = 1e9;

export class SimClock {
  readonly #dice: Dice;
  readonly #trace: Trace;
  #nowMs = 1e6;

  constructor(dice: Dice, trace: Trace) {
    this.#dice = dice;
    this.#trace = trace;
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
