/**
 * `<data-dir>/token`: what the daemon of a folder asks for, 32 random bytes in base64url on one line. Whoever may read it is the
 * principal `local`, and has every right.
 *
 * - K1 It is made once, whole or not at all, for its owner alone.
 * - K2 A file that others may read or write is refused: what stands in it is no secret any more.
 * - K3 No error tells what stands in it.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { diskFaultToFailure } from '../../logs/file/log-failures.ts';
import { errnoOf } from '../../ports/disk.ts';
import { makePrivateFile, readPrivateFile } from '../private-file.ts';

/** Of the file in the data folder. */
export const TOKEN_NAME = 'token';
const TOKEN_SIZE_BYTES = 32;

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
  let errno = 'ENOENT';
  try {
    const token = readIfThere(path);
    if (token !== undefined) return token;
  } catch (fault) {
    if (fault instanceof Failure) throw fault;
    errno = errnoOf(fault);
  }
  throw new Failure('USAGE', '--token-file', `${path} can't be read: ${errno}`);
}

function readIfThere(path: string): string | undefined {
  const token = readPrivateFile(path, 'TOKEN_FILE_UNFIT')?.trim();
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure('TOKEN_FILE_UNFIT', path, 'it does not hold a token');
}

/** Whoever comes second, from another process, takes what the first has made. */
function makeToken(path: string): string {
  const token = randomBytes(TOKEN_SIZE_BYTES).toString('base64url');
  return makePrivateFile(path, `${token}\n`) ? token : readToken(path);
}
