/**
 * What runs inside an entrant's own process: a workload, opened once and then measured round by round.
 *
 * A round lasts for a given time rather than for a given count, so that a slow entrant cannot hold up the others and a
 * smoke run ends on every machine.
 */
import type { Unit } from './figure.ts';

/** What one round measured. */
export interface Sample {
  readonly operations: number;
  readonly values: Readonly<Partial<Record<Unit, number>>>;
}

export interface Workload {
  /** Works for about `budgetMs` and says what it measured. */
  round(budgetMs: number): Sample | Promise<Sample>;
  close?(): void | Promise<void>;
}

/** The export `open` of a workload module. `dir` is an empty folder of its own, removed afterwards. */
export type OpenWorkload<Options> = (options: Options, dir: string) => Workload | Promise<Workload>;

/** More latencies than this are not kept: the p99 is then that of the first ones. */
const LATENCIES_MAX = 1 << 17;

/** Repeats `operation` one after another; `rowsEach` is how many rows one call carries. */
export async function oneByOne(
  budgetMs: number,
  rowsEach: number,
  operation: () => void | Promise<void>,
): Promise<Sample> {
  const latencies = new Float64Array(LATENCIES_MAX);
  const start = performance.now();
  let before = start;
  let calls = 0;
  while (before - start < budgetMs) {
    const pending = operation();
    if (pending !== undefined) await pending;
    const after = performance.now();
    if (calls < LATENCIES_MAX) latencies[calls] = after - before;
    calls++;
    before = after;
  }
  return sampleOf(before - start, calls * rowsEach, latencies.subarray(0, Math.min(calls, LATENCIES_MAX)));
}

/** Keeps `clients` operations in flight: each client starts its next one when its last has settled. */
export async function inFlight(budgetMs: number, clients: number, operation: () => Promise<void>): Promise<Sample> {
  const latencies = new Float64Array(LATENCIES_MAX);
  const start = performance.now();
  let calls = 0;
  const client = async (): Promise<void> => {
    for (let before = performance.now(); before - start < budgetMs;) {
      await operation();
      const after = performance.now();
      if (calls < LATENCIES_MAX) latencies[calls] = after - before;
      calls++;
      before = after;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return sampleOf(performance.now() - start, calls, latencies.subarray(0, Math.min(calls, LATENCIES_MAX)));
}

function sampleOf(elapsedMs: number, operations: number, latenciesMs: Float64Array): Sample {
  latenciesMs.sort();
  const p99Ms = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0;
  return { operations, values: { '/s': operations / (elapsedMs / 1000), 'us p99': p99Ms * 1000 } };
}

/** A small seeded generator (mulberry32): the same choices for every entrant. Integers in [0, bound). */
export function seededIntegers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
