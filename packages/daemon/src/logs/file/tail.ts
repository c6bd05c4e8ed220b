/**
 * The end of the log: the segment that is written to, the zeros ahead of it, and the segment after it.
 *
 * - T1 A batch goes only into zeros that were durable before (`ZeroedFile`); they are made in the background, a step
 *   ahead, and a writer waits for them only when it has caught up.
 * - T2 A segment gets its name only when its header is durable, and its first batch only when its name is. Until
 *   then it is the `spare`, a file that every open removes.
 * - T3 When the disk refuses (full, read-only) nothing changes: the next call tries again.
 */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { diskFaultToFailure, isDiskFull, isRefusedByDisk } from './log-failures.ts';
import type { SegmentHeader } from './segment-format.ts';
import {
  encodeSegmentHeader,
  headerBytesToBatchMark,
  SEGMENT_HEADER_SIZE_BYTES,
  SEGMENT_SIZE_BYTES,
  segmentName,
} from './segment-format.ts';
import { Segment } from './segment-table.ts';
import { ZeroedFile } from './zeros.ts';

export const SPARE_NAME = 'spare.tmp';

/** How large segments are and how their zeros grow. Readers need none of it. */
export interface SegmentGeometry {
  /** A batch that would cross it opens a new segment. */
  readonly sizeBytes: number;
  /** First zeros of a segment; they double from there. */
  readonly growthBytesMin: number;
  /** No step is longer. */
  readonly growthBytesMax: number;
}

export const SEGMENT_GEOMETRY: SegmentGeometry = {
  sizeBytes: SEGMENT_SIZE_BYTES,
  growthBytesMin: 1024 * 1024,
  growthBytesMax: 8 * 1024 * 1024,
};

export class Tail {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #geometry: SegmentGeometry;
  #segment: Segment;
  #durable: DiskFile;
  #zeros: ZeroedFile;
  #spare: ZeroedFile | undefined;
  /** The disk refused the background, for want of room say: nothing is made ahead until a writer was served. */
  #isRefused = false;
  /** The background met another fault, which the next writer gets. */
  #failure: Failure | undefined;

  /** Takes over the end of a log that was walked and repaired. */
  constructor(disk: Disk, folder: string, geometry: SegmentGeometry, segment: Segment) {
    const path = join(folder, segment.name);
    this.#disk = disk;
    this.#folder = folder;
    this.#geometry = geometry;
    this.#segment = segment;
    this.#durable = disk.open(path, 'durable');
    this.#zeros = new ZeroedFile(disk.open(path, 'write'), this.#durable.sizeBytes());
  }

  get segment(): Segment {
    return this.#segment;
  }

  /** The segment's file, open for durable writes. */
  get durable(): DiskFile {
    return this.#durable;
  }

  /** True when a batch of this size can be written at once. */
  hasRoom(sizeBytes: number): boolean {
    return this.#failure === undefined && this.#segment.endOffset + sizeBytes <= this.#zeros.zeroedEnd;
  }

  /** Makes room for a batch of this size, in a new segment if need be. Throws a `Failure`, or the disk's own fault. */
  async makeRoom(sizeBytes: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const end = this.#segment.endOffset + sizeBytes;
    if (end > this.#geometry.sizeBytes && this.#segment.lastBatch !== undefined) await this.#rotate(sizeBytes);
    else await this.#grow(this.#zeros, end);
    this.#isRefused = false;
  }

  /** Starts what the next batches will need, in the background. Cheap when nothing is due. */
  prepareAhead(): void {
    if (this.#isRefused || this.#zeros.isGrowing || this.#spare !== undefined) return;
    const { endOffset } = this.#segment;
    const { zeroedEnd } = this.#zeros;
    if (zeroedEnd < this.#geometry.sizeBytes) {
      const step = this.#stepFrom(zeroedEnd);
      if (zeroedEnd - endOffset < step / 2) this.#inBackground(() => this.#zeros.growTo(zeroedEnd + step));
    } else if (endOffset > this.#geometry.sizeBytes / 2) {
      this.#inBackground(() => this.#makeSpare().growTo(this.#geometry.growthBytesMax));
    }
  }

  /** Leaves the spare to the next open. */
  async close(): Promise<void> {
    await this.#zeros.close();
    await this.#spare?.close();
    this.#durable.close();
  }

  /** Doubling, within the geometry's bounds. */
  #stepFrom(zeroedEnd: number): number {
    const { sizeBytes, growthBytesMin, growthBytesMax } = this.#geometry;
    return Math.min(Math.max(zeroedEnd, growthBytesMin), growthBytesMax, Math.max(0, sizeBytes - zeroedEnd));
  }

  /** Zeros up to `end` at least: a whole step, or as much of it as the disk has room for. */
  async #grow(zeros: ZeroedFile, end: number): Promise<void> {
    const { zeroedEnd } = zeros;
    if (zeroedEnd >= end) return;
    for (let step = this.#stepFrom(zeroedEnd); ; step /= 2) {
      const isLast = zeroedEnd + step <= end;
      try {
        return await zeros.growTo(isLast ? end : Math.ceil(zeroedEnd + step));
      } catch (fault) {
        if (isLast || !isDiskFull(fault)) throw fault;
      }
    }
  }

  async #rotate(sizeBytes: number): Promise<void> {
    const spare = this.#spare ?? this.#makeSpare();
    await this.#grow(spare, SEGMENT_HEADER_SIZE_BYTES + sizeBytes);
    const { worldId, ordinal } = this.#segment.header;
    const firstIdx = this.#segment.endIdx;
    const header = await publishSegment(this.#disk, this.#folder, { worldId, ordinal: ordinal + 1, firstIdx });
    const segment = new Segment(segmentName(firstIdx), header);
    const durable = mustOpenPublished(this.#disk, join(this.#folder, segment.name));
    await this.#zeros.close();
    this.#durable.close();
    this.#segment = segment;
    this.#durable = durable;
    this.#zeros = spare;
    this.#spare = undefined;
  }

  #makeSpare(): ZeroedFile {
    this.#spare = ZeroedFile.create(this.#disk, join(this.#folder, SPARE_NAME));
    return this.#spare;
  }

  #inBackground(work: () => Promise<void>): void {
    const failed = (fault: unknown): void => {
      if (isRefusedByDisk(fault)) this.#isRefused = true;
      else this.#failure = diskFaultToFailure(fault, this.#folder, 'making zeros ahead of the log');
    };
    try {
      work().catch(failed);
    } catch (fault) {
      failed(fault);
    }
  }
}

/**
 * Makes the spare the next segment: header, then name, each durable before the next. Once the name is taken there is
 * no way back, so a fault from there on is final, even that of a full disk.
 */
export async function publishSegment(
  disk: Disk,
  folder: string,
  segment: Omit<SegmentHeader, 'batchMark'>,
): Promise<SegmentHeader> {
  const bytes = encodeSegmentHeader(segment);
  const sparePath = join(folder, SPARE_NAME);
  const file = disk.open(sparePath, 'durable');
  try {
    await file.write(bytes, bytes.length, 0);
  } finally {
    file.close();
  }
  const path = join(folder, segmentName(segment.firstIdx));
  disk.rename(sparePath, path);
  try {
    disk.syncFolder(folder);
  } catch (cause) {
    throw publishFailure(path, cause);
  }
  return { ...segment, batchMark: headerBytesToBatchMark(bytes) };
}

function mustOpenPublished(disk: Disk, path: string): DiskFile {
  try {
    return disk.open(path, 'durable');
  } catch (cause) {
    throw publishFailure(path, cause);
  }
}

function publishFailure(path: string, cause: unknown): Failure {
  const detail = `a new segment could not be taken into use: ${errnoOf(cause)}; check the disk, then start again`;
  return new Failure('LOG_FAILED', path, detail, { cause });
}
