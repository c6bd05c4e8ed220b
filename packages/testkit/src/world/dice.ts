/**
 * Chance for generators, as a stream of numbers: from a seed in simulations, from a tape that fast-check can shrink
 * in laws.
 */

/** The only chance that a generator sees. `createRandom(seed)` is one, too. */
export interface Dice {
  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number;
}

/** Dice that read a tape and, when it has run out, always answer 0: a shorter tape is a simpler script. */
export function tapeDice(tape: readonly number[]): Dice {
  let at = 0;
  return { below: (bound) => (tape[at++] ?? 0) % bound };
}

/** One of the items, of which there is at least one. */
export function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  return present(items[dice.below(items.length)]);
}

/** An index below `bound`, low ones far more often: half of all draws hit the first seventh or so. */
export function skewed(dice: Dice, bound: number): number {
  return dice.below(dice.below(dice.below(bound) + 1) + 1);
}

/** True once in `sides`; false when a tape has run out. */
export function oneIn(dice: Dice, sides: number): boolean {
  return dice.below(sides) === sides - 1;
}

/** The value, which the caller knows to be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that must be there is absent');
  return value;
}
