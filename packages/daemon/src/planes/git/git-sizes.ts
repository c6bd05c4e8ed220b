/**
 * The sizes of changed blobs, by one long-lived `git cat-file --batch-check`.
 *
 * Lines of development that are read in turns touch the same blobs again and again, so the newest sizes are kept.
 */
import {
  SUBMODULE_MODE,
  type GitCommitPart,
  type PendingChange,
  type PendingPart,
  type StartGit,
} from './git-changes.ts';
import type { PipelineStage } from './git-pipeline.ts';
import type { GitProcess } from './git-process.ts';

interface AskedChange {
  readonly change: PendingChange;
  readonly oid: string;
}

interface SizesTicket {
  readonly parts: readonly PendingPart[];
  /** In the order of the answers. */
  readonly asked: readonly AskedChange[];
}

const NEWLINE = 0x0a;

/** At most twice as many sizes are kept: a few megabytes. */
const SIZES_KEPT = 1 << 14;

export class SizesStage
  implements PipelineStage<readonly PendingPart[], SizesTicket, readonly GitCommitPart[]>, AsyncDisposable
{
  readonly #git: GitProcess;
  /** Sizes by oid. When the recent are enough, the older are forgotten and the recent become the older. */
  #recent = new Map<string, number>();
  #older = new Map<string, number>();

  constructor(start: StartGit) {
    this.#git = start('cat-file', '--batch-check=%(objectsize)');
  }

  send(parts: readonly PendingPart[]): SizesTicket {
    const asked: AskedChange[] = [];
    let request = '';
    for (const { changes } of parts) {
      for (const change of changes) {
        const { oid, mode } = change;
        if (oid === null || mode === SUBMODULE_MODE) continue;
        change.sizeBytes = this.#recent.get(oid) ?? this.#older.get(oid) ?? null;
        if (change.sizeBytes !== null) continue;
        request += `${oid}\n`;
        asked.push({ change, oid });
      }
    }
    if (request !== '') this.#git.write(request);
    return { parts, asked };
  }

  async *receive({ parts, asked }: SizesTicket): AsyncGenerator<readonly GitCommitPart[]> {
    for (const { change, oid } of asked) {
      const answer = await this.#git.output.takeRecord(NEWLINE);
      change.sizeBytes = Number(answer);
      if (!Number.isSafeInteger(change.sizeBytes)) throw this.#git.damage(`A blob can't be read: ${answer}`);
      this.#keep(oid, change.sizeBytes);
    }
    yield parts;
  }

  end(): Promise<void> {
    return this.#git.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#git[Symbol.asyncDispose]();
  }

  #keep(oid: string, sizeBytes: number): void {
    if (this.#recent.size >= SIZES_KEPT) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(oid, sizeBytes);
  }
}
