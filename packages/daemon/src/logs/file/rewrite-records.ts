/**
 * The file of rewrite records: fixed width, append-only, its newest part in memory. Derived from the log, so it is
 * never synced; each record carries a checksum instead, and opening keeps the records up to the first bad one.
 *
 * A record is ten doubles in the machine's order (the file never leaves it): checksum of the rest, event idx, and two
 * links of four: view, ordinal within the view, rewriteIdx of the one before, rewriteIdx of the one it jumps to.
 * The file begins with one record's worth of header: magic, version, world id, checksum.
 */
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { crc32c } from './crc32c.ts';
import { isDiskFull } from './log-failures.ts';

const RECORD_LENGTH = 10;
const RECORD_SIZE_BYTES = RECORD_LENGTH * 8;
const LINK_OFFSET = 2;
const LINK_LENGTH = 4;
const NO_VIEW = -2;
const MAGIC = 'JITOSRWX';
const VERSION = 0;
/** Records that a full buffer writes at once. */
const BUFFER_COUNT = 1024;
/** Records read at once: those of a page mostly stand near each other. */
const BLOCK_COUNT = 64;
const SCAN_COUNT = 16 * 1024;

/** Where a rewrite stands in one of its views. */
export interface Link {
  /** −1 for System, else the workspace's number. */
  readonly view: number;
  /** Number of the view's rewrites before it. */
  readonly ordinal: number;
  /** rewriteIdx of the view's rewrite before it; its own for the first. */
  readonly previous: number;
  /** rewriteIdx of the one at `jumpOrdinal(ordinal)`. */
  readonly jump: number;
}

export interface RewriteRecord {
  readonly eventIdx: number;
  /** One or two. */
  readonly links: readonly Link[];
}

export class RewriteRecords {
  readonly #path: string;
  readonly #file: DiskFile;
  /** Records in the file; the rest is in the buffer. */
  #writtenCount: number;
  #bufferedCount = 0;
  #buffer: Float64Array = new Float64Array(BUFFER_COUNT * RECORD_LENGTH);
  /** The block that was read last, from `#blockStart`; written records never change. */
  readonly #block: Float64Array = new Float64Array(BLOCK_COUNT * RECORD_LENGTH);
  #blockStart = 0;
  #blockCount = 0;

  private constructor(path: string, file: DiskFile, writtenCount: number) {
    this.#path = path;
    this.#file = file;
    this.#writtenCount = writtenCount;
  }

  /**
   * Opens the file, made anew unless it is this world's. Keeps the records up to the first that is damaged or not of an
   * event before `eventIdxEnd`, and hands each to `onRecord`.
   */
  static open(options: {
    readonly disk: Disk;
    readonly path: string;
    readonly worldId: Uint8Array;
    readonly eventIdxEnd: number;
    readonly onRecord: (rewriteIdx: number, record: RewriteRecord) => void;
  }): RewriteRecords {
    const { disk, path, worldId, eventIdxEnd, onRecord } = options;
    const header = encodeHeader(worldId);
    const kept = openKept(disk, path, header, 'write');
    if (kept === undefined) {
      const file = disk.open(path, 'create');
      file.writeSync(header, header.length, 0);
      return new RewriteRecords(path, file, 0);
    }
    const count = scan(kept, eventIdxEnd, onRecord);
    kept.truncate(RECORD_SIZE_BYTES * (1 + count));
    return new RewriteRecords(path, kept, count);
  }

  get count(): number {
    return this.#writtenCount + this.#bufferedCount;
  }

  push({ eventIdx, links }: RewriteRecord): void {
    if (this.#bufferedCount * RECORD_LENGTH === this.#buffer.length) this.#makeRoom();
    const record = recordAt(this.#buffer, this.#bufferedCount);
    record.fill(0);
    record[1] = eventIdx;
    for (let i = 0; i < 2; i++) {
      const { view, ordinal, previous, jump } = links[i] ?? { view: NO_VIEW, ordinal: 0, previous: 0, jump: 0 };
      record.set([view, ordinal, previous, jump], LINK_OFFSET + i * LINK_LENGTH);
    }
    record[0] = recordCrc(record);
    this.#bufferedCount++;
  }

  get(rewriteIdx: number): RewriteRecord {
    const buffered = rewriteIdx - this.#writtenCount;
    if (buffered >= 0) return decodeRecord(recordAt(this.#buffer, buffered));
    if (rewriteIdx < this.#blockStart || rewriteIdx >= this.#blockStart + this.#blockCount) this.#readBlock(rewriteIdx);
    const record = recordAt(this.#block, rewriteIdx - this.#blockStart);
    if (recordCrc(record) !== record[0]) {
      const detail = `record ${rewriteIdx} changed under an open index; it is derived: stop, delete it, and start again`;
      throw new Failure('LOG_DAMAGED', this.#path, detail);
    }
    return decodeRecord(record);
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      this.#file.close();
    }
  }

  #readBlock(rewriteIdx: number): void {
    this.#blockStart = rewriteIdx - (rewriteIdx % BLOCK_COUNT);
    this.#block.fill(0);
    const read = this.#file.readSync(bytesOf(this.#block), RECORD_SIZE_BYTES * (1 + this.#blockStart));
    this.#blockCount = Math.min(Math.floor(read / RECORD_SIZE_BYTES), this.#writtenCount - this.#blockStart);
  }

  /** Empties the buffer into the file, or makes it larger while the disk is full. */
  #makeRoom(): void {
    if (this.#flush()) return;
    const larger = new Float64Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  #flush(): boolean {
    const bytes = bytesOf(this.#buffer.subarray(0, this.#bufferedCount * RECORD_LENGTH));
    try {
      this.#file.writeSync(bytes, bytes.length, RECORD_SIZE_BYTES * (1 + this.#writtenCount));
    } catch (fault) {
      if (!isDiskFull(fault)) throw fault;
      return false;
    }
    this.#writtenCount += this.#bufferedCount;
    this.#bufferedCount = 0;
    return true;
  }
}

/**
 * Why an opening would drop something of the file, without changing it; undefined if it is whole. A running daemon
 * holds the newest records in memory: they are not missed.
 */
export function findRewriteRecordsFault(options: {
  readonly disk: Disk;
  readonly path: string;
  readonly worldId: Uint8Array;
  readonly eventIdxEnd: number;
}): string | undefined {
  const { disk, path, worldId, eventIdxEnd } = options;
  const file = openKept(disk, path, encodeHeader(worldId), 'read');
  if (file === undefined) return 'the file does not begin as one of this world does';
  try {
    const recordCount = Math.floor(file.sizeBytes() / RECORD_SIZE_BYTES) - 1;
    const goodCount = scan(file, eventIdxEnd, () => undefined);
    if (goodCount >= recordCount) return undefined;
    return `record ${goodCount} of ${recordCount} is damaged, or of an event that the log does not hold`;
  } finally {
    file.close();
  }
}

/** The file if it is there and begins with `header`. */
function openKept(disk: Disk, path: string, header: Uint8Array, mode: 'read' | 'write'): DiskFile | undefined {
  let file: DiskFile;
  try {
    file = disk.open(path, mode);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
  const found = Buffer.alloc(header.length);
  file.readSync(found, 0);
  if (found.equals(header)) return file;
  file.close();
  return undefined;
}

/** Counts the good records from the beginning and hands them out. */
function scan(
  file: DiskFile,
  eventIdxEnd: number,
  onRecord: (rewriteIdx: number, record: RewriteRecord) => void,
): number {
  const block = new Float64Array(SCAN_COUNT * RECORD_LENGTH);
  let rewriteIdx = 0;
  let eventIdxBefore = -1;
  for (;;) {
    const read = file.readSync(bytesOf(block), RECORD_SIZE_BYTES * (1 + rewriteIdx));
    const count = Math.floor(read / RECORD_SIZE_BYTES);
    for (let i = 0; i < count; i++) {
      const record = recordAt(block, i);
      const eventIdx = record[1]!;
      if (recordCrc(record) !== record[0] || eventIdx <= eventIdxBefore || eventIdx >= eventIdxEnd) return rewriteIdx;
      onRecord(rewriteIdx, decodeRecord(record));
      eventIdxBefore = eventIdx;
      rewriteIdx++;
    }
    if (count < SCAN_COUNT) return rewriteIdx;
  }
}

function recordAt(records: Float64Array, position: number): Float64Array {
  return records.subarray(position * RECORD_LENGTH, (position + 1) * RECORD_LENGTH);
}

function decodeRecord(record: Float64Array): RewriteRecord {
  const linkAt = (at: number): Link => ({
    view: record[at]!,
    ordinal: record[at + 1]!,
    previous: record[at + 2]!,
    jump: record[at + 3]!,
  });
  const first = linkAt(LINK_OFFSET);
  const links = record[LINK_OFFSET + LINK_LENGTH] === NO_VIEW ? [first] : [first, linkAt(LINK_OFFSET + LINK_LENGTH)];
  return { eventIdx: record[1]!, links };
}

function encodeHeader(worldId: Uint8Array): Buffer {
  const header = Buffer.alloc(RECORD_SIZE_BYTES);
  header.write(MAGIC, 0, 'latin1');
  new Float64Array(header.buffer, header.byteOffset + 8, 1)[0] = VERSION;
  header.set(worldId, 16);
  header.writeUInt32LE(crc32c(header, 0, 76), 76);
  return header;
}

function recordCrc(record: Float64Array): number {
  return crc32c(bytesOf(record), 8, RECORD_SIZE_BYTES);
}

function bytesOf(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
