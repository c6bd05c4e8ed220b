/**
 * Laws about what takes time, such as reading a repository: as `law` in `../kernel/law.ts`, awaited.
 */
import { test } from 'node:test';
import * as fc from 'fast-check';

const SEED_COUNT = 2 ** 31;

export interface AsyncLaw<T> {
  readonly inputs: fc.Arbitrary<T>;
  /** How many inputs are tried. */
  readonly runs: number;
  /** Rejects if the law does not hold for this input. */
  readonly holds: (input: T) => Promise<void>;
}

/** Registers the law as a test. `JITOS_SEED` repeats a run, `JITOS_LAW_FACTOR` multiplies its inputs. */
export function asyncLaw<T>(name: string, { inputs, runs, holds }: AsyncLaw<T>): void {
  test(name, async (context) => {
    const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * SEED_COUNT));
    const numRuns = Math.ceil(runs * Number(process.env['JITOS_LAW_FACTOR'] ?? 1));
    context.diagnostic(`seed ${seed}, ${numRuns} inputs`);
    await fc.assert(fc.asyncProperty(inputs, holds), { seed, numRuns });
  });
}
