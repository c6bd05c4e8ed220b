/**
 * Merges overlays, forked from one base and written each for itself, into one truth, one after another; only the merges
 * are measured.
 *
 * An overlay sets ten keys of the base that no other sets; one that is in conflict sets, for the first of its ten, the first
 * of the overlay before it, to another value. Whoever merges must say of each overlay whether it conflicts.
 */
import { seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface Overlay {
  /** The numbers of the keys that it sets, distinct. */
  readonly numbers: readonly number[];
  /** Of every key that it sets; no other overlay has it. */
  readonly value: string;
  readonly conflicts: boolean;
}

export interface OverlayOptions {
  readonly nodeCount: number;
  readonly overlayCount: number;
  /** Every so manieth overlay is in conflict; none where it is 0. */
  readonly conflictPeriod: number;
}

export interface OverlayStore {
  /** How many merges it is given at once: in flight, or for one transaction, or for one call. */
  readonly mergesAtOnce: number;
  /**
   * Forks these overlays from the truth and writes them. Where the truth is set back to the base instead, those of the
   * first time, which differ in nothing but their values, may serve again.
   */
  prepare(overlays: readonly Overlay[]): void | Promise<void>;
  /** Merges the overlays of these positions, in this order, and says of each whether it was merged without a conflict. */
  merge(positions: readonly number[]): readonly boolean[] | Promise<readonly boolean[]>;
  close?(): void | Promise<void>;
}

/** The export `openOverlayStore` of an adapter: a truth of `nodeCount` keys, each with `BASE_VALUE`. */
export type OpenOverlayStore = (dir: string, options: OverlayOptions) => OverlayStore | Promise<OverlayStore>;

export interface MergeOverlaysOptions extends OverlayOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
}

export const BASE_VALUE: string = valueText(0);
const KEYS_PER_OVERLAY = 10;

export const open: OpenWorkload<MergeOverlaysOptions> = async (options, dir) => {
  // The bench names a module that is an adapter.
  const { openOverlayStore } = (await import(options.adapter)) as { readonly openOverlayStore: OpenOverlayStore };
  const store = await openOverlayStore(dir, options);
  let pass = 0;
  let overlays = overlaysOf(options, pass);
  await store.prepare(overlays);
  let next = 0;
  const goOn = async (): Promise<void> => {
    if (next < overlays.length) return;
    overlays = overlaysOf(options, ++pass);
    await store.prepare(overlays);
    next = 0;
  };
  return {
    round: async (budgetMs) => {
      let operations = 0;
      let elapsedMs = 0;
      while (elapsedMs < budgetMs) {
        await goOn();
        const length = Math.min(store.mergesAtOnce, overlays.length - next);
        const positions = Array.from({ length }, (_, i) => next + i);
        const start = performance.now();
        const merged = await store.merge(positions);
        elapsedMs += performance.now() - start;
        checkMerged(overlays, positions, merged);
        next += length;
        operations += length;
      }
      return { operations, values: { '/s': operations / (elapsedMs / 1000) } };
    },
    close: () => store.close?.(),
  };
};

/** The overlays of a pass over them all; the same keys in each, in another order of numbers, and other values. */
export function overlaysOf(options: OverlayOptions, pass: number): Overlay[] {
  const { nodeCount, overlayCount, conflictPeriod } = options;
  if (overlayCount * KEYS_PER_OVERLAY > nodeCount) throw new Error('there are too few keys for so many overlays');
  const numbers = shuffledNumbers(nodeCount);
  const keysOf = (position: number): number[] =>
    numbers.slice(position * KEYS_PER_OVERLAY, (position + 1) * KEYS_PER_OVERLAY);
  return Array.from({ length: overlayCount }, (_, position): Overlay => {
    const conflicts = conflictPeriod > 0 && position % conflictPeriod === conflictPeriod - 1;
    const [first = 0] = keysOf(conflicts ? position - 1 : position);
    const value = valueText(1 + pass * overlayCount + position);
    return { numbers: [first, ...keysOf(position).slice(1)], value, conflicts };
  });
}

/** All below `count`, once each. */
function shuffledNumbers(count: number): number[] {
  const integers = seededIntegers(8);
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = integers(i + 1);
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

function checkMerged(overlays: readonly Overlay[], positions: readonly number[], merged: readonly boolean[]): void {
  for (const [i, position] of positions.entries()) {
    if (merged[i] === overlays[position]!.conflicts)
      throw new Error(`overlay ${position} was taken for what it is not`);
  }
}

function valueText(number: number): string {
  return String(number).padStart(12, '0');
}
