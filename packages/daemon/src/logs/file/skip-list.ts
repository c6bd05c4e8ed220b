/**
 * Jump pointers for lists that only grow at one end: any older member is O(log n) steps away, and nothing written is
 * ever changed. (E. W. Myers, "An applicative random-access stack", 1983.)
 *
 * Members are numbered from 0. Each points to the one before it and to one further back; how far follows from its
 * number alone: write it as a sum of weights 2^k − 1, largest first, and take off the smallest.
 */

/** Number of the member that member `ordinal` jumps to; 0 jumps to itself. */
export function jumpOrdinal(ordinal: number): number {
  let rest = ordinal;
  let weight = 1;
  while (weight * 2 + 1 <= rest) weight = weight * 2 + 1;
  while (rest > weight) {
    rest -= weight;
    while (weight > rest) weight = (weight - 1) / 2;
  }
  return ordinal - rest;
}
