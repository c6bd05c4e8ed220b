/**
 * Numbers by position, 0 where none was set, in bounded memory: the pages used last are kept, the rest is in a file
 * that lives no longer than this object. On a full disk pages stay in memory until there is room.
 */
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { isDiskFull } from './log-failures.ts';

const PAGE_LENGTH = 512;
const PAGE_SIZE_BYTES = PAGE_LENGTH * 8;

interface Page {
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
  isDirty: boolean;
}

export class NumberTable {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: DiskFile;
  readonly #pageCountMax: number;
  /** In order of last use. */
  readonly #pages = new Map<number, Page>();

  constructor(disk: Disk, path: string, pageCountMax = 64) {
    this.#disk = disk;
    this.#path = path;
    this.#file = disk.open(path, 'create');
    this.#pageCountMax = pageCountMax;
  }

  get(position: number): number {
    return this.#page(Math.floor(position / PAGE_LENGTH)).numbers[position % PAGE_LENGTH]!;
  }

  set(position: number, value: number): void {
    const page = this.#page(Math.floor(position / PAGE_LENGTH));
    page.numbers[position % PAGE_LENGTH] = value;
    page.isDirty = true;
  }

  close(): void {
    this.#file.close();
    this.#disk.remove(this.#path);
  }

  #page(pageIdx: number): Page {
    const cached = this.#pages.get(pageIdx);
    if (cached !== undefined) {
      this.#pages.delete(pageIdx);
      this.#pages.set(pageIdx, cached);
      return cached;
    }
    if (this.#pages.size >= this.#pageCountMax) this.#evict();
    const numbers = new Float64Array(PAGE_LENGTH);
    const page = { numbers, bytes: new Uint8Array(numbers.buffer), isDirty: false };
    this.#file.readSync(page.bytes, pageIdx * PAGE_SIZE_BYTES);
    this.#pages.set(pageIdx, page);
    return page;
  }

  /** Drops the page that was used longest ago. */
  #evict(): void {
    for (const [pageIdx, page] of this.#pages) {
      if (page.isDirty && !this.#write(pageIdx, page)) return;
      this.#pages.delete(pageIdx);
      return;
    }
  }

  #write(pageIdx: number, { bytes }: Page): boolean {
    try {
      this.#file.writeSync(bytes, PAGE_SIZE_BYTES, pageIdx * PAGE_SIZE_BYTES);
      return true;
    } catch (fault) {
      if (!isDiskFull(fault)) throw fault;
      return false;
    }
  }
}
