/** A log in memory whose appends stay pending until the test lets them land or fail: to see what leaves when. */
import type { Batch, Log } from '@jitos/daemon/ports/log.ts';

interface HeldAppend {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class HeldLog implements Log {
  readonly #batches: Batch[] = [];
  #held: HeldAppend | undefined;
  #length = 0;
  #arrived: (() => void) | undefined;

  readonly firstIdx = 0;

  get length(): number {
    return this.#length;
  }

  append(batch: Batch): Promise<void> {
    if (this.#held !== undefined) throw new Error('an append is pending');
    if (batch.firstIdx !== this.#length) throw new Error(`batch ${batch.firstIdx} is not the next: ${this.#length}`);
    const landed = new Promise<void>((resolve, reject) => {
      this.#held = { batch, resolve, reject };
    });
    this.#arrived?.();
    return landed;
  }

  /** Resolves with the pending batch, once there is one. */
  async pending(): Promise<Batch> {
    if (this.#held === undefined) await new Promise<void>((resolve) => (this.#arrived = resolve));
    if (this.#held === undefined) throw new Error('nothing is pending');
    return this.#held.batch;
  }

  /** Makes the pending batch durable. */
  land(): void {
    const { batch, resolve } = this.#take();
    this.#batches.push(batch);
    this.#length += batch.events.length;
    resolve();
  }

  /** Loses the pending batch. */
  fail(error: Error): void {
    this.#take().reject(error);
  }

  async *batches(fromIdx: number): AsyncGenerator<Batch> {
    for (const batch of this.#batches.slice()) {
      if (batch.firstIdx + batch.events.length > fromIdx) yield batch;
    }
  }

  async close(): Promise<void> {}

  #take(): HeldAppend {
    const held = this.#held;
    if (held === undefined) throw new Error('nothing is pending');
    this.#held = undefined;
    return held;
  }
}
