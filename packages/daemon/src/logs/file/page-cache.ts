/** Digests by position in a file that only grows, read by the page; the pages used last are kept. */
import { DIGEST_SIZE, type Digest } from '@jitos/kernel';
import type { DiskFile } from '../../ports/disk.ts';

/** Digests a page: 4 KiB. */
const PAGE_LENGTH = 128;
const PAGE_COUNT_MAX = 64;

export class PageCache {
  readonly #file: DiskFile;
  readonly #startOffset: number;
  /** In order of last use. */
  readonly #pages = new Map<number, Buffer>();

  /** The digest at position 0 begins at `startOffset`. */
  constructor(file: DiskFile, startOffset: number) {
    this.#file = file;
    this.#startOffset = startOffset;
  }

  /** The digest must be in the file. */
  digestAt(position: number): Digest {
    const page = this.#page(Math.floor(position / PAGE_LENGTH));
    return readDigest(page, (position % PAGE_LENGTH) * DIGEST_SIZE);
  }

  /** To be called before the file gets digests from `position` on: a page that was read before lacks them. */
  forgetFrom(position: number): void {
    this.#pages.delete(Math.floor(position / PAGE_LENGTH));
  }

  #page(pageIdx: number): Buffer {
    const cached = this.#pages.get(pageIdx);
    if (cached !== undefined) {
      this.#pages.delete(pageIdx);
      this.#pages.set(pageIdx, cached);
      return cached;
    }
    const page = this.#evict() ?? Buffer.alloc(PAGE_LENGTH * DIGEST_SIZE);
    this.#file.readSync(page, this.#startOffset + pageIdx * page.length);
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

/** The digest whose bytes begin at `offset`. */
export function readDigest(bytes: Buffer, offset: number): Digest {
  return bytes.toString('latin1', offset, offset + DIGEST_SIZE) as Digest; // 32 bytes, one a character
}
