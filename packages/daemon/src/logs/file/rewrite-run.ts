/**
 * A run: the rewrites of a range of events in a file that never changes, listed by view. Found by halving, a block at a
 * time; each block's checksum is looked at whenever it is read.
 */
import { join } from 'node:path';
import type { ViewId } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import type { RewritePosition } from '../../ports/rewrite-index.ts';
import { diskFaultToFailure } from './log-failures.ts';
import { BLOCK_SIZE_BYTES, BlockCursor, EVERY_KEY, isWholeBlock, viewToKey } from './rewrite-block.ts';
import {
  decodeRunHeader,
  RUN_HEADER_SIZE_BYTES,
  runName,
  runSeed,
  type RunHeader,
  type RunName,
} from './rewrite-run-format.ts';

export class RewriteRun {
  readonly header: RunHeader;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #seed: number;
  /** Opened when it is first read: what nobody asks for takes no descriptor. */
  #file: DiskFile | undefined;
  #isDraft: boolean;

  /** `draft` is the file of a run that was just written, and goes by its draft's name. */
  constructor(options: {
    readonly disk: Disk;
    readonly folder: string;
    readonly header: RunHeader;
    readonly draft?: DiskFile;
  }) {
    this.header = options.header;
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#seed = runSeed(options.header);
    this.#file = options.draft;
    this.#isDraft = options.draft !== undefined;
  }

  get first(): RewritePosition {
    return this.header.first;
  }

  get length(): number {
    return this.header.end.rewriteIdx;
  }

  get eventIdxEnd(): number {
    return this.header.end.eventIdx;
  }

  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[] {
    return this.#list(viewToKey(view), afterRewriteIdx, limit);
  }

  last(limit: number): readonly RewritePosition[] {
    return this.#list(EVERY_KEY, this.length - 1 - limit, limit);
  }

  lastOf(view: ViewId): RewritePosition | undefined {
    const key = viewToKey(view);
    if (key >= this.header.keyEnd) return undefined;
    let last: RewritePosition | undefined;
    for (const cursor = this.#cursor(this.#blockOf(key, Infinity)); cursor.next() && cursor.key <= key;) {
      if (cursor.key === key) last = { rewriteIdx: cursor.rewriteIdx, eventIdx: cursor.eventIdx };
    }
    return last;
  }

  /** Block `number` as it was written. Throws `LOG_DAMAGED`, or what the log throws when the disk does. */
  block(number: number): Buffer {
    const bytes = this.#read(number);
    if (bytes !== undefined) return bytes;
    const detail = `block ${number} of an index is not as it was written; it is derived: stop, delete it, and start again`;
    throw new Failure('LOG_DAMAGED', this.#path(), detail);
  }

  /** Whether block `number` is as it was written. Throws what the log throws when the disk does. */
  isWhole(number: number): boolean {
    return this.#read(number) !== undefined;
  }

  /** Makes a draft last, and known by its name. Anything else stays as it is. */
  async keep(): Promise<void> {
    if (!this.#isDraft || this.#file === undefined) return;
    await this.#file.sync();
    this.#disk.rename(this.#path(), join(this.#folder, runName(this.header, 'run')));
    this.#isDraft = false;
  }

  /** Closes the file, which stays. Idempotent. */
  close(): void {
    this.#file?.close();
  }

  /** Closes the file and removes it, if the disk lets it. */
  discard(): void {
    this.close();
    try {
      this.#disk.remove(this.#path());
    } catch {
      // The next opening removes what is of no use.
    }
  }

  #read(number: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(BLOCK_SIZE_BYTES);
    try {
      this.#file ??= this.#disk.open(this.#path(), 'read');
      const read = this.#file.readSync(bytes, RUN_HEADER_SIZE_BYTES + number * BLOCK_SIZE_BYTES);
      return read === BLOCK_SIZE_BYTES && isWholeBlock(bytes, this.#seed + number) ? bytes : undefined;
    } catch (fault) {
      throw diskFaultToFailure(fault, this.#path(), 'reading the rewrite index');
    }
  }

  #path(): string {
    return join(this.#folder, runName(this.header, this.#isDraft ? 'tmp' : 'run'));
  }

  #cursor(number: number): BlockCursor {
    return new BlockCursor(this.block(number));
  }

  #list(key: number, afterRewriteIdx: number, limit: number): RewritePosition[] {
    const found: RewritePosition[] = [];
    if (key >= this.header.keyEnd || limit <= 0) return found;
    for (let number = this.#blockOf(key, afterRewriteIdx + 1); number < this.header.blockCount; number++) {
      for (const cursor = this.#cursor(number); cursor.next();) {
        const { rewriteIdx, eventIdx } = cursor;
        if (cursor.key > key) return found;
        if (cursor.key < key || rewriteIdx <= afterRewriteIdx) continue;
        if (found.push({ rewriteIdx, eventIdx }) === limit) return found;
      }
    }
    return found;
  }

  /** The last block that begins at this entry or before it; the first if none does. */
  #blockOf(key: number, rewriteIdx: number): number {
    let low = 0;
    for (let high = this.header.blockCount; high - low > 1;) {
      const middle = (low + high) >>> 1;
      const cursor = this.#cursor(middle);
      cursor.next();
      const isAfter = cursor.key > key || (cursor.key === key && cursor.rewriteIdx > rewriteIdx);
      if (isAfter) high = middle;
      else low = middle;
    }
    return low;
  }
}

/** Steps through all entries of a run in their order. */
export class RunCursor {
  /** Of the entry that it stands on; Infinity after the last. */
  key: number = Infinity;
  rewriteIdx = 0;
  eventIdx = 0;
  readonly #run: RewriteRun;
  #blockNumber = 0;
  #block: BlockCursor | undefined;

  constructor(run: RewriteRun) {
    this.#run = run;
    this.next();
  }

  next(): void {
    while (this.#block?.next() !== true) {
      if (this.#blockNumber === this.#run.header.blockCount) {
        this.key = Infinity;
        return;
      }
      this.#block = new BlockCursor(this.#run.block(this.#blockNumber++));
    }
    this.key = this.#block.key;
    this.rewriteIdx = this.#block.rewriteIdx;
    this.eventIdx = this.#block.eventIdx;
  }
}

/**
 * What is wrong with a run's file, undefined if all of it is as it was written, and whether opening the index finds that
 * out and makes the run again. Reads the whole file, and changes nothing.
 */
export function checkRun(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly name: RunName;
  readonly worldId: Uint8Array;
}): { readonly fault: string | undefined; readonly isRemade: boolean } {
  const { disk, folder, name, worldId } = options;
  const header = readRunHeader(disk, folder, name, worldId);
  if (header === undefined) {
    return { fault: 'it is cut short, or does not begin as one of this world does', isRemade: true };
  }
  const run = new RewriteRun({ disk, folder, header });
  try {
    for (let number = 0; number < header.blockCount; number++) {
      if (run.isWhole(number)) continue;
      const fault =
        `block ${number} of ${header.blockCount} is not as it was written; ` +
        'stop the daemon, delete it, and start it again, and look at the disk';
      return { fault, isRemade: false };
    }
    return { fault: undefined, isRemade: true };
  } finally {
    run.close();
  }
}

/** The header of a run's file; undefined if it is none of this world's, of another size, or gone. */
export function readRunHeader(
  disk: Disk,
  folder: string,
  { name, firstEventIdx, eventIdxEnd }: RunName,
  worldId: Uint8Array,
): RunHeader | undefined {
  const file = openIfThere(disk, join(folder, name));
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(RUN_HEADER_SIZE_BYTES);
    file.readSync(bytes, 0);
    const header = decodeRunHeader(bytes);
    if (header === undefined || Buffer.compare(header.worldId, worldId) !== 0) return undefined;
    if (header.first.eventIdx !== firstEventIdx || header.end.eventIdx !== eventIdxEnd) return undefined;
    const sizeBytes = RUN_HEADER_SIZE_BYTES + header.blockCount * BLOCK_SIZE_BYTES;
    return file.sizeBytes() === sizeBytes ? header : undefined;
  } finally {
    file.close();
  }
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'read');
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
}
