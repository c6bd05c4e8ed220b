/**
 * Bugs that the simulator is put to the test with, each by name: engines whose ports lie to them in one way. They are
 * made of wrappers around ports, so that the engine knows nothing of them.
 */
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import { CheckpointWriter } from '@jitos/daemon/logs/file/checkpoint-writer.ts';
import { decodeBatchHead } from '@jitos/daemon/logs/file/batch-codec.ts';
import { crc32c } from '@jitos/daemon/logs/file/crc32c.ts';
import { headerBytesToBatchMark, SEGMENT_HEADER_SIZE_BYTES } from '@jitos/daemon/logs/file/segment-format.ts';
import { errnoOf, type Disk, type DiskFile } from '@jitos/daemon/ports/disk.ts';
import { BATCH_HEADER_SIZE_BYTES, type Batch, type Log } from '@jitos/daemon/ports/log.ts';
import type { RewriteIndex } from '@jitos/daemon/ports/rewrite-index.ts';
import type { TreeHashes } from '@jitos/daemon/ports/tree-hashes.ts';
import type { Bytes, Command, Digest } from '@jitos/kernel';
import { forwardDisk } from './forward-disk.ts';
import type { Wrapping } from './sim-world.ts';

export interface SeededBug {
  readonly name: string;
  readonly wrapping: Wrapping;
  /** What the broken law says: any of the things that may come of it first. */
  readonly breaks: RegExp;
}

const MISSING = /acknowledged events are missing|is another than before/;
const UNOPENED = /the world can't be opened/;

function either(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'));
}

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'syncs are dropped',
    wrapping: { disk: (disk) => forwardDisk(disk, () => ({ sync: () => Promise.resolve() })) },
    breaks: either(/checkpoint \d+, which nothing happened to, is of no use/, UNOPENED),
  },
  {
    name: 'durable writes stay in the cache',
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), open: (path, mode) => disk.open(path, cached(mode)) }) },
    breaks: either(MISSING, UNOPENED),
  },
  {
    name: "a folder's names are not synced",
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), syncFolder: () => undefined }) },
    breaks: either(MISSING, UNOPENED),
  },
  {
    name: "a batch's checksum is not checked",
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, path) => (path.endsWith('.log') ? withGoodChecksums(file) : {})),
    },
    breaks: either(/went unnoticed/, UNOPENED),
  },
  {
    name: 'a torn tail is kept',
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, _, mode) => (mode === 'durable' ? withoutErasing(file) : {})),
    },
    breaks: /a torn tail was kept/,
  },
  {
    name: 'the last batch is not written again',
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, _, mode) => (mode === 'durable' ? withoutRepeating(file) : {})),
    },
    breaks: either(MISSING, UNOPENED),
  },
  {
    name: 'a full disk is taken for a good one',
    wrapping: { disk: (disk) => forwardDisk(disk, (file) => withoutFault(file, 'ENOSPC')) },
    breaks: either(MISSING, UNOPENED, /is of no use/, /the index of/),
  },
  {
    name: 'the lock keeps nobody out',
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), lock: () => ({ release: () => undefined }) }) },
    breaks: /a second writer has opened the log/,
  },
  {
    name: 'replies leave before their batch is durable',
    wrapping: { log: (log) => new HastyLog(log) },
    breaks: either(MISSING, /event \d+ is not in the log/),
  },
  {
    name: 'the events of a batch are in another order',
    wrapping: { log: (log) => changeLog(log, { batch: (batch) => ({ ...batch, events: batch.events.toReversed() }) }) },
    breaks: either(UNOPENED, /the event calls itself/),
  },
  {
    name: 'an event is read twice',
    wrapping: { log: (log) => changeLog(log, { readTwice: true }) },
    breaks: either(UNOPENED, /the event calls itself/),
  },
  {
    name: 'an index forgets what was committed',
    wrapping: { rewrites: (index) => withoutCommits(index) },
    breaks: /the index of .* is wrong/,
  },
  {
    name: 'the tree takes a leaf for another',
    wrapping: { hashes: (hashes) => withWrongLeaves(hashes) },
    breaks: either(UNOPENED, /the tree’s hashes are those of another history/),
  },
  {
    name: 'a checkpoint lacks a record',
    wrapping: { checkpoints: (parts) => new HoleyCheckpoints(parts) },
    breaks: /checkpoint \d+, which nothing happened to, is of no use/,
  },
  {
    name: 'a retry is forgotten when the process dies',
    wrapping: { command: (command, life) => renamed(command, life) },
    breaks: /a retry acted twice/,
  },
  {
    name: 'a rewrite leaks into another workspace',
    wrapping: { command: (command) => strayed(command) },
    breaks: /the rewrite went to another view/,
  },
];

function cached(mode: Parameters<Disk['open']>[1]): Parameters<Disk['open']>[1] {
  return mode === 'durable' ? 'write' : mode;
}

const CRC_OFFSET = 52;

/** Readers get every batch with the checksum that its bytes should have. */
function withGoodChecksums(file: DiskFile): Partial<DiskFile> {
  const readSync = (into: Uint8Array, offset: number): number => {
    const whole = Buffer.alloc(file.sizeBytes());
    file.readSync(whole, 0);
    const mark = headerBytesToBatchMark(whole.subarray(0, SEGMENT_HEADER_SIZE_BYTES));
    for (let at = SEGMENT_HEADER_SIZE_BYTES; at + BATCH_HEADER_SIZE_BYTES <= whole.length;) {
      const head = decodeBatchHead(whole.subarray(at), mark);
      if (typeof head === 'string' || at + head.sizeBytes > whole.length) break;
      const batch = whole.subarray(at, at + head.sizeBytes);
      batch.writeUInt32LE(
        crc32c(batch, BATCH_HEADER_SIZE_BYTES, batch.length, crc32c(batch, 0, CRC_OFFSET)),
        CRC_OFFSET,
      );
      at += head.sizeBytes;
    }
    return whole.copy(into, 0, offset);
  };
  return { readSync, read: (into, offset) => Promise.resolve(readSync(into, offset)) };
}

function withoutErasing(file: DiskFile): Partial<DiskFile> {
  return {
    write: async (bytes, sizeBytes, offset) => {
      if (bytes.subarray(0, sizeBytes).some((byte) => byte !== 0)) await file.write(bytes, sizeBytes, offset);
    },
  };
}

function withoutRepeating(file: DiskFile): Partial<DiskFile> {
  return {
    write: async (bytes, sizeBytes, offset) => {
      const there = Buffer.alloc(sizeBytes);
      await file.read(there, offset);
      if (!there.equals(bytes.subarray(0, sizeBytes))) await file.write(bytes, sizeBytes, offset);
    },
  };
}

function withoutFault(file: DiskFile, errno: string): Partial<DiskFile> {
  const rethrowOther = (fault: unknown): void => {
    if (errnoOf(fault) !== errno) throw fault;
  };
  return {
    write: (bytes, sizeBytes, offset) => file.write(bytes, sizeBytes, offset).catch(rethrowOther),
    writeSync: (bytes, sizeBytes, offset) => {
      try {
        file.writeSync(bytes, sizeBytes, offset);
      } catch (fault) {
        rethrowOther(fault);
      }
    },
  };
}

/** Says that a batch is durable at once, and writes it one batch later; the first event excepted. */
class HastyLog implements Log {
  readonly #log: Log;
  #waiting: Batch | undefined;

  constructor(log: Log) {
    this.#log = log;
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

function changeLog(log: Log, { batch: change = (batch) => batch, readTwice = false }: LogChange): Log {
  return {
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

function withoutCommits(index: RewriteIndex): RewriteIndex {
  return {
    get length() {
      return index.length;
    },
    append: (entries) => index.append(entries.map((entry) => ({ ...entry, views: entry.views.slice(0, 1) }))),
    page: (view, after, limit) => index.page(view, after, limit),
    lastOf: (view) => index.lastOf(view),
    last: (limit) => index.last(limit),
    close: () => index.close(),
  };
}

/** Where several leaves come together the first stands for all. */
function withWrongLeaves(hashes: TreeHashes): TreeHashes {
  return {
    get length() {
      return hashes.length;
    },
    append: (leaves) => hashes.append(leaves.map((leaf) => leaves[0] ?? leaf)),
    hashAt: (level, index) => hashes.hashAt(level, index),
    clear: () => hashes.clear(),
    close: () => hashes.close(),
  };
}

class HoleyCheckpoints extends FileCheckpoints {
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

function renamed(command: Command, life: number): Command {
  return command.requestId === null ? command : { ...command, requestId: `${command.requestId} of ${life}` };
}

function strayed(command: Command): Command {
  if (command.type !== 'applyRewrite' || command.view === 'system' || command.view === 0) return command;
  return { ...command, view: command.view - 1 };
}
