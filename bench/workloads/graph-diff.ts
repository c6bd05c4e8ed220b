/**
 * Compares a large state with others that are a few changes away from it, and tells each change.
 *
 * The states have the same keys (`entryKey`) and the same changes; what an entrant keeps of them is its own.
 */
import { hash } from 'node:crypto';
import { oneByOne, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

/** The base, and states forked from it: for each, the numbers of the keys that have another value there. */
export interface DiffShape {
  readonly nodeCount: number;
  /** As many for each state; distinct, in no order. */
  readonly changesByState: readonly (readonly number[])[];
}

export interface DiffStates {
  /** Compares the base with one of the other states: how many changes it was told. */
  diff(state: number): number | Promise<number>;
  close?(): void | Promise<void>;
}

/** The export `openDiffStates` of an adapter. */
export type OpenDiffStates = (dir: string, shape: DiffShape) => DiffStates | Promise<DiffStates>;

export interface GraphDiffOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly nodeCount: number;
  readonly changeCount: number;
}

const STATE_COUNT = 32;

export const open: OpenWorkload<GraphDiffOptions> = async ({ adapter, nodeCount, changeCount }, dir) => {
  // The bench names a module that is an adapter.
  const { openDiffStates } = (await import(adapter)) as { readonly openDiffStates: OpenDiffStates };
  const integers = seededIntegers(7);
  const changesByState = Array.from({ length: STATE_COUNT }, () => distinctNumbers(integers, nodeCount, changeCount));
  const states = await openDiffStates(dir, { nodeCount, changesByState });
  let next = 0;
  return {
    round: async (budgetMs) => {
      const { operations, values } = await oneByOne(budgetMs, 1, async () => {
        const told = await states.diff(next++ % STATE_COUNT);
        if (told !== changeCount) throw new Error(`${told} changes were told, not ${changeCount}`);
      });
      return { operations, values: { ms: 1000 / (values['/s'] ?? NaN) } };
    },
    close: () => states.close?.(),
  };
};

function distinctNumbers(integers: (bound: number) => number, bound: number, count: number): number[] {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(integers(bound));
  return [...numbers];
}

/** 64 hexadecimal digits, as random as the ids of our nodes. */
export function entryKey(number: number): string {
  return hash('sha256', `key:${number}`);
}
