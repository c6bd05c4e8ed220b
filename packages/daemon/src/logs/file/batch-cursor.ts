/**
 * Steps through the batches of one segment file, checking each, with a bounded block of it in memory.
 *
 * A step that fails its check is read once more from the file: the block may be older than a batch that a live writer
 * has put down since (readers without the lock meet this).
 */
import type { DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { BATCH_HEADER_SIZE_BYTES } from '../../ports/log.ts';
import { decodeBatchHead, findBatchFault } from './batch-codec.ts';
import type { BatchPlace } from './segment-table.ts';

/** Reads begin small, for who wants one batch, and double while they go on. */
const BLOCK_SIZE_BYTES_MIN = 64 * 1024;
const BLOCK_SIZE_BYTES_MAX = 512 * 1024;

export type CursorStep =
  /** A whole, valid batch that follows the one before it. `bytes` is never written to again. */
  | { readonly kind: 'batch'; readonly place: BatchPlace; readonly bytes: Buffer }
  /** Zeros, or the end of the file: as far as this place tells, the history ends here. */
  | { readonly kind: 'end'; readonly offset: number }
  | { readonly kind: 'fault'; readonly offset: number; readonly detail: string };

export class BatchCursor {
  readonly #file: DiskFile;
  readonly #mark: number;
  #offset: number;
  #nextIdx: number;
  #block: Buffer = Buffer.alloc(0);
  #blockOffset = 0;
  #blockSizeBytes = BLOCK_SIZE_BYTES_MIN;

  /** Begins at a batch boundary `offset`, where the batch at `nextIdx` is due. */
  constructor(file: DiskFile, mark: number, start: { readonly offset: number; readonly firstIdx: number }) {
    this.#file = file;
    this.#mark = mark;
    this.#offset = start.offset;
    this.#nextIdx = start.firstIdx;
  }

  /** Moves past a batch; at an end or a fault it stays, and may be asked again. */
  async next(): Promise<CursorStep> {
    let step = await this.#look();
    if (step.kind !== 'batch') {
      this.#block = Buffer.alloc(0);
      step = await this.#look();
    }
    if (step.kind === 'batch') {
      this.#offset += step.place.sizeBytes;
      this.#nextIdx += step.place.count;
    }
    return step;
  }

  /** A sector that the disk can't give back is a fault of the history, as wrong bytes are. */
  async #look(): Promise<CursorStep> {
    try {
      return await this.#check();
    } catch (fault) {
      if (errnoOf(fault) !== 'EIO') throw fault;
      return { kind: 'fault', offset: this.#offset, detail: 'the disk cannot read the batch (EIO)' };
    }
  }

  async #check(): Promise<CursorStep> {
    const offset = this.#offset;
    const headBytes = this.#cached(BATCH_HEADER_SIZE_BYTES) ?? (await this.#load(BATCH_HEADER_SIZE_BYTES));
    if (headBytes.length < BATCH_HEADER_SIZE_BYTES || headBytes.readUInt32LE(0) === 0) return { kind: 'end', offset };
    const head = decodeBatchHead(headBytes, this.#mark);
    if (typeof head === 'string') return { kind: 'fault', offset, detail: head };
    if (head.firstIdx !== this.#nextIdx) {
      return {
        kind: 'fault',
        offset,
        detail: `the batch begins at idx ${head.firstIdx} where ${this.#nextIdx} is due`,
      };
    }
    const bytes = this.#cached(head.sizeBytes) ?? (await this.#load(head.sizeBytes));
    if (bytes.length < head.sizeBytes)
      return { kind: 'fault', offset, detail: 'the batch runs past the end of the file' };
    const detail = findBatchFault(bytes, head);
    return detail === undefined
      ? { kind: 'batch', place: { offset, ...head }, bytes }
      : { kind: 'fault', offset, detail };
  }

  #cached(sizeBytes: number): Buffer | undefined {
    const start = this.#offset - this.#blockOffset;
    return start + sizeBytes <= this.#block.length ? this.#block.subarray(start, start + sizeBytes) : undefined;
  }

  /** Reads a new block at the offset; fewer than `sizeBytes` come back only at the end of the file. */
  async #load(sizeBytes: number): Promise<Buffer> {
    const block = Buffer.allocUnsafeSlow(Math.max(sizeBytes, this.#blockSizeBytes));
    this.#blockSizeBytes = Math.min(this.#blockSizeBytes * 2, BLOCK_SIZE_BYTES_MAX);
    const read = await this.#file.read(block, this.#offset);
    this.#block = block.subarray(0, read);
    this.#blockOffset = this.#offset;
    return this.#block.subarray(0, sizeBytes);
  }
}
