/** Reads a range of a log's history, segment by segment, in blocks of bounded size. */
import { join } from 'node:path';
import { errnoOf, type Disk, type DiskFile } from '../../ports/disk.ts';
import type { Batch } from '../../ports/log.ts';
import { archivedFailure, readBase } from './base-files.ts';
import type { CursorStep } from './batch-cursor.ts';
import { BatchCursor } from './batch-cursor.ts';
import { decodeBatch } from './batch-codec.ts';
import type { Damage } from './log-failures.ts';
import { damageToFailure, diskFaultToFailure } from './log-failures.ts';
import type { Segment } from './segment-table.ts';
import { segmentPosition } from './segment-table.ts';

/**
 * Yields the whole batches that hold the events from `fromIdx` to before `endIdx`, which is a batch's end. `segments`
 * may grow meanwhile. Whatever is on the disk is checked again: only what was appended is ever yielded.
 */
export async function* readBatches(
  disk: Disk,
  folder: string,
  segments: readonly Segment[],
  fromIdx: number,
  endIdx: number,
): AsyncGenerator<Batch, void, void> {
  if (!Number.isSafeInteger(fromIdx) || fromIdx < 0) throw new Error(`${fromIdx} is no idx`);
  if (fromIdx >= endIdx) return;
  let nextIdx = fromIdx;
  while (nextIdx < endIdx) {
    // Asked anew each time: segments come at the end, and go at the start when they are archived.
    const segment = segments[segmentPosition(segments, nextIdx)];
    if (segment === undefined || segment.endIdx <= nextIdx) throw new Error(`no segment holds idx ${nextIdx}`);
    const { firstIdx } = segment.header;
    if (nextIdx < firstIdx) throw archivedFailure({ disk, folder }, firstIdx, `event ${nextIdx}`);
    const segmentEndIdx = Math.min(segment.endIdx, endIdx);
    const reader = new SegmentReader(disk, folder, segment, nextIdx);
    try {
      while (nextIdx < segmentEndIdx) {
        const batch = await reader.next();
        nextIdx = batch.firstIdx + batch.events.length;
        yield batch;
      }
    } finally {
      reader.close();
    }
  }
}

/** Reads one segment's batches from the one that holds `fromIdx` on, which must be there. */
class SegmentReader {
  readonly #folder: string;
  readonly #segment: Segment;
  readonly #fromIdx: number;
  readonly #file: DiskFile;
  readonly #cursor: BatchCursor;

  constructor(disk: Disk, folder: string, segment: Segment, fromIdx: number) {
    this.#folder = folder;
    this.#segment = segment;
    this.#fromIdx = fromIdx;
    try {
      this.#file = disk.open(join(folder, segment.name), 'read');
    } catch (fault) {
      // It may have been archived since the log was opened, by the process that writes it.
      const { archivedEvents = 0 } = errnoOf(fault) === 'ENOENT' ? (readBase({ disk, folder }) ?? {}) : {};
      if (segment.header.firstIdx < archivedEvents)
        throw archivedFailure({ disk, folder }, archivedEvents, `event ${fromIdx}`);
      throw diskFaultToFailure(fault, join(folder, segment.name), 'reading the log');
    }
    this.#cursor = new BatchCursor(this.#file, segment.header.batchMark, segment.seek(fromIdx));
  }

  async next(): Promise<Batch> {
    for (;;) {
      const step = await this.#step();
      if (step.kind !== 'batch') {
        const detail = step.kind === 'fault' ? step.detail : 'a batch that was there is gone';
        const damage: Damage = { reason: 'LOG_DAMAGED', segment: this.#segment.name, offset: step.offset, detail };
        throw damageToFailure(this.#folder, damage);
      }
      const { place, bytes } = step;
      this.#segment.learn(place);
      if (place.firstIdx + place.count > this.#fromIdx) return decodeBatch(bytes, place);
    }
  }

  close(): void {
    this.#file.close();
  }

  async #step(): Promise<CursorStep> {
    try {
      return await this.#cursor.next();
    } catch (fault) {
      throw diskFaultToFailure(fault, join(this.#folder, this.#segment.name), 'reading the log');
    }
  }
}
