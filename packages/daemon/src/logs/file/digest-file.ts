/**
 * Digests by position in a file that only grows. The newest wait in a buffer; of the others the pages used last are kept.
 */
import { DIGEST_SIZE, type Digest } from '@jitos/kernel';
import type { DiskFile } from '../../ports/disk.ts';
import { isDiskFull } from './log-failures.ts';

/** Digests a page: 4 KiB. */
const PAGE_LENGTH = 128;
const PAGE_COUNT_MAX = 64;

export interface DigestFileOptions {
  /** Owned from now on. */
  readonly file: DiskFile;
  /** Where the digest at position 0 begins. */
  readonly startOffset: number;
  /** Digests that are in the file. */
  readonly count: number;
  /** What a full buffer writes at once. */
  readonly bufferSizeBytes: number;
}

export class DigestFile {
  readonly file: DiskFile;
  readonly #startOffset: number;
  #writtenCount: number;
  #buffer: Buffer;
  #bufferedSizeBytes = 0;
  /** In order of last use. */
  readonly #pages = new Map<number, Buffer>();

  constructor({ file, startOffset, count, bufferSizeBytes }: DigestFileOptions) {
    this.file = file;
    this.#startOffset = startOffset;
    this.#writtenCount = count;
    this.#buffer = Buffer.alloc(bufferSizeBytes);
  }

  push(digest: Digest): void {
    if (this.#bufferedSizeBytes === this.#buffer.length) this.#makeRoom();
    this.#buffer.write(digest, this.#bufferedSizeBytes, DIGEST_SIZE, 'latin1');
    this.#bufferedSizeBytes += DIGEST_SIZE;
  }

  /** There must be one at `position`. */
  at(position: number): Digest {
    const buffered = position - this.#writtenCount;
    if (buffered >= 0) return readDigest(this.#buffer, buffered);
    return readDigest(this.#page(Math.floor(position / PAGE_LENGTH)), position % PAGE_LENGTH);
  }

  /** Writes what waits; false while the disk is full. */
  flush(): boolean {
    if (this.#bufferedSizeBytes === 0) return true;
    try {
      this.file.writeSync(this.#buffer, this.#bufferedSizeBytes, this.#startOffset + this.#writtenCount * DIGEST_SIZE);
    } catch (fault) {
      if (!isDiskFull(fault)) throw fault;
      return false;
    }
    // It was read before, and lacks what was written just now.
    this.#pages.delete(Math.floor(this.#writtenCount / PAGE_LENGTH));
    this.#writtenCount += this.#bufferedSizeBytes / DIGEST_SIZE;
    this.#bufferedSizeBytes = 0;
    return true;
  }

  /** Empties the buffer into the file, or makes it larger while the disk is full. */
  #makeRoom(): void {
    if (!this.flush()) this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
  }

  #page(pageIdx: number): Buffer {
    const cached = this.#pages.get(pageIdx);
    if (cached !== undefined) {
      this.#pages.delete(pageIdx);
      this.#pages.set(pageIdx, cached);
      return cached;
    }
    const page = this.#evict() ?? Buffer.alloc(PAGE_LENGTH * DIGEST_SIZE);
    this.file.readSync(page, this.#startOffset + pageIdx * page.length);
    this.#pages.set(pageIdx, page);
    return page;
  }

  /** The page that was used longest ago, taken out, if there are as many as may be. */
  #evict(): Buffer | undefined {
    if (this.#pages.size < PAGE_COUNT_MAX) return undefined;
    for (const [pageIdx, page] of this.#pages) {
      this.#pages.delete(pageIdx);
      return page;
    }
    return undefined;
  }
}

function readDigest(bytes: Buffer, at: number): Digest {
  return bytes.toString('latin1', at * DIGEST_SIZE, (at + 1) * DIGEST_SIZE) as Digest; // 32 bytes, one a character
}
