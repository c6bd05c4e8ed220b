/**
 * Laws: properties that fast-check tries on random inputs, one test each.
 *
 * Every run has its own seed, which the test prints; `JITOS_SEED` repeats one and `JITOS_LAW_FACTOR` multiplies the
 * number of inputs (for hunts). A failure also prints fast-check's path to the smallest input that breaks the law.
 */
import { test } from 'node:test';
import fc from 'fast-check';

const SEED_COUNT = 2 ** 31;
/** Far more than any law needs: it bounds the search for a smaller failing input. */
const TIME_MS_MAX = 20_000;

export interface Law<T> {
  readonly inputs: fc.Arbitrary<T>;
  /** How many inputs are tried. */
  readonly runs: number;
  /** Throws if the law does not hold for this input. */
  readonly holds: (input: T) => void;
}

/** Registers the law as a test. */
export function law<T>(name: string, { inputs, runs, holds }: Law<T>): void {
  test(name, (context) => {
    const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * SEED_COUNT));
    const factor = Number(process.env['JITOS_LAW_FACTOR'] ?? 1);
    const numRuns = Math.ceil(runs * factor);
    context.diagnostic(`seed ${seed}, ${numRuns} inputs`);
    fc.assert(fc.property(inputs, holds), {
      seed,
      numRuns,
      interruptAfterTimeLimit: TIME_MS_MAX * Math.max(1, factor),
      markInterruptAsFailure: true,
    });
  });
}
