/**
 * Reads a checkpoint's file, whatever state it is in: each record as it was written, or why not.
 */
import { join } from 'node:path';
import { RECORD_SIZE_MAX, type Bytes } from '@jitos/kernel';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  BLOCK_SIZE_BYTES_MAX,
  blockCrc,
  CHECKPOINT_HEADER_SIZE_BYTES,
  checkpointName,
  checkpointNameToIdx,
  decodeCheckpointHeader,
  RECORD_LENGTH_SIZE_BYTES,
  type CheckpointHeader,
} from './checkpoint-format.ts';

/** Thrown for a file that is not what was written; the message says what is wrong, for people. */
export class CheckpointDamage extends Error {
  override readonly name = 'CheckpointDamage';
}

/** The idx of every checkpoint in a folder, newest first. */
export function listCheckpoints(disk: Pick<Disk, 'list'>, folder: string): readonly number[] {
  return disk
    .list(folder)
    .flatMap((name) => checkpointNameToIdx(name) ?? [])
    .toSorted((a, b) => b - a);
}

export class CheckpointReader {
  readonly header: CheckpointHeader;
  readonly #file: DiskFile;
  #offset: number = CHECKPOINT_HEADER_SIZE_BYTES;
  #blockNumber = 0;

  private constructor(file: DiskFile, header: CheckpointHeader) {
    this.#file = file;
    this.header = header;
  }

  /** Opens the checkpoint at `idx`. Throws `CheckpointDamage`, or the disk's fault. */
  static async open(disk: Disk, folder: string, idx: number): Promise<CheckpointReader> {
    const file = disk.open(join(folder, checkpointName(idx)), 'read');
    try {
      const bytes = Buffer.alloc(CHECKPOINT_HEADER_SIZE_BYTES);
      const header = decodeCheckpointHeader(bytes.subarray(0, await file.read(bytes, 0)));
      if (typeof header === 'string') throw new CheckpointDamage(header);
      if (header.idx !== idx) throw new CheckpointDamage(`the file is the checkpoint at event ${header.idx}`);
      return new CheckpointReader(file, header);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }

  /** The records, in order. Throws `CheckpointDamage`, or the disk's fault. */
  async *records(): AsyncGenerator<readonly Bytes[], void, undefined> {
    let parts: Buffer[] = [];
    let sizeBytes = 0;
    let neededBytes = RECORD_LENGTH_SIZE_BYTES;
    for (let block = await this.#block(); block.length > 0; block = await this.#block()) {
      parts.push(block);
      sizeBytes += block.length;
      // A long record is joined once it is whole, not again with each block.
      if (sizeBytes < neededBytes) continue;
      const { records, rest, restBytes } = splitRecords(parts.length === 1 ? block : Buffer.concat(parts));
      yield records;
      parts = [rest];
      sizeBytes = rest.length;
      neededBytes = restBytes;
    }
    if (sizeBytes > 0) throw new CheckpointDamage('the last record is cut off');
    if (this.#offset !== this.#file.sizeBytes()) throw new CheckpointDamage(`bytes follow the end at ${this.#offset}`);
  }

  /** The bytes of the next block; none at the end. */
  async #block(): Promise<Buffer> {
    const at = this.#offset;
    const head = Buffer.alloc(BLOCK_HEADER_SIZE_BYTES);
    if ((await this.#file.read(head, at)) < head.length) throw new CheckpointDamage(`the file ends at ${at}`);
    const sizeBytes = head.readUInt32LE(0);
    if (sizeBytes > BLOCK_SIZE_BYTES_MAX) throw new CheckpointDamage(`the block at ${at} claims ${sizeBytes} bytes`);
    const bytes = Buffer.allocUnsafe(sizeBytes);
    const read = await this.#file.read(bytes, at + head.length);
    if (read < sizeBytes || blockCrc(this.#blockNumber, bytes, 0, sizeBytes) !== head.readUInt32LE(4)) {
      throw new CheckpointDamage(`the checksum of the block at ${at} is wrong`);
    }
    this.#blockNumber += 1;
    this.#offset += head.length + sizeBytes;
    return bytes;
  }
}

interface Split {
  readonly records: readonly Bytes[];
  /** The start of the record after them. */
  readonly rest: Buffer;
  /** How long `rest` must grow to be whole, as far as is known. */
  readonly restBytes: number;
}

function splitRecords(bytes: Buffer): Split {
  const records: Bytes[] = [];
  let at = 0;
  for (;;) {
    const left = bytes.length - at;
    if (left < RECORD_LENGTH_SIZE_BYTES)
      return { records, rest: bytes.subarray(at), restBytes: RECORD_LENGTH_SIZE_BYTES };
    const length = bytes.readUInt32LE(at);
    if (length > RECORD_SIZE_MAX) throw new CheckpointDamage(`a record claims ${length} bytes`);
    const whole = RECORD_LENGTH_SIZE_BYTES + length;
    if (left < whole) return { records, rest: bytes.subarray(at), restBytes: whole };
    records.push(bytes.toString('latin1', at + RECORD_LENGTH_SIZE_BYTES, at + whole) as Bytes); // one character a byte
    at += whole;
  }
}
