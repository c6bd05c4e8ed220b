/**
 * `<data-dir>/token`: what the daemon of a folder asks for, 32 random bytes in base64url on one line. Whoever may read it is the
 * principal `local`, and has every right.
 *
 * - K1 It is made once, whole or not at all, for its owner alone.
 * - K2 A file that others may read or write is refused: what stands in it is no secret any more.
 * - K3 No error tells what stands in it.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { diskFaultToFailure } from '../../logs/file/log-failures.ts';
import { errnoOf } from '../../ports/disk.ts';

/** Of the file in the data folder. */
export const TOKEN_NAME = 'token';
const TOKEN_SIZE_BYTES = 32;
const FILE_MODE = 0o600;
const FILE_SIZE_BYTES_MAX = 4096;

export function tokenPath(dataDir: string): string {
  return join(dataDir, TOKEN_NAME);
}

/** The folder's token; it is made if there is none. Throws `TOKEN_FILE_UNFIT`, or what the disk says. */
export function mustMakeToken(dataDir: string): string {
  const path = tokenPath(dataDir);
  try {
    return readIfThere(path) ?? makeToken(path);
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'making the token');
  }
}

/** Throws `USAGE` if there is none that can be read, else `TOKEN_FILE_UNFIT`. */
export function readToken(path: string): string {
  let errno: string;
  try {
    const token = readIfThere(path);
    if (token !== undefined) return token;
    errno = 'ENOENT';
  } catch (fault) {
    if (fault instanceof Failure) throw fault;
    errno = errnoOf(fault);
  }
  throw new Failure('USAGE', '--token-file', `${path} can't be read: ${errno}`);
}

/** Undefined where nothing is. Throws `TOKEN_FILE_UNFIT`, and what the disk says. */
function readIfThere(path: string): string | undefined {
  let file: number;
  try {
    // A pipe in its place would keep us waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return undefined;
    throw fault;
  }
  try {
    mustBePrivate(file, path);
    return tokenOf(readFileSync(file, 'latin1'), path);
  } finally {
    closeSync(file);
  }
}

function mustBePrivate(file: number, path: string): void {
  const stats = fstatSync(file);
  if (!stats.isFile() || stats.size > FILE_SIZE_BYTES_MAX) throw unfit(path, 'it is no file of one line');
  // Who is root reads everything, and knows what they do.
  const uid = process.getuid?.();
  if (uid !== 0 && stats.uid !== uid) throw unfit(path, 'it belongs to another user');
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) !== 0) throw unfit(path, `others may read or write it (mode ${mode.toString(8)})`);
}

function tokenOf(text: string, path: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw unfit(path, 'it does not hold a token');
}

/** Whoever comes second, from another process, takes what the first has made. */
function makeToken(path: string): string {
  const token = randomBytes(TOKEN_SIZE_BYTES).toString('base64url');
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', FILE_MODE);
  try {
    writeSync(file, `${token}\n`);
    fsyncSync(file);
    linkSync(fresh, path);
    return token;
  } catch (fault) {
    if (errnoOf(fault) === 'EEXIST') return readToken(path);
    throw fault;
  } finally {
    closeSync(file);
    rmSync(fresh, { force: true });
  }
}

function unfit(path: string, why: string): Failure {
  return new Failure('TOKEN_FILE_UNFIT', path, why);
}
