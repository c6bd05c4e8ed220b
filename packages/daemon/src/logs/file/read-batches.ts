/** Reads a range of a log's history, segment by segment, in blocks of bounded size. */
import { join } from 'node:path';
import type { Disk } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import type { Batch } from '../../ports/log.ts';
import { BatchCursor } from './batch-cursor.ts';
import { decodeBatch } from './batch-codec.ts';
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
  for (let i = segmentPosition(segments, fromIdx); nextIdx < endIdx; i++) {
    const segment = segments[i];
    if (segment === undefined) throw new Error(`no segment holds idx ${nextIdx}`);
    for await (const batch of readSegment(disk, folder, segment, nextIdx, endIdx)) {
      nextIdx = batch.firstIdx + batch.events.length;
      yield batch;
    }
  }
}

async function* readSegment(
  disk: Disk,
  folder: string,
  segment: Segment,
  fromIdx: number,
  endIdx: number,
): AsyncGenerator<Batch, void, void> {
  const start = segment.seek(fromIdx);
  const segmentEndIdx = Math.min(segment.endIdx, endIdx);
  let nextIdx = start.firstIdx;
  let file;
  try {
    file = disk.open(join(folder, segment.name), 'read');
    const cursor = new BatchCursor(file, segment.header.batchMark, start);
    while (nextIdx < segmentEndIdx) {
      const step = await cursor.next();
      if (step.kind !== 'batch') {
        const detail = step.kind === 'fault' ? step.detail : 'a batch that was there is gone';
        throw damageToFailure(folder, { reason: 'LOG_DAMAGED', segment: segment.name, offset: step.offset, detail });
      }
      nextIdx += step.head.count;
      if (nextIdx > fromIdx) yield decodeBatch(step.bytes, step.head);
    }
  } catch (fault) {
    throw errnoOf(fault) === '' ? fault : diskFaultToFailure(fault, join(folder, segment.name), 'reading the log');
  } finally {
    file?.close();
  }
}
