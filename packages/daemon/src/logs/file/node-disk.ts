/**
 * The disk port over `node:fs`.
 *
 * A durable write is a plain write on an `O_DSYNC` descriptor on Linux: one call, and the data with what is needed to
 * find it are on the disk when it returns. Elsewhere it is a write and an `fdatasync`, because the flag is missing or
 * stops short of the drive's cache (macOS, where Node's `fdatasync` does reach it).
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import type { Disk, DiskFile, OpenMode } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { lockFile } from './lock-file.ts';

export type DurableBy = 'o-dsync' | 'fdatasync';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Makes the real disk. `durableBy` is the platform's best unless a test says otherwise. */
export function nodeDisk(durableBy: DurableBy = process.platform === 'linux' ? 'o-dsync' : 'fdatasync'): Disk {
  return {
    open: (path, mode) => openFile(path, mode, durableBy),
    list: (folder) => fs.readdirSync(folder),
    makeFolder,
    checkWritable: (folder) => fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK),
    rename: (from, to) => fs.renameSync(from, to),
    remove: (path) => fs.unlinkSync(path),
    syncFolder,
    lock: lockFile,
  };
}

/** A name that is a symbolic link is refused (`ELOOP`): the folder may have come with somebody else's checkout. */
function openFile(path: string, mode: OpenMode, durableBy: DurableBy): DiskFile {
  const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC, O_DSYNC, O_NOFOLLOW } = fs.constants;
  const open = (flags: number): number => fs.openSync(path, flags | O_NOFOLLOW, FILE_MODE);
  switch (mode) {
    case 'read':
      return new NodeFile(open(O_RDONLY), false);
    case 'write':
      return new NodeFile(open(O_RDWR), false);
    case 'create':
      return new NodeFile(open(O_RDWR | O_CREAT | O_TRUNC), false);
    case 'durable':
      return durableBy === 'o-dsync' ? new NodeFile(open(O_RDWR | O_DSYNC), false) : new NodeFile(open(O_RDWR), true);
  }
}

/** Makes the missing folders of a path by hand: Node's own recursion reports a read-only disk as `ENOENT`. */
function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (fault) {
    if (errnoOf(fault) !== 'EEXIST') {
      if (errnoOf(fault) !== 'ENOENT') throw fault;
      makeFolder(dirname(folder));
      fs.mkdirSync(folder, { mode: FOLDER_MODE });
    }
  }
  // One that was there may have been made just before a crash.
  syncFolder(dirname(folder));
}

function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #syncsWrites: boolean;
  #isOpen = true;

  constructor(fd: number, syncsWrites: boolean) {
    this.#fd = fd;
    this.#syncsWrites = syncsWrites;
  }

  sizeBytes(): number {
    return fs.fstatSync(this.#fd).size;
  }

  readSync(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.length) {
      const n = fs.readSync(this.#fd, into, done, into.length - done, offset + done);
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const n = await readOnce(this.#fd, into, done, offset + done);
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  writeSync(bytes: Uint8Array, sizeBytes: number, offset: number): void {
    let done = 0;
    while (done < sizeBytes) done += fs.writeSync(this.#fd, bytes, done, sizeBytes - done, offset + done);
    if (this.#syncsWrites) fs.fdatasyncSync(this.#fd);
  }

  write(bytes: Uint8Array, sizeBytes: number, offset: number): Promise<void> {
    const fd = this.#fd;
    const syncsWrites = this.#syncsWrites;
    return new Promise((resolve, reject) => {
      let done = 0;
      const settle = (fault: Error | null): void => (fault ? reject(fault) : resolve());
      const more = (): void =>
        fs.write(fd, bytes, done, sizeBytes - done, offset + done, (fault, n) => {
          done += n;
          if (fault !== null) reject(fault);
          else if (done < sizeBytes) more();
          else if (syncsWrites) fs.fdatasync(fd, settle);
          else resolve();
        });
      more();
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (fault) => (fault ? reject(fault) : resolve()));
    });
  }

  truncate(sizeBytes: number): void {
    fs.ftruncateSync(this.#fd, sizeBytes);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fs.closeSync(this.#fd);
  }
}

function readOnce(fd: number, into: Uint8Array, start: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, start, into.length - start, offset, (fault, n) => (fault ? reject(fault) : resolve(n)));
  });
}
