/** Ports of the engine that are wrong in one way, as seeded bugs have them. */
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { CheckpointWriter } from '@jitos/daemon/logs/file/checkpoint-writer.ts';
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import type { Batch, Log } from '@jitos/daemon/ports/log.ts';
import type { RewriteIndex } from '@jitos/daemon/ports/rewrite-index.ts';
import type { TreeHashes } from '@jitos/daemon/ports/tree-hashes.ts';
import { digestToHex, proveInclusion, type Bytes, type Command, type Digest } from '@jitos/kernel';
import { PROOF_FORMAT } from '@jitos/kernel/verify';
import type { Past, Reads, SimWorld } from './sim-world.ts';

/** Leaves out the last step of what lies between two moments. */
export function shortPast(past: Past): Past {
  return {
    ask: async (view, question, ...rest) => {
      const answer = await past.ask(view, question, ...rest);
      if (question.ask !== 'steps' || answer === null || !('entries' in answer)) return answer;
      return { ...answer, entries: answer.entries.slice(0, -1) };
    },
  };
}

/** Takes note of the first range alone of what is read at once. */
export function hastyReads(reads: Reads): Reads {
  return {
    note: (workspace, ranges) => reads.note(workspace, ranges.slice(0, 1)),
    footprintOf: (workspace) => reads.footprintOf(workspace),
  };
}

/** Says that a batch is durable at once, and writes it one batch later; the first event excepted. */
export class HastyLog implements Log {
  readonly #log: Log;
  #waiting: Batch | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get firstIdx(): number {
    return this.#log.firstIdx;
  }

  get length(): number {
    return this.#log.length + (this.#waiting?.events.length ?? 0);
  }

  append(batch: Batch): Promise<void> | undefined {
    if (batch.firstIdx === 0) return this.#log.append(batch);
    const before = this.#waiting;
    this.#waiting = batch;
    return before && this.#log.append(before);
  }

  batches(fromIdx: number): ReturnType<Log['batches']> {
    return this.#log.batches(fromIdx);
  }

  async close(): Promise<void> {
    if (this.#waiting !== undefined) await this.#log.append(this.#waiting);
    await this.#log.close();
  }
}

interface LogChange {
  readonly batch?: (batch: Batch) => Batch;
  /** The last event of a batch comes twice. */
  readonly readTwice?: boolean;
}

export function changeLog(log: Log, { batch: change = (batch) => batch, readTwice = false }: LogChange): Log {
  return {
    firstIdx: log.firstIdx,
    get length() {
      return log.length;
    },
    append: (batch) => log.append(change(batch)),
    async *batches(fromIdx) {
      for await (const batch of log.batches(fromIdx)) {
        yield readTwice ? { ...batch, events: [...batch.events, ...batch.events.slice(-1)] } : batch;
      }
    },
    close: () => log.close(),
  };
}

export function withoutCommits(index: RewriteIndex): RewriteIndex {
  return {
    get length() {
      return index.length;
    },
    get eventIdxEnd() {
      return index.eventIdxEnd;
    },
    append: (entries, eventIdxEnd) => {
      const bent = entries.map((entry) => ({ ...entry, views: entry.views.slice(0, 1) }));
      index.append(bent, eventIdxEnd);
    },
    page: (view, after, limit) => index.page(view, after, limit),
    lastOf: (view) => index.lastOf(view),
    last: (limit) => index.last(limit),
    clear: (first) => index.clear(first),
    close: () => index.close(),
  };
}

/** Where several leaves come together the first stands for all. */
export function withWrongLeaves(hashes: TreeHashes): TreeHashes {
  return {
    get length() {
      return hashes.length;
    },
    append: (leaves) => hashes.append(leaves.map((leaf) => leaves[0] ?? leaf)),
    hashAt: (level, index) => hashes.hashAt(level, index),
    settle: () => hashes.settle(),
    clear: () => hashes.clear(),
    close: () => hashes.close(),
  };
}

export class HoleyCheckpoints extends FileCheckpoints {
  readonly #parts: ConstructorParameters<typeof FileCheckpoints>[0];

  constructor(parts: ConstructorParameters<typeof FileCheckpoints>[0]) {
    super(parts);
    this.#parts = parts;
  }

  override begin(idx: number, worldDigest: Digest): CheckpointWriter {
    const { disk, folder, worldId } = this.#parts;
    return new HoleyWriter(disk, folder, { idx, worldDigest, worldId });
  }
}

class HoleyWriter extends CheckpointWriter {
  #count = 0;

  override add(record: Bytes): Promise<void> | undefined {
    return ++this.#count === 2 ? undefined : super.add(record);
  }
}

/** Gives an append up when it took long by the clock, although the batch was written. */
export function withTimeout(log: Log, nowMs: () => number): Log {
  const mayTakeMs = 60_000;
  const forward = changeLog(log, {});
  return {
    ...forward,
    get length() {
      return log.length;
    },
    append: (batch) => {
      const startMs = nowMs();
      const check = (): void => {
        if (nowMs() - startMs > mayTakeMs) throw new Failure('LOG_FULL', '', 'the disk takes too long');
      };
      const appended = log.append(batch)?.then(check);
      if (appended === undefined) check();
      return appended;
    },
  };
}

/** Takes a time that is negative for a sign that something is wrong. */
export function withNegativeTimes(log: Log, nowMs: () => number): Log {
  const forward = changeLog(log, {});
  return {
    ...forward,
    get length() {
      return log.length;
    },
    append: (batch) => {
      const startMs = nowMs();
      const appended = log.append(batch);
      if (nowMs() < startMs) throw new RangeError('a negative time');
      return appended;
    },
  };
}

/** Proofs leave as the hashes make them, whatever they prove. */
export function uncheckedProofs({ loop }: OpenWorld, hashes: TreeHashes): SimWorld['proofs'] {
  return {
    inclusion: (idx) => {
      const path = proveInclusion(idx, loop.world.history.size, (level, index) => hashes.hashAt(level, index), sha256);
      const hex = path.map(digestToHex);
      return Promise.resolve({ format: PROOF_FORMAT, kind: 'inclusion', idx, header: '', path: hex, treeHead: '' });
    },
  };
}

/** Whoever asks in another life, or at another time, asks for something else. */
export function renamed(command: Command, when: number): Command {
  return command.requestId === null ? command : { ...command, requestId: `${command.requestId} of ${when}` };
}

export function strayed(command: Command): Command {
  if (command.type !== 'applyRewrite' || command.view === 'system' || command.view === 0) return command;
  return { ...command, view: command.view - 1 };
}
