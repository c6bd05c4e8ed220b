/**
 * Writes a checkpoint's file: under another name until it is whole and durable, so that a name is proof of both.
 */
import { join } from 'node:path';
import type { Bytes } from '@jitos/kernel';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  BLOCK_SIZE_BYTES_MAX,
  blockCrc,
  CHECKPOINT_HEADER_SIZE_BYTES,
  checkpointName,
  encodeCheckpointHeader,
  RECORD_LENGTH_SIZE_BYTES,
  type CheckpointHeader,
} from './checkpoint-format.ts';

/** What a checkpoint is called until it is whole; whoever finds one may remove it. */
export const CHECKPOINT_DRAFT_NAME = 'checkpoint.tmp';

/**
 * Written bytes are made to last this often: left to the end, hundreds of megabytes would be flushed at once, and every
 * append to the log would wait behind them.
 */
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;

export class CheckpointWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #header: CheckpointHeader;
  readonly #file: DiskFile;
  readonly #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_HEADER_SIZE_BYTES + BLOCK_SIZE_BYTES_MAX);
  /** Where the next byte goes in the block. */
  #at: number = BLOCK_HEADER_SIZE_BYTES;
  #blockNumber = 0;
  #offset: number = CHECKPOINT_HEADER_SIZE_BYTES;
  #unsyncedBytes = 0;

  /** Begins a file in `folder`, over a draft that may lie there. */
  constructor(disk: Disk, folder: string, header: CheckpointHeader) {
    this.#disk = disk;
    this.#folder = folder;
    this.#header = header;
    this.#file = disk.open(join(folder, CHECKPOINT_DRAFT_NAME), 'create');
  }

  /** Takes a record; a promise where a block is full and has to be written first. */
  add(record: Bytes): Promise<void> | undefined {
    const needed = RECORD_LENGTH_SIZE_BYTES + record.length;
    if (this.#at + needed > this.#block.length) return this.#addAcross(record);
    this.#at = this.#block.writeUInt32LE(record.length, this.#at);
    this.#at += this.#block.write(record, this.#at, 'latin1');
    return undefined;
  }

  /** Makes the file whole, lasting and known by its name. Answers its size in bytes. */
  async finish(): Promise<number> {
    await this.#flush();
    // The block that ends it has no bytes.
    await this.#flushBlock();
    await this.#file.write(encodeCheckpointHeader(this.#header), CHECKPOINT_HEADER_SIZE_BYTES, 0);
    await this.#file.sync();
    this.#file.close();
    this.#disk.rename(join(this.#folder, CHECKPOINT_DRAFT_NAME), join(this.#folder, checkpointName(this.#header.idx)));
    this.#disk.syncFolder(this.#folder);
    return this.#offset;
  }

  /** Gives up. The draft stays where the disk does not even let go of it. */
  abandon(): void {
    this.#file.close();
    try {
      this.#disk.remove(join(this.#folder, CHECKPOINT_DRAFT_NAME));
    } catch {
      // The next one is written over it.
    }
  }

  /** A record that does not fit into what is left of the block, or into any. */
  async #addAcross(record: Bytes): Promise<void> {
    const bytes = Buffer.allocUnsafe(RECORD_LENGTH_SIZE_BYTES + record.length);
    bytes.write(record, bytes.writeUInt32LE(record.length, 0), 'latin1');
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.copy(this.#block, this.#at, from);
      this.#at += taken;
      from += taken;
      if (this.#at === this.#block.length) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    if (this.#at > BLOCK_HEADER_SIZE_BYTES) await this.#flushBlock();
  }

  async #flushBlock(): Promise<void> {
    const sizeBytes = this.#at;
    this.#block.writeUInt32LE(sizeBytes - BLOCK_HEADER_SIZE_BYTES, 0);
    this.#block.writeUInt32LE(blockCrc(this.#blockNumber, this.#block, BLOCK_HEADER_SIZE_BYTES, sizeBytes), 4);
    await this.#file.write(this.#block, sizeBytes, this.#offset);
    this.#blockNumber += 1;
    this.#offset += sizeBytes;
    this.#at = BLOCK_HEADER_SIZE_BYTES;
    this.#unsyncedBytes += sizeBytes;
    if (this.#unsyncedBytes < SYNC_EVERY_BYTES) return;
    this.#unsyncedBytes = 0;
    await this.#file.sync();
  }
}
