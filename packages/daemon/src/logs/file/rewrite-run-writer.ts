/** Writes a run's file, under its draft's name. */
import { join } from 'node:path';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { BLOCK_SIZE_BYTES, BlockEncoder } from './rewrite-block.ts';
import { RewriteRun } from './rewrite-run.ts';
import { encodeRunHeader, RUN_HEADER_SIZE_BYTES, runName, runSeed, type RunSpan } from './rewrite-run-format.ts';

/** Blocks that are written at once. */
const CHUNK_LENGTH = 16;
/** Written blocks are made to last this often: a long run, left to its end, would hold up every append to the log. */
const SYNC_EVERY_BLOCKS = 4096;

export class RewriteRunWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #span: RunSpan;
  readonly #path: string;
  readonly #file: DiskFile;
  readonly #seed: number;
  readonly #block = new BlockEncoder();
  readonly #chunk = Buffer.alloc(CHUNK_LENGTH * BLOCK_SIZE_BYTES);
  #chunkLength = 0;
  #blockCount = 0;
  #keyEnd = 0;
  #synced: Promise<void> = Promise.resolve();

  constructor(disk: Disk, folder: string, span: RunSpan) {
    this.#disk = disk;
    this.#folder = folder;
    this.#span = span;
    this.#path = join(folder, runName(span, 'tmp'));
    this.#file = disk.open(this.#path, 'create');
    this.#seed = runSeed(span);
  }

  /** Resolves when what was to last so far does; rejects with the disk's fault. */
  get synced(): Promise<void> {
    return this.#synced;
  }

  /** Takes entries in the order of (key, rewriteIdx). */
  add(key: number, rewriteIdx: number, eventIdx: number): void {
    if (this.#block.isFull) this.#finishBlock();
    this.#block.add(key, rewriteIdx, eventIdx);
    this.#keyEnd = key + 1;
  }

  /** The run, to be read from now on; it lasts once it is kept. */
  finish(): RewriteRun {
    if (!this.#block.isEmpty) this.#finishBlock();
    this.#writeChunk();
    const header = { ...this.#span, keyEnd: this.#keyEnd, blockCount: this.#blockCount };
    this.#file.writeSync(encodeRunHeader(header), RUN_HEADER_SIZE_BYTES, 0);
    return new RewriteRun({ disk: this.#disk, folder: this.#folder, header, draft: this.#file });
  }

  /** Gives up, and removes the draft if the disk lets it. */
  abandon(): void {
    this.#file.close();
    try {
      this.#disk.remove(this.#path);
    } catch {
      // The next opening removes what is of no use.
    }
  }

  #finishBlock(): void {
    this.#chunk.set(this.#block.finish(this.#seed + this.#blockCount), this.#chunkLength * BLOCK_SIZE_BYTES);
    this.#blockCount += 1;
    this.#chunkLength += 1;
    if (this.#chunkLength === CHUNK_LENGTH) this.#writeChunk();
    if (this.#blockCount % SYNC_EVERY_BLOCKS === 0) this.#beginSync();
  }

  #writeChunk(): void {
    if (this.#chunkLength === 0) return;
    const offset = RUN_HEADER_SIZE_BYTES + (this.#blockCount - this.#chunkLength) * BLOCK_SIZE_BYTES;
    this.#file.writeSync(this.#chunk, this.#chunkLength * BLOCK_SIZE_BYTES, offset);
    this.#chunkLength = 0;
  }

  #beginSync(): void {
    this.#synced = this.#synced.then(() => this.#file.sync());
    // Whoever ends the run hears of a fault; it may be given up before.
    this.#synced.catch(() => undefined);
  }
}
