/**
 * Dice from a seed, for made repositories: the same seed gives the same throws on every machine.
 */
import type { Dice } from '../world/dice.ts';

/** A multiplicative congruential step with a mixed output: good enough to vary a test, and for nothing else. */
export function createRandom(seed: number): Dice {
  let state = seed | 1;
  const next = (): number => {
    state = Math.imul(state, 0x915f77f5);
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return (mixed ^ (mixed >>> 13)) >>> 0;
  };
  return { below: (bound) => Math.floor((next() / 2 ** 32) * bound) };
}
