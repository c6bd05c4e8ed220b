/**
 * Appends rows to something that keeps them: a commit is durable before the next one begins.
 *
 * Every entrant gets the same rows in the same commits; an adapter only says how its store takes them.
 */
import { withBytesToDisk } from '../harness/disk-meter.ts';
import { oneByOne, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

/** A store that keeps rows in the order they came. */
export interface AppendStore {
  /** Appends rows in one transaction, durable when it returns or settles. */
  append(rows: readonly Uint8Array[]): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The export `openAppendStore` of an adapter. */
export type OpenAppendStore = (dir: string) => AppendStore | Promise<AppendStore>;

export interface DurableAppendOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly rowsPerCommit: number;
  readonly rowSizeBytes: number;
}

export const open: OpenWorkload<DurableAppendOptions> = async (options, dir) => {
  // The bench names a module that is an adapter.
  const { openAppendStore } = (await import(options.adapter)) as { readonly openAppendStore: OpenAppendStore };
  const store = await openAppendStore(dir);
  const batches = makeBatches(options);
  let next = 0;
  return {
    round: (budgetMs) =>
      withBytesToDisk(dir, () =>
        oneByOne(budgetMs, options.rowsPerCommit, () => store.append(batches[next++ % batches.length] ?? [])),
      ),
    close: () => store.close(),
  };
};

/** Sixteen batches of bytes that do not compress, taken in turn. */
function makeBatches({ rowsPerCommit, rowSizeBytes }: DurableAppendOptions): Uint8Array[][] {
  const integers = seededIntegers(1);
  const row = (): Uint8Array => Uint8Array.from({ length: rowSizeBytes }, () => integers(256));
  return Array.from({ length: 16 }, () => Array.from({ length: rowsPerCommit }, row));
}
