/**
 * The disk port: the few things the file log asks of a file system, so that a bad disk can be simulated.
 *
 * Promises every adapter keeps:
 *
 * - K1 A write puts down all of its bytes or throws; when it throws, any part of them may be there.
 * - K2 A write to a file opened `durable` is on the disk when it returns. Other writes wait for `sync`.
 * - K3 A name made, moved or removed is on the disk after `syncFolder` of its folder, not before.
 * - K4 What a write put down, reads see at once, durable or not.
 * - K5 Every fault is an `Error` whose `code` is the errno's name, such as `ENOSPC`.
 *
 * Paths are absolute. Verbs that move data come twice, as `x` and `xSync`; the rest is rare and synchronous.
 */

/**
 * - `read`: a file that exists, never written to.
 * - `write`: a file that exists; writes last only after `sync`.
 * - `durable`: a file that exists; each write lasts when it returns.
 * - `create`: as `write`, the file made anew or emptied first.
 */
export type OpenMode = 'read' | 'write' | 'durable' | 'create';

export interface DiskFile {
  sizeBytes(): number;
  /** Fills `into` from `offset` on; answers how many bytes there were, fewer only at the end of the file. */
  read(into: Uint8Array, offset: number): Promise<number>;
  readSync(into: Uint8Array, offset: number): number;
  /** Writes the first `sizeBytes` of `bytes`, which must not change until it settles. */
  write(bytes: Uint8Array, sizeBytes: number, offset: number): Promise<void>;
  writeSync(bytes: Uint8Array, sizeBytes: number, offset: number): void;
  /** Makes the file's bytes and size last. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): void;
  /** Idempotent. */
  close(): void;
}

/** A hold that ends with `release`, or when the process dies. */
export interface DiskLock {
  /** Idempotent. */
  release(): void;
}

export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  /** Names of the files in a folder, in no order. */
  list(folder: string): readonly string[];
  /** Makes a folder with its parents, durably; one that exists is fine. */
  makeFolder(folder: string): void;
  /** Throws `EROFS` or `EACCES` where nothing can be written. */
  checkWritable(folder: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  syncFolder(folder: string): void;
  /** Holds the file `path`, made when absent, for this process alone; throws `EBUSY` when another holds it. */
  lock(path: string): DiskLock;
}

/** Name of the errno behind a disk's fault; '' when it is no such error. */
export function errnoOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
}
