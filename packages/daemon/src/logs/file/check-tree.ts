/**
 * Holds the files of the tree's hashes, every hash of them that is marked, against the events in the log, or against the head
 * of the history where the events are about to leave it. Changes nothing and needs no lock. Opening looks at no more than the
 * right edge, and whoever makes a proof at what the proof needs.
 */
import { basename } from 'node:path';
import { DIGEST_SIZE, headOf, leafHash, type Digest, type Sha256 } from '@jitos/kernel';
import { errnoOf, type Disk, type DiskFile } from '../../ports/disk.ts';
import { nextTurn } from '../../ports/next-turn.ts';
import { keptCount, OpenSubtrees, subtreeHash } from '../tree-order.ts';
import type { DerivedFile } from './check-log.ts';
import { diskFaultToFailure } from './log-failures.ts';
import type { ReadOnlyLog } from './read-only-log.ts';
import { bandPath, isBandName, keptRanges, mendingHashes, startOffsetOf } from './tree-file.ts';
import { readMark } from './tree-mark.ts';

const CHUNK_SIZE_BYTES = 65_536;

export interface TreeCheckOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Without damage. */
  readonly log: ReadOnlyLog;
  readonly sha256: Sha256;
}

/** What is wrong with each file that is there. O(log length). Throws `LOG_DAMAGED` or `LOG_FAILED`. */
export async function checkTreeFiles(options: TreeCheckOptions): Promise<readonly DerivedFile[]> {
  const { disk, folder, log } = options;
  const opened: DiskFile[] = [];
  const open = (band: number): DiskFile | undefined => {
    const file = openIfThere(disk, bandPath(folder, band));
    if (file !== undefined) opened.push(file);
    return file;
  };
  try {
    if (!disk.list(folder).some(isBandName)) return [];
    const first = open(0);
    if (first === undefined) return [unusable(folder, 0, 'it is missing', log.firstIdx)];
    const mark = readMark(first, log.worldId);
    if (mark === undefined)
      return [unusable(folder, 0, 'the file does not begin as one of this world does', log.firstIdx)];
    // Opening goes back to the archived events by itself, and makes the rest again.
    if (mark > log.length) return [unusable(folder, 0, `it marks ${mark} events, and the log has ${log.length}`, 0)];
    const bands: BandCheck[] = [];
    for (let band = 0; band === 0 || keptCount(band, mark) > 0; band++) {
      bands.push(new BandCheck(band === 0 ? first : open(band), band, keptCount(band, mark), log.firstIdx));
    }
    await compare(options, bands, mark);
    return bands.map((band) => band.result(folder));
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, "checking the tree's hashes");
  } finally {
    for (const file of opened) file.close();
  }
}

async function compare({ log, sha256 }: TreeCheckOptions, bands: readonly BandCheck[], length: number): Promise<void> {
  if (length <= log.firstIdx) return;
  // Those of archived events are held to the base, and believed here.
  for (const [band, each] of bands.entries()) each.skip(keptCount(band, log.firstIdx));
  const keptAt = (band: number, position: number): Digest => bands[band]!.at(position); // one that the skipped ones have
  const subtrees = new OpenSubtrees(log.firstIdx, keptAt, sha256);
  let leafCount = log.firstIdx;
  for await (const { events } of log.batches(log.firstIdx)) {
    for (const { header } of events) {
      if (leafCount === length) return;
      subtrees.add(leafHash(header, sha256), (band, hash) => bands[band]?.compareNext(hash));
      leafCount += 1;
    }
  }
}

export interface KeptHashes {
  readonly disk: Disk;
  readonly folder: string;
  /** Those of earlier leaves are believed. */
  readonly fromIdx: number;
  /** All of them are marked. */
  readonly length: number;
  /** Of the tree of these leaves. */
  readonly head: Digest;
  readonly sha256: Sha256;
}

interface Fault {
  readonly file: string;
  readonly fault: string;
}

/** Leaves after which the event loop has a turn: a millisecond or two. */
const TURN_LEAVES = 1024;

/**
 * Which of the files does not hold the hashes of a tree with this head; undefined if all do. Takes the hashes again from the
 * leaves in the file, and reads no event. O(length − fromIdx), a microsecond a leaf.
 */
export async function findKeptFault(options: KeptHashes): Promise<Fault | undefined> {
  const { disk, folder, fromIdx, length, head, sha256 } = options;
  const opened: DiskFile[] = [];
  try {
    const bands = keptRanges(length).map((_, band) => {
      const file = openIfThere(disk, bandPath(folder, band));
      if (file !== undefined) opened.push(file);
      const check = new BandCheck(file, band, keptCount(band, length), fromIdx);
      check.skip(keptCount(band, fromIdx));
      return check;
    });
    const keptAt = (band: number, position: number): Digest => bands[band]!.at(position); // one that the tree has
    const subtrees = new OpenSubtrees(fromIdx, keptAt, sha256);
    for (let leafCount = fromIdx; leafCount < length; leafCount++) {
      if (leafCount % TURN_LEAVES === 0) await new Promise<void>((resolve) => nextTurn(resolve));
      subtrees.add(bands[0]!.next(), (band, hash) => bands[band]?.compareNext(hash));
    }
    for (const { file, fault } of bands.map((band) => band.result(folder)))
      if (fault !== undefined) return { file, fault };
    const found = headOf(length, (level, index) => subtreeHash(level, index, keptAt, sha256), sha256);
    if (found === head) return undefined;
    const fault = `its hashes are not those of the events; ${mendingHashes(fromIdx)}`;
    return { file: basename(bandPath(folder, 0)), fault };
  } finally {
    for (const file of opened) file.close();
  }
}

/** One file, read from its beginning. */
class BandCheck {
  readonly #band: number;
  readonly #file: DiskFile | undefined;
  readonly #count: number;
  readonly #archived: number;
  #position = 0;
  /** Where the first chunk begins. */
  #start = 0;
  readonly #chunk = Buffer.alloc(CHUNK_SIZE_BYTES);
  #wrongCount = 0;
  #firstWrong = -1;

  /** `archived` events are not in the log. */
  constructor(file: DiskFile | undefined, band: number, count: number, archived: number) {
    this.#band = band;
    this.#count = count;
    this.#archived = archived;
    this.#file = file === undefined || file.sizeBytes() < startOffsetOf(band) + count * DIGEST_SIZE ? undefined : file;
  }

  /** Leaves out the first `count` hashes. */
  skip(count: number): void {
    this.#position = count;
    this.#start = count;
  }

  at(position: number): Digest {
    const bytes = Buffer.alloc(DIGEST_SIZE);
    this.#file?.readSync(bytes, startOffsetOf(this.#band) + position * DIGEST_SIZE);
    return bytes.toString('latin1') as Digest; // 32 bytes, one a character
  }

  /** What `compareNext` compares; anything where the file lacks it. */
  next(): Digest {
    const at = ((this.#position - this.#start) * DIGEST_SIZE) % CHUNK_SIZE_BYTES;
    if (at === 0) this.#file?.readSync(this.#chunk, startOffsetOf(this.#band) + this.#position * DIGEST_SIZE);
    return this.#chunk.toString('latin1', at, at + DIGEST_SIZE) as Digest; // 32 bytes, one a character
  }

  compareNext(hash: Digest): void {
    if (this.#file === undefined || this.#position === this.#count) return;
    if (this.next() !== hash) {
      if (this.#wrongCount === 0) this.#firstWrong = this.#position;
      this.#wrongCount += 1;
    }
    this.#position += 1;
  }

  result(folder: string): DerivedFile {
    if (this.#file === undefined)
      return unusable(folder, this.#band, `it lacks some of the ${this.#count} hashes it should have`, this.#archived);
    const file = basename(bandPath(folder, this.#band));
    if (this.#wrongCount === 0) return { file, fault: undefined, isRemade: true };
    const fault =
      `${this.#wrongCount} of ${this.#count} hashes are not those of the events, the first at offset ` +
      `${startOffsetOf(this.#band) + this.#firstWrong * DIGEST_SIZE}: proofs that need them are refused; ` +
      mendingHashes(this.#archived);
    return { file, fault, isRemade: false };
  }
}

/** Of a file that opening finds to be of no use: it makes it again, unless some of its events are archived. */
function unusable(folder: string, band: number, fault: string, archived: number): DerivedFile {
  const file = basename(bandPath(folder, band));
  if (archived === 0) return { file, fault, isRemade: true };
  return { file, fault: `${fault}; ${mendingHashes(archived)}`, isRemade: false };
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'read');
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
}
