/** Finds the daemon that serves a data folder, if one does. */
import { readDaemonFile, type DaemonFile } from './daemon-file.ts';

/** A daemon that is alive answers this fast even when it is busy: reading never waits for the writer. */
const ANSWER_TIMEOUT_MS = 2000;

/** What `daemon.json` says if it is true: the process lives, and something answers there as jitosd does. */
export async function findDaemon(dataDir: string): Promise<DaemonFile | undefined> {
  const file = readDaemonFile(dataDir);
  if (file === undefined || !isAlive(file.pid)) return undefined;
  return (await answersAsJitosd(file.address)) ? file : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process lives too. Node's errors have a code that `Error` doesn't type.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Well or not, as long as it tells so in jitosd's words. */
async function answersAsJitosd(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/healthz`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: 'error',
    });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && ('error' in body || ('status' in body && body.status === 'ok'));
  } catch {
    return false;
  }
}
