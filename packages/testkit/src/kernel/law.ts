/**
 * Laws: properties that fast-check tries on random inputs, one test each.
 *
 * Every run has its own seed, which the test prints. `JITOS_SEED` repeats one, `JITOS_LAW_FACTOR` multiplies the number
 * of inputs (for hunts), and `JITOS_SHRINK_MS` is how long a failing input may be made smaller (1,000 if not said).
 */
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';

const SEED_COUNT = 2 ** 31;

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
    const { seed, numRuns } = sayTerms(context, runs);
    fc.assert(fc.property(inputs, shrinkBriefly(holds)), { seed, numRuns });
  });
}

export interface AsyncLaw<T> extends Omit<Law<T>, 'holds'> {
  /** Rejects if the law does not hold for this input. */
  readonly holds: (input: T) => Promise<void>;
}

/** As `law`, of what takes more than a turn. Inputs are tried one after another. */
export function asyncLaw<T>(name: string, { inputs, runs, holds }: AsyncLaw<T>): void {
  test(name, async (context) => {
    const { seed, numRuns } = sayTerms(context, runs);
    await fc.assert(fc.asyncProperty(inputs, shrinkBriefly(holds)), { seed, numRuns });
  });
}

function sayTerms(context: TestContext, runs: number): { readonly seed: number; readonly numRuns: number } {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * SEED_COUNT));
  const numRuns = Math.ceil(runs * Number(process.env['JITOS_LAW_FACTOR'] ?? 1));
  context.diagnostic(`seed ${seed}, ${numRuns} inputs`);
  return { seed, numRuns };
}

/** The same check, which gives up on ever smaller inputs when the time for them is over. */
function shrinkBriefly<T, Done extends void | Promise<void>>(holds: (input: T) => Done): (input: T) => Done {
  const shrinkMsMax = Number(process.env['JITOS_SHRINK_MS'] ?? 1000);
  let shrinkEndMs = Infinity;
  const fail = (error: unknown): never => {
    shrinkEndMs = Math.min(shrinkEndMs, performance.now() + shrinkMsMax);
    throw error;
  };
  return (input) => {
    if (performance.now() >= shrinkEndMs) throw new fc.PreconditionFailure(true); // ends the search, keeps the failure
    try {
      const done = holds(input);
      return done instanceof Promise ? (done.catch(fail) as Done) : done; // a promise of the same
    } catch (error) {
      return fail(error);
    }
  };
}
