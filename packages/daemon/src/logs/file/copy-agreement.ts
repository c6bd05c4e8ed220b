/** Whether a segment and a copy of it tell one history. */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { sameBytes, withFile } from './copy-file.ts';
import type { LogFolder, SegmentLook } from './inspect-log.ts';
import { SEGMENT_HEADER_SIZE_BYTES } from './segment-format.ts';
import type { BatchPlace } from './segment-table.ts';

/** A segment that was looked at, and where. */
export interface PlacedSegment extends LogFolder {
  readonly look: SegmentLook;
}

/** Throws `COPY_UNFIT` unless what is whole in both is the same in both. */
export async function mustAgree(own: PlacedSegment, copy: PlacedSegment): Promise<void> {
  const offsets = new Set(copy.look.batches.map(({ offset }) => offset));
  const isLostThere = (batch: BatchPlace): boolean =>
    !copy.look.batches.some((each) => each.offset < endOf(batch) && batch.offset < endOf(each));
  const path = join(copy.folder, copy.look.name);
  await withFile(copy.disk.open(path, 'read'), (there) =>
    withFile(own.disk.open(join(own.folder, own.look.name), 'read'), async (here) => {
      for (const batch of own.look.batches) {
        const { offset, firstIdx } = batch;
        if (offset >= endOffsetOf(copy.look)) return;
        const isAlike = offsets.has(offset)
          ? await sameBytes(here, there, { offset, end: endOf(batch) })
          : isLostThere(batch);
        if (!isAlike) throw unfit(`${path}@${offset}`, `it holds another history from event ${firstIdx} on`);
      }
    }),
  );
}

/** Where the last whole batch of a segment ends. */
export function endOffsetOf({ batches }: Pick<SegmentLook, 'batches'>): number {
  const last = batches.at(-1);
  return last === undefined ? SEGMENT_HEADER_SIZE_BYTES : endOf(last);
}

function endOf({ offset, sizeBytes }: BatchPlace): number {
  return offset + sizeBytes;
}

export function unfit(place: string, detail: string): Failure {
  return new Failure('COPY_UNFIT', place, detail);
}
