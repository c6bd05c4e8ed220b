/**
 * Holds the files of the tree's hashes against the events in the log, every hash of them that is marked. Changes nothing and
 * needs no lock. Opening looks at no more than the right edge, and whoever makes a proof at what the proof needs.
 */
import { basename } from 'node:path';
import { DIGEST_SIZE, leafHash, type Digest, type Sha256 } from '@jitos/kernel';
import { errnoOf, type Disk, type DiskFile } from '../../ports/disk.ts';
import { keptCount, OpenSubtrees } from '../tree-order.ts';
import type { DerivedFile } from './check-log.ts';
import { diskFaultToFailure } from './log-failures.ts';
import type { ReadOnlyLog } from './read-only-log.ts';
import { bandPath, isBandName, startOffsetOf } from './tree-file.ts';
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
    if (first === undefined) return [remade(folder, 0, 'it is missing')];
    const mark = readMark(first, log.worldId);
    if (mark === undefined) return [remade(folder, 0, 'the file does not begin as one of this world does')];
    if (mark > log.length) return [remade(folder, 0, `it marks ${mark} events, and the log has ${log.length}`)];
    const bands: BandCheck[] = [];
    for (let band = 0; band === 0 || keptCount(band, mark) > 0; band++) {
      bands.push(new BandCheck(band === 0 ? first : open(band), band, keptCount(band, mark)));
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

/** One file, read from its beginning. */
class BandCheck {
  readonly #band: number;
  readonly #file: DiskFile | undefined;
  readonly #count: number;
  #position = 0;
  /** Where the first chunk begins. */
  #start = 0;
  readonly #chunk = Buffer.alloc(CHUNK_SIZE_BYTES);
  #wrongCount = 0;
  #firstWrong = -1;

  constructor(file: DiskFile | undefined, band: number, count: number) {
    this.#band = band;
    this.#count = count;
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

  compareNext(hash: Digest): void {
    if (this.#file === undefined || this.#position === this.#count) return;
    const at = ((this.#position - this.#start) * DIGEST_SIZE) % CHUNK_SIZE_BYTES;
    if (at === 0) this.#file.readSync(this.#chunk, startOffsetOf(this.#band) + this.#position * DIGEST_SIZE);
    if (this.#chunk.toString('latin1', at, at + DIGEST_SIZE) !== hash) {
      if (this.#wrongCount === 0) this.#firstWrong = this.#position;
      this.#wrongCount += 1;
    }
    this.#position += 1;
  }

  result(folder: string): DerivedFile {
    if (this.#file === undefined)
      return remade(folder, this.#band, `it lacks some of the ${this.#count} hashes it should have`);
    const file = basename(bandPath(folder, this.#band));
    if (this.#wrongCount === 0) return { file, fault: undefined, isRemade: true };
    const fault =
      `${this.#wrongCount} of ${this.#count} hashes are not those of the events, the first at offset ` +
      `${startOffsetOf(this.#band) + this.#firstWrong * DIGEST_SIZE}: proofs that need them are refused; stop the daemon, ` +
      'delete tree-*.hashes, and start it again, and look at the disk';
    return { file, fault, isRemade: false };
  }
}

function remade(folder: string, band: number, fault: string): DerivedFile {
  return { file: basename(bandPath(folder, band)), fault, isRemade: true };
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'read');
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
}
