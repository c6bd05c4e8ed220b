/**
 * Rows sent to a server over the loopback, each durable before it is answered, with so many of them in flight.
 *
 * The server has a process of its own, or several; the client is the one that a program in Node would use.
 */
import { withBytesToDisk } from '../harness/disk-meter.ts';
import { cpuMs } from '../harness/process-meter.ts';
import { inFlight, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

/** A server that keeps rows in the order they came. */
export interface ServedStore {
  /** Of the server, or of the process that started all of its processes. */
  readonly pid: number;
  /** Sends one row; it is durable when this settles. */
  append(row: Uint8Array): Promise<void>;
  /** Ends the server, too. */
  close(): Promise<void>;
}

/** The export `openServedStore` of an adapter: its server is started on a free port and keeps its data in `dir`. */
export type OpenServedStore = (dir: string, options: ServedStoreOptions) => Promise<ServedStore>;

export interface ServedStoreOptions {
  /** Rows in flight at most. */
  readonly clientCount: number;
  readonly rowSizeBytes: number;
}

export interface ServedAppendOptions extends ServedStoreOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
}

const ROWS_PREPARED = 1024;

export const open: OpenWorkload<ServedAppendOptions> = async ({ adapter, clientCount, rowSizeBytes }, dir) => {
  // The bench names a module that is an adapter.
  const { openServedStore } = (await import(adapter)) as { readonly openServedStore: OpenServedStore };
  const store = await openServedStore(dir, { clientCount, rowSizeBytes });
  const integers = seededIntegers(7);
  const row = (): Uint8Array => Uint8Array.from({ length: rowSizeBytes }, () => integers(256));
  const rows = Array.from({ length: ROWS_PREPARED }, row);
  let next = 0;
  return {
    round: (budgetMs) =>
      withBytesToDisk(dir, async () => {
        const cpuMsBefore = cpuMs(store.pid);
        const sample = await inFlight(budgetMs, clientCount, () => store.append(rows[next++ % ROWS_PREPARED]!));
        const usedMs = (cpuMs(store.pid) ?? NaN) - (cpuMsBefore ?? NaN);
        if (Number.isNaN(usedMs)) return sample;
        return { ...sample, values: { ...sample.values, '/cpu-s': sample.operations / (usedMs / 1000) } };
      }),
    close: () => store.close(),
  };
};
