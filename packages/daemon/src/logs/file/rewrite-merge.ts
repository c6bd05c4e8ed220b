/** Runs that follow each other become one, some entries at a time: each append pays for a share of it. */
import type { Disk } from '../../ports/disk.ts';
import { RunCursor, type RewriteRun } from './rewrite-run.ts';
import { RewriteRunWriter } from './rewrite-run-writer.ts';

export class RewriteMerge {
  /** Without gaps, in order. */
  readonly inputs: readonly RewriteRun[];
  readonly #cursors: readonly RunCursor[];
  readonly #writer: RewriteRunWriter;
  /** The view whose entries are taken, first from the first run that has some. */
  #key = -1;
  #at = 0;
  #isEnding = false;

  constructor(disk: Disk, folder: string, inputs: readonly [RewriteRun, ...RewriteRun[]]) {
    this.inputs = inputs;
    this.#cursors = inputs.map((run) => new RunCursor(run));
    const { worldId, first } = inputs[0].header;
    const { end } = (inputs.at(-1) ?? inputs[0]).header;
    this.#writer = new RewriteRunWriter(disk, folder, { worldId, first, end });
  }

  /** Whether `finish` was called. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Moves up to `entryCount` entries. Answers how many more it could have: above 0 all are moved. */
  step(entryCount: number): number {
    for (let left = entryCount; left > 0; left--) {
      const cursor = this.#next();
      if (cursor === undefined) return left;
      this.#writer.add(cursor.key, cursor.rewriteIdx, cursor.eventIdx);
      cursor.next();
    }
    return 0;
  }

  /** The merged run, once all entries are moved. It lasts, and has its name. */
  async finish(): Promise<RewriteRun> {
    this.#isEnding = true;
    try {
      const run = this.#writer.finish();
      await this.#writer.synced;
      await run.keep();
      return run;
    } catch (fault) {
      this.abandon();
      throw fault;
    }
  }

  abandon(): void {
    this.#writer.abandon();
  }

  /** The run whose entry is next in the order of (key, rewriteIdx). */
  #next(): RunCursor | undefined {
    for (;;) {
      for (; this.#at < this.#cursors.length; this.#at++) {
        const cursor = this.#cursors[this.#at];
        if (cursor?.key === this.#key) return cursor;
      }
      const key = Math.min(...this.#cursors.map((cursor) => cursor.key));
      if (key === Infinity) return undefined;
      this.#key = key;
      this.#at = 0;
    }
  }
}
