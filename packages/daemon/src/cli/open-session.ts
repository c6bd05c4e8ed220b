/** Which session a command gets: the daemon that was named, the one that serves the folder, or the folder itself. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors/failure.ts';
import { readDaemonFile, tokenFileOf } from './daemon/daemon-file.ts';
import { findDaemon } from './daemon/find-daemon.ts';
import type { GlobalFlags } from './flags.ts';
import { openHttpSession, type HttpSessionOptions } from './http-session.ts';
import type { Session } from './session.ts';
import type { Progress } from './terminal/progress.ts';
import { typedSession } from './typed-session.ts';

export interface SessionOptions {
  readonly flags: GlobalFlags;
  readonly progress: Progress;
  /** Whether a data folder is made where there is none. */
  readonly mayMakeFolder: boolean;
}

/** Throws `DAEMON_UNREACHABLE`, or what opening the folder throws, `LOG_LOCKED` above all. */
export async function openSession(options: SessionOptions): Promise<Session> {
  return typedSession(await chooseSession(options));
}

async function chooseSession({ flags, progress, mayMakeFolder }: SessionOptions): Promise<Session> {
  const { dataDir, quantumMs } = flags;
  const daemon = await findAsked(flags);
  if (daemon !== undefined) return openHttpSession(daemon, progress);
  if (flags.keyFile !== null) {
    throw new Failure('DAEMON_UNREACHABLE', dataDir, 'a key asks a daemon, and none serves this folder');
  }
  if (!mayMakeFolder && !existsSync(join(dataDir, 'worlds'))) {
    throw new Failure('DAEMON_UNREACHABLE', dataDir, 'no daemon serves this folder, and it holds no worlds');
  }
  // Loaded only here: what talks to a daemon needs neither the engine nor the schema.
  const { openLocalSession } = await import('./local-session.ts');
  return await openLocalSession({ dataDir, quantumMs, progress });
}

/** The daemon that is meant, with the file of the token that it is to be sent; undefined where none serves the folder. */
export async function findAsked(
  { url, dataDir, tokenFile, keyFile }: GlobalFlags,
  answerTimeoutMs?: number,
): Promise<HttpSessionOptions | undefined> {
  // The folder's token goes to the folder's daemon, and to nobody else who is named.
  const isOther = url !== null && readDaemonFile(dataDir)?.address !== url;
  if (isOther || (url !== null && tokenFile !== null)) return { address: url, tokenFile, keyFile };
  const daemon = await findDaemon(dataDir, answerTimeoutMs);
  if (daemon !== undefined) {
    return { address: daemon.address, tokenFile: tokenFile ?? tokenFileOf(dataDir, daemon), keyFile };
  }
  return url === null ? undefined : { address: url, tokenFile, keyFile };
}
