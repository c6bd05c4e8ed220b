/** Files that hold a secret: their owner's alone, and refused otherwise, since what others may read is no secret any more. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Failure } from '../errors/failure.ts';
import type { Reason } from '../errors/reason.ts';
import { errnoOf } from '../ports/disk.ts';

const FILE_MODE = 0o600;
const FILE_SIZE_BYTES_MAX = 4096;

/** Its bytes; undefined where nothing is. Throws `unfit` for what others may read or write, and the disk's own errors. */
export function readPrivateFile(
  path: string,
  unfit: Reason,
  sizeBytesMax: number = FILE_SIZE_BYTES_MAX,
): string | undefined {
  let file: number;
  try {
    // A pipe in its place would keep us waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
  try {
    const why = whyUnfit(file, sizeBytesMax);
    if (why !== undefined) throw new Failure(unfit, path, why);
    return readFileSync(file, 'latin1');
  } finally {
    closeSync(file);
  }
}

function whyUnfit(file: number, sizeBytesMax: number): string | undefined {
  const stats = fstatSync(file);
  if (!stats.isFile() || stats.size > sizeBytesMax) return 'it is no small file';
  // Who is root reads everything, and knows what they do.
  const uid = process.getuid?.();
  if (uid !== 0 && stats.uid !== uid) return 'it belongs to another user';
  const mode = stats.mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : `others may read or write it (mode ${mode.toString(8)})`;
}

/** Writes it whole or not at all; false if something is there. Throws the disk's errors. */
export function makePrivateFile(path: string, text: string): boolean {
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', FILE_MODE);
  try {
    writeSync(file, text);
    fsyncSync(file);
    linkSync(fresh, path);
    return true;
  } catch (fault) {
    if (errnoOf(fault) === 'EEXIST') return false;
    throw fault;
  } finally {
    closeSync(file);
    rmSync(fresh, { force: true });
  }
}

/** Puts it in the place of what is there, whole or not at all. Throws the disk's errors. */
export function replacePrivateFile(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', FILE_MODE);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}
