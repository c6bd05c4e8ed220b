/**
 * The tree hashes beside a file log: `tree-0.hashes`, `tree-8.hashes` …, a file for each band of levels, in the order of
 * `tree-order.ts`. The first begins with a header that marks up to where the disk has them.
 *
 * - H1 Derived: the files may be deleted at any time, and `length` says from where the owner has to append again.
 * - H2 What the header marks was synced before it was marked, and is never written again. Opening trusts the mark, drops
 *      what stands after it, and reads no more than the header and the right edge.
 * - H3 Memory is bounded: one buffer of new hashes a band, and some pages of old ones. On a full disk the buffers grow with
 *      what the log, on the same disk, can still take.
 *
 * Files that are not this world's, or lack what is marked, or mark what the log lacks, are removed and made anew. Removed
 * and not emptied: after a power cut an emptied file could come back with its old mark above new bytes. Where events are
 * archived, files that mark what the log lacks go back to those, and others are damage.
 */
import { join } from 'node:path';
import { DIGEST_SIZE, type Digest, type Sha256 } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import type { TreeHashes } from '../../ports/tree-hashes.ts';
import { keptCount, mustLieWithin, OpenSubtrees, subtreeHash, type KeptAt } from '../tree-order.ts';
import { DigestFile } from './digest-file.ts';
import { diskFaultToFailure } from './log-failures.ts';
import { readMark, TREE_HEADER_SIZE_BYTES, writeMark } from './tree-mark.ts';

const LEVELS_PER_BAND = 8;
const BUFFER_SIZE_BYTES = 65_536;
/** Higher bands get a hash for 256 of the band below. */
const HIGH_BUFFER_SIZE_BYTES = 4096;
/** Leaves that a world which died has to be given again, at most: a fraction of a second of hashing. */
const MARK_EVERY = 65_536;

export interface FileTreeHashesOptions {
  readonly folder: string;
  readonly disk: Disk;
  /** The log whose tree it is. */
  readonly log: { readonly worldId: Uint8Array; readonly firstIdx: number; readonly length: number };
  readonly sha256: Sha256;
}

/** Opens the hashes beside `log`, or makes them anew. O(log length). Throws a `Failure` when the disk does. */
export function openFileTreeHashes(options: FileTreeHashesOptions): TreeHashes {
  try {
    return new FileTreeHashes(options);
  } catch (fault) {
    throw diskFaultToFailure(fault, bandPath(options.folder, 0), 'opening the tree hashes');
  }
}

class FileTreeHashes implements TreeHashes {
  readonly #options: FileTreeHashesOptions;
  #bands: DigestFile[];
  #length: number;
  #open: OpenSubtrees;
  /** Leaves that the header marks. */
  #marked: number;
  #marking: Promise<void> | undefined;
  /** After a sync that failed nothing is known of what the disk has. */
  #maySync = true;
  /** Whether the files' names last too. */
  #isNamed: boolean;
  #isClosed = false;

  constructor(options: FileTreeHashesOptions) {
    this.#options = options;
    const kept = openKept(options);
    mustHoldArchived(options, kept?.length ?? 0);
    const { bands, length } = kept ?? { bands: createBands(options), length: 0 };
    this.#bands = bands;
    this.#isNamed = kept !== undefined;
    this.#length = this.#marked = length;
    this.#open = this.#newOpen();
  }

  get length(): number {
    return this.#length;
  }

  append(leaves: readonly Digest[]): void {
    try {
      for (const leaf of leaves) {
        this.#open.add(leaf, this.#keep);
        this.#length += 1;
      }
      if (this.#length - this.#marked >= MARK_EVERY) this.#beginMark();
    } catch (fault) {
      throw diskFaultToFailure(fault, bandPath(this.#options.folder, 0), 'writing the tree hashes');
    }
  }

  hashAt(level: number, index: number): Digest {
    mustLieWithin(level, index, this.#length);
    return subtreeHash(level, index, this.#keptAt, this.#options.sha256);
  }

  async settle(): Promise<void> {
    while (this.#marked < this.#length && this.#maySync) {
      this.#beginMark();
      if (this.#marking === undefined) break; // the disk is full
      await this.#marking;
    }
    if (this.#marked === this.#length) return;
    const reason = this.#maySync ? 'LOG_FULL' : 'LOG_FAILED';
    throw new Failure(reason, bandPath(this.#options.folder, 0), 'the tree hashes could not be made to last');
  }

  clear(): void {
    mustHoldArchived(this.#options, 0);
    for (const { file } of this.#bands) file.close();
    this.#bands = createBands(this.#options);
    this.#isNamed = false;
    this.#length = this.#marked = 0;
    this.#open = this.#newOpen();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#marking;
    this.#beginMark();
    await this.#marking;
    for (const { file } of this.#bands) file.close();
  }

  #newOpen(): OpenSubtrees {
    return new OpenSubtrees(this.#length, this.#keptAt, this.#options.sha256);
  }

  readonly #keptAt: KeptAt = (band, position) => this.#bands[band]!.at(position); // T2 holds

  readonly #keep = (band: number, hash: Digest): void => {
    (this.#bands[band] ??= this.#newBand(band)).push(hash);
  };

  #newBand(band: number): DigestFile {
    this.#isNamed = false;
    const { disk, folder } = this.#options;
    return bandOn(disk.open(bandPath(folder, band), 'create'), band, 0);
  }

  /** Makes what there is now last, then marks it, in the background. One at a time. */
  #beginMark(): void {
    if (this.#marking !== undefined || !this.#maySync || this.#length === this.#marked) return;
    const bands = this.#bands;
    const length = this.#length;
    if (!bands.map((band) => band.flush()).every(Boolean)) return;
    this.#marking = Promise.all(bands.map(({ file }) => file.sync()))
      .then(() => this.#mark(bands, length))
      .catch(() => void (this.#maySync &&= bands !== this.#bands))
      .finally(() => void (this.#marking = undefined));
  }

  #mark(bands: readonly DigestFile[], length: number): void {
    if (bands !== this.#bands) return;
    const { disk, folder, log } = this.#options;
    writeMark(bands[0]!.file, log.worldId, length); // the first band is always there
    this.#marked = length;
    if (!this.#isNamed) disk.syncFolder(folder);
    this.#isNamed = true;
  }
}

export function bandPath(folder: string, band: number): string {
  return join(folder, bandName(band));
}

function bandName(band: number): string {
  return `tree-${band * LEVELS_PER_BAND}.hashes`;
}

export function isBandName(name: string): boolean {
  return /^tree-\d+\.hashes$/.test(name);
}

export function startOffsetOf(band: number): number {
  return band === 0 ? TREE_HEADER_SIZE_BYTES : 0;
}

function bandOn(file: DiskFile, band: number, count: number): DigestFile {
  const bufferSizeBytes = band === 0 ? BUFFER_SIZE_BYTES : HIGH_BUFFER_SIZE_BYTES;
  return new DigestFile({ file, startOffset: startOffsetOf(band), count, bufferSizeBytes });
}

/** Removes what there is; the files of higher bands are made when they get their first hash. */
function createBands({ disk, folder, log }: FileTreeHashesOptions): DigestFile[] {
  for (const name of disk.list(folder)) if (isBandName(name)) disk.remove(join(folder, name));
  const file = disk.open(bandPath(folder, 0), 'create');
  writeMark(file, log.worldId, 0);
  return [bandOn(file, 0, 0)];
}

/** What to do about hashes that are not those of the events, of which the first `archived` are not in the log. */
export function mendingHashes(archived: number): string {
  if (archived === 0) return 'stop the daemon, delete tree-*.hashes, and start it again, and look at the disk';
  return (
    'stop the daemon, bring tree-*.hashes back from a copy, or the archived events with `npx jitosctl log unarchive` and then ' +
    'delete tree-*.hashes, and look at the disk'
  );
}

/** What is archived can't be made again of the log. */
function mustHoldArchived({ folder, log }: FileTreeHashesOptions, length: number): void {
  const { firstIdx: archived } = log;
  if (length >= archived) return;
  const detail = `the hashes of the ${archived} archived events are damaged; bring the files back from a copy`;
  throw new Failure('LOG_DAMAGED', bandPath(folder, 0), `${detail}, or the events with \`npx jitosctl log unarchive\``);
}

/** What the files hold of the first `length` leaves, none of which is written again once it is marked. */
export function keptRanges(
  length: number,
): readonly { readonly file: string; readonly offset: number; readonly sizeBytes: number }[] {
  const ranges: { file: string; offset: number; sizeBytes: number }[] = [];
  for (let band = 0; keptCount(band, length) > 0; band++) {
    const [offset, sizeBytes] = [startOffsetOf(band), keptCount(band, length) * DIGEST_SIZE];
    ranges.push({ file: bandName(band), offset, sizeBytes });
  }
  return ranges;
}

interface Kept {
  readonly bands: DigestFile[];
  /** Leaves whose hashes they hold for certain. */
  readonly length: number;
}

/** The files, cut to what is marked; undefined if they are of no use. */
function openKept(options: FileTreeHashesOptions): Kept | undefined {
  const { disk, folder, log } = options;
  const first = openIfThere(disk, bandPath(folder, 0));
  const mark = first && readMark(first, log.worldId);
  if (mark === undefined || (mark > log.length && log.firstIdx === 0)) {
    first?.close();
    return undefined;
  }
  const length = mark > log.length ? goBackToArchived(options) : mark;
  const bands: DigestFile[] = [];
  for (let band = 0; band === 0 || keptCount(band, length) > 0; band++) {
    const file = band === 0 ? first : openIfThere(disk, bandPath(folder, band));
    const count = keptCount(band, length);
    if (file === undefined || !cutTo(file, startOffsetOf(band) + count * DIGEST_SIZE)) {
      file?.close();
      for (const opened of bands) opened.file.close();
      return undefined;
    }
    bands.push(bandOn(file, band, count));
  }
  return { bands, length };
}

/**
 * Of a log that has lost events only the hashes of archived ones are still certain, and can't be made anew. That lasts before
 * anything is written over the others (H2).
 */
function goBackToArchived({ disk, folder, log }: FileTreeHashesOptions): number {
  const file = disk.open(bandPath(folder, 0), 'durable');
  try {
    writeMark(file, log.worldId, log.firstIdx);
    return log.firstIdx;
  } finally {
    file.close();
  }
}

/** False if it is shorter. */
function cutTo(file: DiskFile, sizeBytes: number): boolean {
  const isLong = file.sizeBytes() >= sizeBytes;
  if (isLong) file.truncate(sizeBytes);
  return isLong;
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'write');
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
}
