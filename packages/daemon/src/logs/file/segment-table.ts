/**
 * Where events are: the segments of a log, and in each a sparse index of its batches.
 *
 * One entry stands for about 64 KiB of log, so a reader finds any event after one seek and at most that much reading,
 * and the table takes 16 bytes of memory per 64 KiB of history.
 */
import type { SegmentHeader } from './segment-format.ts';
import { SEGMENT_HEADER_SIZE_BYTES } from './segment-format.ts';

const ENTRY_SPACING_BYTES = 64 * 1024;

/** Where a whole batch stands in a segment. */
export interface BatchPlace {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly firstIdx: number;
  readonly count: number;
}

/** One segment and the whole batches in it. */
export class Segment {
  readonly name: string;
  readonly header: SegmentHeader;
  readonly #firstIdxs: number[] = [];
  readonly #offsets: number[] = [];
  #lastBatch: BatchPlace | undefined;
  /** Where the next segment begins, if this one was not walked: nothing is known of its batches. */
  readonly #unwalkedEndIdx: number | undefined;

  constructor(name: string, header: SegmentHeader, unwalkedEndIdx?: number) {
    this.name = name;
    this.header = header;
    this.#unwalkedEndIdx = unwalkedEndIdx;
  }

  /** Number of events up to the end of this segment's last batch. */
  get endIdx(): number {
    if (this.#unwalkedEndIdx !== undefined) return this.#unwalkedEndIdx;
    return this.#lastBatch === undefined ? this.header.firstIdx : this.#lastBatch.firstIdx + this.#lastBatch.count;
  }

  /** Where the next batch goes. */
  get endOffset(): number {
    return this.#lastBatch === undefined
      ? SEGMENT_HEADER_SIZE_BYTES
      : this.#lastBatch.offset + this.#lastBatch.sizeBytes;
  }

  get lastBatch(): BatchPlace | undefined {
    return this.#lastBatch;
  }

  addBatch(batch: BatchPlace): void {
    this.#lastBatch = batch;
    this.learn(batch);
  }

  /** Takes a batch that a reader came by, in the order of reading, so that a segment that was not walked is soon known. */
  learn({ offset, firstIdx }: BatchPlace): void {
    const lastEntryOffset = this.#offsets.at(-1);
    if (lastEntryOffset !== undefined && offset - lastEntryOffset < ENTRY_SPACING_BYTES) return;
    this.#firstIdxs.push(firstIdx);
    this.#offsets.push(offset);
  }

  /** Offset and first idx of an indexed batch at or before the one that holds `idx`. */
  seek(idx: number): { readonly offset: number; readonly firstIdx: number } {
    const entry = lastAtMost(this.#firstIdxs.length, (i) => this.#firstIdxs[i]!, idx);
    return entry < 0
      ? { offset: SEGMENT_HEADER_SIZE_BYTES, firstIdx: this.header.firstIdx }
      : { offset: this.#offsets[entry]!, firstIdx: this.#firstIdxs[entry]! };
  }
}

/** Position of the segment that holds event `idx`; `segments` are in order and not empty. */
export function segmentPosition(segments: readonly Segment[], idx: number): number {
  return Math.max(
    0,
    lastAtMost(segments.length, (i) => segments[i]!.header.firstIdx, idx),
  );
}

/** The last of `count` ascending values that is at most `bound`; −1 when all are above it. */
function lastAtMost(count: number, valueAt: (i: number) => number, bound: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) <= bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
