/**
 * One process a folder: an exclusive SQLite transaction held open on a file.
 *
 * SQLite takes the operating system's own file lock, which Node has no call for. The system frees it when the process
 * dies, however it dies; nothing is ever written to the file. One trap: POSIX drops a process's locks on a file when
 * any of its descriptors on it is closed, so nothing else in this program may open the lock file.
 */
import { DatabaseSync } from 'node:sqlite';
import type { DiskLock } from '../../ports/disk.ts';

const ERRNO_BY_SQLITE_CODE: ReadonlyMap<number, string> = new Map([
  [5, 'EBUSY'],
  [6, 'EBUSY'],
  [8, 'EROFS'],
  [10, 'EIO'],
  [13, 'ENOSPC'],
  [14, 'EACCES'],
]);

/** Holds `path`, made when absent; throws `EBUSY` when another holder lives, here or in another process. */
export function lockFile(path: string): DiskLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // no journal file: a full disk can still be locked
  } catch (fault) {
    database?.close();
    throw withErrno(fault, path);
  }
  return {
    release(): void {
      database?.close();
      database = undefined;
    },
  };
}

function withErrno(fault: unknown, path: string): unknown {
  if (!(fault instanceof Error) || !('errcode' in fault) || typeof fault.errcode !== 'number') return fault;
  const code = ERRNO_BY_SQLITE_CODE.get(fault.errcode & 0xff) ?? 'EIO';
  return Object.assign(new Error(`${path}: ${fault.message}`, { cause: fault }), { code });
}
