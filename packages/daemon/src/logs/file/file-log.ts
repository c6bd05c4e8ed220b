/**
 * The file log: a world's history in segments on a local disk. The format is `docs/spec/log.md`.
 *
 * - F1 One process a folder: the lock is held from open to close.
 * - F2 One batch is in flight, encoded into a buffer that is used again for the next.
 * - F3 Opening repairs what a crash may leave and nothing else: it cuts a torn tail, and writes the last batch once
 *   more, because a process that died may have left it in memory only. All other damage refuses to open.
 * - F4 A write that the disk refused (full, read-only) has left no trace or is erased before anything else, and may be
 *   tried again. If that fails too, or the fault is any other, the log is failed for good: what the disk holds is then
 *   known only to the next open.
 */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskLock } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import type { Batch, Log } from '../../ports/log.ts';
import { mustGetBatchSize } from '../batch-rules.ts';
import { encodeBatch } from './batch-codec.ts';
import { damageToFailure, diskFaultToFailure, isRefusedByDisk, logPlace, type Damage } from './log-failures.ts';
import { readBatches } from './read-batches.ts';
import { segmentNameToFirstIdx, WORLD_ID_SIZE_BYTES } from './segment-format.ts';
import type { Segment } from './segment-table.ts';
import type { SyncMode } from './sync-policy.ts';
import { SyncPolicy } from './sync-policy.ts';
import type { SegmentGeometry } from './tail.ts';
import { publishSegment, SEGMENT_GEOMETRY, SPARE_NAME, Tail } from './tail.ts';
import type { TornTail } from './walk-log.ts';
import { walkLog } from './walk-log.ts';
import { eraseRange, ZeroedFile } from './zeros.ts';

export const LOCK_NAME = 'lock.db';
const BUFFER_SIZE_BYTES = 1024 * 1024;

export interface FileLogOptions {
  /** Absolute path of the world's folder; nothing else writes there. */
  readonly folder: string;
  readonly disk: Disk;
  readonly sync: SyncMode;
  /**
   * Segments that end before this event are believed when the log is opened, and checked when they are read: the cost of
   * opening is that of what comes after it. 0, the default, checks all.
   */
  readonly checkFromIdx?: number;
  /** Told of a torn tail that opening has cut, once it is cut. */
  readonly onTornTail?: (cut: TornTail) => void;
  /** For tests; readers don't depend on it. */
  readonly geometry?: SegmentGeometry;
  /** Monotonic milliseconds. It steers only how a write waits, never what is written. */
  readonly nowMs?: () => number;
}

/**
 * Makes the log of a new world, `worldId` being 16 random bytes, and opens it. Throws `WORLD_EXISTS` when the folder
 * holds a log, and what `openFileLog` throws. A creation that a crash cut short is simply done again.
 */
export async function createFileLog(options: FileLogOptions & { readonly worldId: Uint8Array }): Promise<FileLog> {
  const { disk, folder, worldId, geometry = SEGMENT_GEOMETRY } = options;
  if (worldId.length !== WORLD_ID_SIZE_BYTES) throw new Error(`a world id has ${WORLD_ID_SIZE_BYTES} bytes`);
  try {
    disk.makeFolder(folder);
    disk.checkWritable(folder);
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, "making the log's folder");
  }
  return whileLocked(disk, folder, async (lock) => {
    if (hasSegments(disk, folder)) throw new Failure('WORLD_EXISTS', folder, 'the folder holds a log already');
    const zeros = ZeroedFile.create(disk, join(folder, SPARE_NAME));
    try {
      await zeros.growTo(geometry.growthBytesMin);
    } finally {
      await zeros.close();
    }
    await publishSegment(disk, folder, { ordinal: 0, firstIdx: 0, worldId: Uint8Array.from(worldId) });
    return recover(options, lock);
  });
}

/**
 * Opens a log for writing, repaired as F3 says. Throws `WORLD_NOT_FOUND`, `LOG_LOCKED`, `LOG_READ_ONLY`,
 * `LOG_DAMAGED`, `DATA_FORMAT_UNKNOWN` or `LOG_FAILED`.
 */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const { disk, folder } = options;
  mustHaveSegments(disk, folder);
  try {
    disk.checkWritable(folder);
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, 'opening the log');
  }
  return whileLocked(disk, folder, (lock) => recover(options, lock));
}

export class FileLog implements Log {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #lock: DiskLock;
  readonly #segments: Segment[];
  readonly #tail: Tail;
  readonly #policy: SyncPolicy;
  readonly #nowMs: () => number;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE_BYTES);
  /** What opening cut off, if anything. */
  readonly tornTail: TornTail | undefined;
  #length: number;
  #pending: Promise<void> | undefined;
  #failure: Failure | undefined;
  #closing: Promise<void> | undefined;

  /** Use `openFileLog` or `createFileLog`. */
  constructor(parts: {
    readonly options: FileLogOptions;
    readonly lock: DiskLock;
    readonly segments: Segment[];
    readonly tail: Tail;
    readonly tornTail: TornTail | undefined;
  }) {
    const { folder, disk, sync, nowMs } = parts.options;
    this.#folder = folder;
    this.#disk = disk;
    this.#lock = parts.lock;
    this.#segments = parts.segments;
    this.#tail = parts.tail;
    this.tornTail = parts.tornTail;
    this.#policy = new SyncPolicy(sync);
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#length = parts.tail.segment.endIdx;
    this.#tail.prepareAhead();
  }

  get length(): number {
    return this.#length;
  }

  get firstIdx(): number {
    return this.#segments[0]!.header.firstIdx; // the last one is always there
  }

  /** The segments, oldest first. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Lets go of the oldest segment, whose file is about to be removed; the one that is written to stays. */
  forgetFirstSegment(): void {
    if (this.#segments.length < 2) throw new Error('the last segment stays');
    this.#segments.shift();
  }

  /** 16 bytes, given when the world was made. */
  get worldId(): Uint8Array {
    return this.#tail.segment.header.worldId;
  }

  append(batch: Batch): Promise<void> | undefined {
    this.#mustBeUsable();
    if (this.#pending !== undefined) throw new Error('an append is pending: one batch is in flight at a time');
    const sizeBytes = mustGetBatchSize(batch, this.#length);
    if (this.#policy.isInline(sizeBytes) && this.#tail.hasRoom(sizeBytes)) return this.#appendInline(batch, sizeBytes);
    return this.#pend(this.#appendAsync(batch, sizeBytes));
  }

  batches(fromIdx: number): AsyncIterable<Batch> {
    this.#mustBeUsable();
    return readBatches(this.#disk, this.#folder, this.#segments, fromIdx, this.#length);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #appendInline(batch: Batch, sizeBytes: number): Promise<void> | undefined {
    const { segment, durable } = this.#tail;
    const buffer = this.#encode(batch, sizeBytes);
    const startMs = this.#nowMs();
    try {
      durable.writeSync(buffer, sizeBytes, segment.endOffset);
    } catch (fault) {
      return this.#pend(this.#writeFailed(fault, sizeBytes));
    }
    this.#policy.sampleInline(this.#elapsedUs(startMs));
    this.#written(batch, sizeBytes);
    return undefined;
  }

  async #appendAsync(batch: Batch, sizeBytes: number): Promise<void> {
    if (!this.#tail.hasRoom(sizeBytes)) await this.#makeRoom(sizeBytes);
    const { segment, durable } = this.#tail;
    const buffer = this.#encode(batch, sizeBytes);
    const startMs = this.#nowMs();
    try {
      await durable.write(buffer, sizeBytes, segment.endOffset);
    } catch (fault) {
      return this.#writeFailed(fault, sizeBytes);
    }
    this.#policy.sampleAsync(this.#elapsedUs(startMs), sizeBytes);
    this.#written(batch, sizeBytes);
  }

  /** Never negative, whatever the clock did. */
  #elapsedUs(startMs: number): number {
    return Math.max(0, this.#nowMs() - startMs) * 1000;
  }

  #pend(append: Promise<void>): Promise<void> {
    this.#pending = append.finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  #encode(batch: Batch, sizeBytes: number): Buffer {
    const buffer = sizeBytes <= BUFFER_SIZE_BYTES ? this.#buffer : Buffer.allocUnsafeSlow(sizeBytes);
    encodeBatch(buffer, batch, sizeBytes, this.#tail.segment.header.batchMark);
    return buffer;
  }

  #written(batch: Batch, sizeBytes: number): void {
    const { segment } = this.#tail;
    segment.addBatch({ offset: segment.endOffset, sizeBytes, firstIdx: batch.firstIdx, count: batch.events.length });
    this.#length = segment.endIdx;
    this.#tail.prepareAhead();
  }

  async #makeRoom(sizeBytes: number): Promise<void> {
    try {
      await this.#tail.makeRoom(sizeBytes);
    } catch (fault) {
      const failure = diskFaultToFailure(fault, this.#place(), 'making room for a batch');
      if (!isRefusedByDisk(fault)) this.#failure = failure;
      throw failure;
    }
    if (this.#segments.at(-1) !== this.#tail.segment) this.#segments.push(this.#tail.segment);
  }

  /** F4: throws what the disk refused when it shows no trace of the batch, else fails the log. */
  async #writeFailed(fault: unknown, sizeBytes: number): Promise<never> {
    const { segment, durable } = this.#tail;
    if (isRefusedByDisk(fault)) {
      const isErased = await eraseRange(durable, segment.endOffset, segment.endOffset + sizeBytes).then(
        () => true,
        () => false,
      );
      if (isErased) throw diskFaultToFailure(fault, this.#place(), 'writing a batch');
    }
    const detail = `writing a batch: ${errnoOf(fault)}, and whether it lasts is unknown; check the disk, then start again`;
    this.#failure = new Failure('LOG_FAILED', this.#place(), detail, { cause: fault });
    throw this.#failure;
  }

  #place(): string {
    return logPlace(this.#folder, this.#tail.segment.name, this.#tail.segment.endOffset);
  }

  #mustBeUsable(): void {
    if (this.#closing !== undefined) throw new Error('the log is closed');
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #close(): Promise<void> {
    await this.#pending?.catch(() => undefined); // its caller has the fault
    try {
      await this.#tail.close();
    } finally {
      this.#lock.release();
    }
  }
}

async function whileLocked(disk: Disk, folder: string, open: (lock: DiskLock) => Promise<FileLog>): Promise<FileLog> {
  const lock = lockLog(disk, folder);
  try {
    return await open(lock);
  } catch (fault) {
    lock.release();
    throw diskFaultToFailure(fault, folder, 'opening the log');
  }
}

/** Keeps every other process from writing to a log. Throws `LOG_LOCKED`, `LOG_READ_ONLY` or `LOG_FAILED`. */
export function lockLog(disk: Disk, folder: string): DiskLock {
  try {
    return disk.lock(join(folder, LOCK_NAME));
  } catch (fault) {
    if (errnoOf(fault) !== 'EBUSY')
      throw diskFaultToFailure(fault, join(folder, LOCK_NAME), "taking the folder's lock");
    throw new Failure('LOG_LOCKED', folder, 'another process has this log open; use that daemon, or stop it first', {
      cause: fault,
    });
  }
}

function hasSegments(disk: Disk, folder: string): boolean {
  return disk.list(folder).some((name) => segmentNameToFirstIdx(name) !== undefined);
}

/** Throws `WORLD_NOT_FOUND` unless the folder holds a log. */
export function mustHaveSegments(disk: Disk, folder: string): void {
  try {
    if (hasSegments(disk, folder)) return;
  } catch (fault) {
    if (errnoOf(fault) !== 'ENOENT') throw diskFaultToFailure(fault, folder, 'reading the folder');
  }
  throw new Failure('WORLD_NOT_FOUND', folder, 'the folder holds no log');
}

/** F3, under the lock. */
async function recover(options: FileLogOptions, lock: DiskLock): Promise<FileLog> {
  const { disk, folder, geometry = SEGMENT_GEOMETRY, checkFromIdx } = options;
  const fail = (damage: Damage): never => {
    throw damageToFailure(folder, damage);
  };
  const { segments, tornTail } = await walkLog(disk, folder, fail, checkFromIdx);
  const last = segments.at(-1);
  if (last === undefined) throw new Error('a log without damage has a segment');
  if (disk.list(folder).includes(SPARE_NAME)) disk.remove(join(folder, SPARE_NAME));
  disk.syncFolder(folder);
  const tail = new Tail(disk, folder, geometry, last);
  try {
    await rewriteLastBatch(tail);
    if (tornTail !== undefined) {
      await eraseRange(tail.durable, tornTail.offset, tornTail.offset + tornTail.sizeBytes);
      options.onTornTail?.(tornTail);
    }
  } catch (fault) {
    await tail.close();
    throw fault;
  }
  return new FileLog({ options, lock, segments: [...segments], tail, tornTail });
}

/** An earlier segment's batches need none of it: its successor was named after they were durable (T2). */
async function rewriteLastBatch({ segment, durable }: Tail): Promise<void> {
  const { lastBatch } = segment;
  if (lastBatch === undefined) return;
  const bytes = Buffer.allocUnsafeSlow(lastBatch.sizeBytes);
  await durable.read(bytes, lastBatch.offset);
  await durable.write(bytes, bytes.length, lastBatch.offset);
}
