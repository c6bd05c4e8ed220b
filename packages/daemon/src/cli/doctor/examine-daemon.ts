/** The daemon, if one serves the folder, or the one that was named. */
import { readDaemonFile } from '../daemon/daemon-file.ts';
import { findDaemon } from '../daemon/find-daemon.ts';
import { bad, doubtful, good, type Finding } from './finding.ts';

const SUBJECT = 'daemon';
const ANSWER_TIMEOUT_MS = 5000;

/** The daemon at `url`, or else the one of the folder. */
export async function examineDaemon(url: string | null, dataDir: string): Promise<Finding> {
  if (url !== null) return await examineHealth(url);
  const daemon = await findDaemon(dataDir);
  if (daemon !== undefined) return await examineHealth(daemon.address);
  if (readDaemonFile(dataDir) === undefined) return good(SUBJECT, 'none serves this folder');
  const detail = 'daemon.json names one that does not answer';
  return doubtful(SUBJECT, detail, 'start it again with `npm start`; the file is replaced then');
}

async function examineHealth(address: string): Promise<Finding> {
  let body: unknown;
  try {
    const answer = await fetch(`${address}/healthz`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: 'error',
    });
    body = await answer.json();
    if (answer.ok) return good(SUBJECT, `it answers at ${address}, and takes commands for every world`);
  } catch {
    return bad(
      SUBJECT,
      `nobody answers as a daemon at ${address}`,
      'start it with `npm start`, or name its address with --url',
    );
  }
  const { error } = (body ?? {}) as {
    readonly error?: { readonly place?: string; readonly detail?: string; readonly advice?: string };
  }; // as every failure is told
  const detail = `${error?.place ?? address}: ${error?.detail ?? 'it is not well, and does not say why'}`;
  return bad(SUBJECT, detail, error?.advice ?? 'look at its log');
}
