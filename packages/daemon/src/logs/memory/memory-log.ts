/** The log in memory: what tests and simulations write to, under the contract of the real one. */
import type { Batch, Log } from '../../ports/log.ts';
import { mustGetBatchSize } from '../batch-rules.ts';

/** What outlives the log that wrote it, as files do: of each event only its bytes. */
export interface MemoryLogStore {
  readonly batches: Batch[];
}

export interface MemoryLogOptions {
  readonly store: MemoryLogStore;
  /** `inline` appends are durable on return, `async` ones in a later microtask. */
  readonly sync: 'inline' | 'async';
}

export class MemoryLog implements Log {
  readonly #store: MemoryLogStore;
  readonly #sync: MemoryLogOptions['sync'];
  #length: number;
  #pending: Promise<void> | undefined;
  #isClosed = false;

  constructor({ store, sync }: MemoryLogOptions) {
    this.#store = store;
    this.#sync = sync;
    this.#length = batchEndIdx(store.batches.at(-1));
  }

  readonly firstIdx = 0;

  get length(): number {
    return this.#length;
  }

  append(batch: Batch): Promise<void> | undefined {
    this.#mustBeOpen();
    if (this.#pending !== undefined) throw new Error('an append is pending: one batch is in flight at a time');
    mustGetBatchSize(batch, this.#length);
    if (this.#sync === 'inline') {
      this.#commit(batch);
      return undefined;
    }
    this.#pending = Promise.resolve().then(() => {
      this.#commit(batch);
      this.#pending = undefined;
    });
    return this.#pending;
  }

  batches(fromIdx: number): AsyncIterable<Batch> {
    this.#mustBeOpen();
    return readBack(this.#store.batches, fromIdx, this.#store.batches.length);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pending;
  }

  #commit(batch: Batch): void {
    this.#store.batches.push({ ...batch, events: batch.events.map(({ header, body }) => ({ header, body })) });
    this.#length = batchEndIdx(batch);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new Error('the log is closed');
  }
}

async function* readBack(batches: readonly Batch[], fromIdx: number, count: number): AsyncGenerator<Batch, void, void> {
  if (!Number.isSafeInteger(fromIdx) || fromIdx < 0) throw new Error(`${fromIdx} is no idx`);
  let low = 0;
  for (let high = count; low < high;) {
    const middle = (low + high) >>> 1;
    if (batchEndIdx(batches[middle]) <= fromIdx) low = middle + 1;
    else high = middle;
  }
  for (let i = low; i < count; i++) {
    const batch = batches[i];
    if (batch !== undefined) yield batch;
  }
}

function batchEndIdx(batch: Batch | undefined): number {
  return batch === undefined ? 0 : batch.firstIdx + batch.events.length;
}
