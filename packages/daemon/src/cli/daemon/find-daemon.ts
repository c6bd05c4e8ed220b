/** Finds the daemon that serves a data folder, if one does. */
import { readDaemonFile, type DaemonFile } from './daemon-file.ts';

/** A daemon that is alive answers this fast even when it is busy: reading never waits for the writer. */
const ANSWER_TIMEOUT_MS = 2000;

/** What `daemon.json` says if it is true: the process lives and is the user's, and it is the one that answers there. */
export async function findDaemon(
  dataDir: string,
  answerTimeoutMs: number = ANSWER_TIMEOUT_MS,
): Promise<DaemonFile | undefined> {
  const file = readDaemonFile(dataDir);
  if (file === undefined || !isAlive(file.pid)) return undefined;
  return (await answersAsProcess(file, answerTimeoutMs)) ? file : undefined;
}

/**
 * Whether the user has such a process. Another user's is not the daemon that wrote the user's file: it has come by a number that is
 * told to whoever asks for health, and would be sent the token.
 */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Well or not, as long as it tells the process's own number: pids and ports are given to others again. */
async function answersAsProcess({ address, pid }: DaemonFile, answerTimeoutMs: number): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/healthz`, {
      signal: AbortSignal.timeout(answerTimeoutMs),
      redirect: 'error',
    });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'pid' in body && body.pid === pid;
  } catch {
    return false;
  }
}
