/**
 * A disk in memory that can lose power, run full, and be run in the same way again from a seed.
 *
 * Its fault model: a sync makes a file's bytes and size last; a durable write makes its own bytes last. When the power
 * goes, every other sector (512 bytes) that differs from the lasting one is old or new, each by itself; a file's size
 * is old or new; of the names that changed since their folder was synced, the first few changes last. Left out: sectors
 * that tear within, syncs that lie, and bits that flip (`lying-disk.ts` does both, and tests
 * flip bits by hand with `bytes`).
 */
import { dirname } from 'node:path';
import type { Disk, DiskFile, DiskLock, OpenMode } from '@jitos/daemon/ports/disk.ts';
import { diskFault } from './disk-fault.ts';

const SECTOR_SIZE_BYTES = 512;

/** What a file's path leads to. `lasting` is what a power cut can't take away. */
interface Inode {
  now: Buffer;
  lasting: Buffer;
}

interface NameChange {
  readonly folder: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

export class MemoryDisk implements Disk {
  /** Writes that would pass it throw `ENOSPC`, after filling what is left. */
  capacityBytes: number = Infinity;
  /** The power goes at this mutating operation, counted from 0: it is begun, and lasts in part or not at all. */
  powerCutAt: number = Infinity;
  #operationCount = 0;
  readonly #names = new Map<string, Inode>();
  readonly #lastingNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  readonly #folders = new Set<string>();
  readonly #locked = new Set<string>();

  /** Number of mutating operations so far. */
  get operationCount(): number {
    return this.#operationCount;
  }

  /** The bytes of a file as reads see them, for tests to look at and to damage. */
  bytes(path: string): Buffer {
    return this.#mustGet(path).now;
  }

  has(path: string): boolean {
    return this.#names.has(path);
  }

  /** Puts a file there, lasting. */
  put(path: string, bytes: Uint8Array): void {
    const inode = { now: Buffer.from(bytes), lasting: Buffer.from(bytes) };
    this.#folders.add(dirname(path));
    this.#names.set(path, inode);
    this.#lastingNames.set(path, inode);
  }

  /** Another disk with the same files, all of them lasting. */
  clone(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const folder of this.#folders) disk.#folders.add(folder);
    for (const [path, { now }] of this.#names) disk.put(path, now);
    return disk;
  }

  /** The process died, the system lives: locks are free, and what was written is there to be read, lasting or not. */
  afterProcessDeath(): MemoryDisk {
    this.powerCutAt = Infinity;
    this.#locked.clear();
    return this;
  }

  /** The disk as it comes back after a power cut now. `chance` answers numbers in [0, 1). Files of this one stay. */
  afterPowerCut(chance: () => number): MemoryDisk {
    const names = new Map(this.#lastingNames);
    const lastingChangeCount = Math.floor(chance() * (this.#nameChanges.length + 1));
    for (const change of this.#nameChanges.slice(0, lastingChangeCount)) change.apply(names);
    const disk = new MemoryDisk();
    for (const folder of this.#folders) disk.#folders.add(folder);
    for (const [path, inode] of names) disk.put(path, tearSectors(inode, chance));
    return disk;
  }

  open(path: string, mode: OpenMode): DiskFile {
    if (mode === 'create') {
      this.#begin();
      const inode: Inode = { now: Buffer.alloc(0), lasting: Buffer.alloc(0) };
      this.#mustHaveFolder(dirname(path));
      this.#rename(dirname(path), (names) => names.set(path, inode));
    }
    return new MemoryFile(this, this.#mustGet(path), mode === 'durable');
  }

  list(folder: string): readonly string[] {
    this.#mustHaveFolder(folder);
    const prefix = `${folder}/`;
    return [...this.#names.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  }

  makeFolder(folder: string): void {
    this.#begin();
    this.#folders.add(folder);
  }

  checkWritable(folder: string): void {
    this.#mustHaveFolder(folder);
  }

  rename(from: string, to: string): void {
    this.#begin();
    const inode = this.#mustGet(from);
    this.#rename(dirname(to), (names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  remove(path: string): void {
    this.#begin();
    this.#mustGet(path);
    this.#rename(dirname(path), (names) => names.delete(path));
  }

  syncFolder(folder: string): void {
    this.#begin();
    const isHere = (change: NameChange): boolean => change.folder === folder;
    for (const change of this.#nameChanges.filter(isHere)) change.apply(this.#lastingNames);
    this.#nameChanges = this.#nameChanges.filter((change) => !isHere(change));
  }

  lock(path: string): DiskLock {
    if (this.#locked.has(path)) throw diskFault('EBUSY', path);
    this.#locked.add(path);
    return { release: () => void this.#locked.delete(path) };
  }

  /** Counts a mutating operation that `apply`s, and `settle`s as lasting unless the power goes in it. */
  mutate(apply: () => void, settle: () => void): void {
    if (this.#operationCount > this.powerCutAt) throw diskFault('EIO', 'the power is off');
    const isCut = this.#operationCount === this.powerCutAt;
    this.#operationCount++;
    apply();
    if (isCut) throw diskFault('EIO', 'the power went');
    settle();
  }

  /** Bytes that may still be written. */
  get freeBytes(): number {
    let usedBytes = 0;
    for (const { now } of this.#names.values()) usedBytes += now.length;
    return this.capacityBytes - usedBytes;
  }

  #begin(): void {
    if (this.#operationCount >= this.powerCutAt) {
      this.#operationCount++;
      throw diskFault('EIO', 'the power is off');
    }
    this.#operationCount++;
  }

  #rename(folder: string, apply: NameChange['apply']): void {
    apply(this.#names);
    this.#nameChanges.push({ folder, apply });
  }

  #mustGet(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw diskFault('ENOENT', path);
    return inode;
  }

  #mustHaveFolder(folder: string): void {
    if (!this.#folders.has(folder)) throw diskFault('ENOENT', folder);
  }
}

class MemoryFile implements DiskFile {
  readonly #disk: MemoryDisk;
  readonly #inode: Inode;
  readonly #isDurable: boolean;
  #isOpen = true;

  constructor(disk: MemoryDisk, inode: Inode, isDurable: boolean) {
    this.#disk = disk;
    this.#inode = inode;
    this.#isDurable = isDurable;
  }

  sizeBytes(): number {
    return this.#inode.now.length;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    await Promise.resolve();
    return this.readSync(into, offset);
  }

  readSync(into: Uint8Array, offset: number): number {
    this.#mustBeOpen();
    const bytes = this.#inode.now.subarray(offset, offset + into.length);
    into.set(bytes);
    return bytes.length;
  }

  async write(bytes: Uint8Array, sizeBytes: number, offset: number): Promise<void> {
    await Promise.resolve();
    this.writeSync(bytes, sizeBytes, offset);
  }

  writeSync(bytes: Uint8Array, sizeBytes: number, offset: number): void {
    this.#mustBeOpen();
    const inode = this.#inode;
    const roomEnd = inode.now.length + Math.max(0, this.#disk.freeBytes);
    const fits = Math.max(0, Math.min(sizeBytes, roomEnd - offset));
    const end = offset + fits;
    this.#disk.mutate(
      () => {
        inode.now = withLength(inode.now, Math.max(inode.now.length, end));
        inode.now.set(bytes.subarray(0, fits), offset);
      },
      () => {
        if (!this.#isDurable) return;
        inode.lasting = withLength(inode.lasting, Math.max(inode.lasting.length, end));
        inode.lasting.set(bytes.subarray(0, fits), offset);
      },
    );
    if (fits < sizeBytes) throw diskFault('ENOSPC', `${fits} of ${sizeBytes} bytes written`);
  }

  async sync(): Promise<void> {
    await Promise.resolve();
    this.#mustBeOpen();
    this.#disk.mutate(
      () => undefined,
      () => {
        this.#inode.lasting = Buffer.from(this.#inode.now);
      },
    );
  }

  truncate(sizeBytes: number): void {
    this.#mustBeOpen();
    this.#disk.mutate(
      () => {
        this.#inode.now = withLength(this.#inode.now, sizeBytes);
      },
      () => undefined,
    );
  }

  close(): void {
    this.#isOpen = false;
  }

  #mustBeOpen(): void {
    if (!this.#isOpen) throw diskFault('EBADF', 'the file is closed');
  }
}

function withLength(bytes: Buffer, length: number): Buffer {
  if (bytes.length === length) return bytes;
  const changed = Buffer.alloc(length);
  bytes.copy(changed);
  return changed;
}

/** A file after a power cut: each sector and the size by itself old or new. */
function tearSectors({ now, lasting }: Inode, chance: () => number): Buffer {
  const torn = withLength(Buffer.from(lasting), chance() < 0.5 ? lasting.length : now.length);
  for (let at = 0; at < torn.length; at += SECTOR_SIZE_BYTES) {
    if (chance() < 0.5 && at < now.length) now.copy(torn, at, at, Math.min(at + SECTOR_SIZE_BYTES, torn.length));
  }
  return torn;
}
