/** Zeros on disk, made ahead of the writer: a write into written blocks syncs faster than one that allocates. */
import type { Disk, DiskFile } from '../../ports/disk.ts';

const CHUNK_SIZE_BYTES = 256 * 1024;
const ZEROS: Buffer = Buffer.alloc(CHUNK_SIZE_BYTES);

/** A file that is known to have written, durable zeros (or what was put over them) up to `zeroedEnd`. */
export class ZeroedFile {
  readonly #file: DiskFile;
  #zeroedEnd: number;
  #growth: Promise<void> | undefined;

  constructor(file: DiskFile, zeroedEnd: number) {
    this.#file = file;
    this.#zeroedEnd = zeroedEnd;
  }

  static create(disk: Disk, path: string): ZeroedFile {
    return new ZeroedFile(disk.open(path, 'create'), 0);
  }

  get zeroedEnd(): number {
    return this.#zeroedEnd;
  }

  get isGrowing(): boolean {
    return this.#growth !== undefined;
  }

  /**
   * Extends the zeros to `end`, after all the growth that began before: never two at once, for the longer would write
   * zeros over what is put into the shorter. On a fault the file is as long as it was.
   */
  async growTo(end: number): Promise<void> {
    while (this.#growth !== undefined) await this.#growth.catch(() => undefined); // whoever began it has its fault
    if (this.#zeroedEnd >= end) return;
    this.#growth = this.#zero(end).finally(() => {
      this.#growth = undefined;
    });
    await this.#growth;
  }

  async close(): Promise<void> {
    await this.#growth?.catch(() => undefined);
    this.#file.close();
  }

  async #zero(end: number): Promise<void> {
    try {
      for (let at = this.#zeroedEnd; at < end; at += CHUNK_SIZE_BYTES) {
        await this.#file.write(ZEROS, Math.min(CHUNK_SIZE_BYTES, end - at), at);
      }
      await this.#file.sync();
    } catch (fault) {
      this.#giveBack();
      throw fault;
    }
    this.#zeroedEnd = end;
  }

  /** Frees what a failed growth took, for whoever else needs the room. */
  #giveBack(): void {
    try {
      this.#file.truncate(this.#zeroedEnd);
    } catch {
      // The room stays taken, and the next growth writes over it.
    }
  }
}

/** Makes `[from, to)` of a durable file zero again, writing only where it is not. */
export async function eraseRange(file: DiskFile, from: number, to: number): Promise<void> {
  const block = Buffer.allocUnsafeSlow(CHUNK_SIZE_BYTES);
  for (let at = from; at < to; at += CHUNK_SIZE_BYTES) {
    const read = await file.read(block.subarray(0, Math.min(CHUNK_SIZE_BYTES, to - at)), at);
    if (!block.subarray(0, read).equals(ZEROS.subarray(0, read))) await file.write(ZEROS, read, at);
  }
}
