/**
 * The tree hashes beside a file log: `tree.hashes`, every kept hash of 32 bytes in the order of `tree-order.ts`, after a
 * header that says up to where the disk has them.
 *
 * - H1 Derived: the file may be deleted at any time, and `length` says from where the owner has to append again.
 * - H2 What the header marks was synced before it was marked, and is never written again. Opening trusts the mark, drops
 *      what stands after it, and reads no more than the header and the right edge.
 * - H3 Memory is bounded: one buffer of new hashes, and some pages of old ones. On a full disk the buffer grows with what
 *      the log, on the same disk, can still take.
 *
 * A file that is not this world's, or marks what it lacks or the log lacks, is removed and made anew. Removed and not
 * emptied: after a power cut an emptied file could come back with its old mark above new bytes.
 */
import { join } from 'node:path';
import { DIGEST_SIZE, type Digest, type Sha256 } from '@jitos/kernel';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import type { TreeHashes } from '../../ports/tree-hashes.ts';
import { keptCount, mustLieWithin, OpenSubtrees, subtreeHash } from '../tree-order.ts';
import { crc32c } from './crc32c.ts';
import { diskFaultToFailure, isDiskFull } from './log-failures.ts';
import { PageCache, readDigest } from './page-cache.ts';

export const TREE_FILE_NAME = 'tree.hashes';
const MAGIC = 'JITOSTRH';
const VERSION = 0;
/** Magic, version, world id, mark, zeros, CRC-32C of all before. */
const HEADER_SIZE_BYTES = 64;
const [VERSION_OFFSET, WORLD_ID_OFFSET, MARK_OFFSET, CRC_OFFSET] = [8, 12, 28, 60] as const;
const WORLD_ID_SIZE_BYTES = 16;
/** Hashes that a full buffer writes at once. */
const BUFFER_SIZE_BYTES = 65_536;
/** Leaves that a world which died has to be given again, at most: a fraction of a second of hashing. */
const MARK_EVERY = 65_536;

export interface FileTreeHashesOptions {
  readonly folder: string;
  readonly disk: Disk;
  /** The log whose tree it is. */
  readonly log: { readonly worldId: Uint8Array; readonly length: number };
  readonly sha256: Sha256;
}

/** Opens the hashes beside `log`, or makes them anew. O(log length). Throws a `Failure` when the disk does. */
export function openFileTreeHashes(options: FileTreeHashesOptions): TreeHashes {
  const path = join(options.folder, TREE_FILE_NAME);
  try {
    return new FileTreeHashes(options, path);
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'opening the tree hashes');
  }
}

class FileTreeHashes implements TreeHashes {
  readonly #options: FileTreeHashesOptions;
  readonly #path: string;
  #file: DiskFile;
  #pages: PageCache;
  #length: number;
  /** Hashes in the file; the rest is in the buffer. */
  #writtenCount: number;
  #buffer: Buffer = Buffer.alloc(BUFFER_SIZE_BYTES);
  #bufferedSizeBytes = 0;
  #open: OpenSubtrees;
  /** Leaves that the header marks. */
  #marked: number;
  #marking: Promise<void> | undefined;
  /** After a sync that failed nothing is known of what the disk has. */
  #maySync = true;
  /** Whether the file's name lasts too. */
  #isNamed: boolean;
  #isClosed = false;

  constructor(options: FileTreeHashesOptions, path: string) {
    this.#options = options;
    this.#path = path;
    const kept = openKept(options, path);
    const { file, length } = kept ?? { file: createFile(options, path), length: 0 };
    this.#file = file;
    this.#isNamed = kept !== undefined;
    this.#pages = new PageCache(file, HEADER_SIZE_BYTES);
    this.#length = this.#marked = length;
    this.#writtenCount = keptCount(length);
    this.#open = this.#newOpen();
  }

  get length(): number {
    return this.#length;
  }

  append(leaves: readonly Digest[]): void {
    for (const leaf of leaves) {
      this.#open.add(leaf, this.#keep);
      this.#length += 1;
    }
    if (this.#length - this.#marked >= MARK_EVERY) this.#beginMark();
  }

  hashAt(level: number, index: number): Digest {
    mustLieWithin(level, index, this.#length);
    return subtreeHash(level, index, this.#keptAt, this.#options.sha256);
  }

  clear(): void {
    this.#file.close();
    this.#options.disk.remove(this.#path);
    this.#file = createFile(this.#options, this.#path);
    this.#pages = new PageCache(this.#file, HEADER_SIZE_BYTES);
    this.#length = this.#marked = this.#writtenCount = this.#bufferedSizeBytes = 0;
    this.#isNamed = false;
    this.#open = this.#newOpen();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#marking;
    this.#beginMark();
    await this.#marking;
    this.#file.close();
  }

  #newOpen(): OpenSubtrees {
    return new OpenSubtrees(this.#length, this.#keptAt, this.#options.sha256);
  }

  readonly #keep = (hash: Digest): void => {
    if (this.#bufferedSizeBytes === this.#buffer.length) this.#makeRoom();
    this.#buffer.write(hash, this.#bufferedSizeBytes, DIGEST_SIZE, 'latin1');
    this.#bufferedSizeBytes += DIGEST_SIZE;
  };

  readonly #keptAt = (position: number): Digest => {
    const buffered = position - this.#writtenCount;
    if (buffered < 0) return this.#pages.digestAt(position);
    return readDigest(this.#buffer, buffered * DIGEST_SIZE);
  };

  /** Empties the buffer into the file, or makes it larger while the disk is full. */
  #makeRoom(): void {
    if (!this.#flush()) this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
  }

  #flush(): boolean {
    try {
      this.#file.writeSync(this.#buffer, this.#bufferedSizeBytes, HEADER_SIZE_BYTES + this.#writtenCount * DIGEST_SIZE);
    } catch (fault) {
      if (!isDiskFull(fault)) throw diskFaultToFailure(fault, this.#path, 'writing the tree hashes');
      return false;
    }
    this.#pages.forgetFrom(this.#writtenCount);
    this.#writtenCount += this.#bufferedSizeBytes / DIGEST_SIZE;
    this.#bufferedSizeBytes = 0;
    return true;
  }

  /** Makes what there is now last, then marks it, in the background. One at a time. */
  #beginMark(): void {
    if (this.#marking !== undefined || !this.#maySync || this.#length === this.#marked || !this.#flush()) return;
    const [file, length] = [this.#file, this.#length];
    this.#marking = file
      .sync()
      .then(() => this.#mark(file, length))
      .catch(() => void (this.#maySync &&= file !== this.#file))
      .finally(() => void (this.#marking = undefined));
  }

  #mark(file: DiskFile, length: number): void {
    if (file !== this.#file) return;
    const header = encodeHeader(this.#options.log.worldId, length);
    file.writeSync(header, header.length, 0);
    this.#marked = length;
    if (!this.#isNamed) this.#options.disk.syncFolder(this.#options.folder);
    this.#isNamed = true;
  }
}

function createFile({ disk, log }: FileTreeHashesOptions, path: string): DiskFile {
  const file = disk.open(path, 'create');
  const header = encodeHeader(log.worldId, 0);
  file.writeSync(header, header.length, 0);
  return file;
}

interface Kept {
  readonly file: DiskFile;
  /** Leaves whose hashes it holds for certain. */
  readonly length: number;
}

/** The file, cut to what it marks; undefined, and removed, if there is none of use. */
function openKept({ disk, log }: FileTreeHashesOptions, path: string): Kept | undefined {
  let file: DiskFile;
  try {
    file = disk.open(path, 'write');
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
  const length = readMark(file, log.worldId);
  const sizeBytes = length === undefined ? 0 : HEADER_SIZE_BYTES + keptCount(length) * DIGEST_SIZE;
  if (length === undefined || length > log.length || sizeBytes > file.sizeBytes()) {
    file.close();
    disk.remove(path);
    return undefined;
  }
  file.truncate(sizeBytes);
  return { file, length };
}

/** How many leaves the header marks; undefined if it is none of this world's. */
function readMark(file: DiskFile, worldId: Uint8Array): number | undefined {
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  file.readSync(header, 0);
  const length = Number(header.readBigUInt64LE(MARK_OFFSET));
  return encodeHeader(worldId, length).equals(header) ? length : undefined;
}

function encodeHeader(worldId: Uint8Array, length: number): Buffer {
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(VERSION, VERSION_OFFSET);
  header.set(worldId.subarray(0, WORLD_ID_SIZE_BYTES), WORLD_ID_OFFSET);
  header.writeBigUInt64LE(BigInt(length), MARK_OFFSET);
  header.writeUInt32LE(crc32c(header, 0, CRC_OFFSET), CRC_OFFSET);
  return header;
}
