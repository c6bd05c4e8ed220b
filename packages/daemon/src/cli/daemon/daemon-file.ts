/**
 * `<data-dir>/daemon.json`: where the daemon of a data folder answers, for `jitosctl` and for a second daemon.
 *
 *     {"address": "http://127.0.0.1:8080", "pid": 1234, "tokenFile": "token"}
 *
 * - D1 It is whole or absent: written beside itself and renamed, readable by its owner alone.
 * - D2 It is believed only as a daemon of this user writes it: a plain file of ours that nobody else may read or write.
 *      One that came with somebody's checkout would send requests, and the token, anywhere.
 * - D3 It is a hint. The truth is the lock of each world; a file that a dead daemon left behind is found out by
 *      `findDaemon` and replaced by the next daemon.
 */
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_NAME } from './token-file.ts';

export interface DaemonFile {
  /** `http://host:port`, without a slash at the end. */
  readonly address: string;
  readonly pid: number;
  /** Name of the file in the data folder that holds the local token; null where the daemon asks nobody for one. */
  readonly tokenFile: string | null;
}

const NAME = 'daemon.json';
const FILE_MODE = 0o600;

export function daemonFilePath(dataDir: string): string {
  return join(dataDir, NAME);
}

/** Replaces what stands there. */
export function writeDaemonFile(dataDir: string, file: DaemonFile): void {
  const path = daemonFilePath(dataDir);
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(file)}\n`, { mode: FILE_MODE, flag: 'wx' });
  renameSync(fresh, path);
}

/** The file with the token that the daemon of the folder asks for; null if it asks for none. */
export function tokenFileOf(dataDir: string, { tokenFile }: DaemonFile): string | null {
  return tokenFile === null ? null : join(dataDir, tokenFile);
}

/** Removes the file if it is this process's own. */
export function removeDaemonFile(dataDir: string): void {
  if (readDaemonFile(dataDir)?.pid === process.pid) rmSync(daemonFilePath(dataDir), { force: true });
}

/** What the file says, true or not; undefined when there is none, or it is no such file. */
export function readDaemonFile(dataDir: string): DaemonFile | undefined {
  const path = daemonFilePath(dataDir);
  let value: unknown;
  try {
    if (!isOurs(lstatSync(path))) return undefined;
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
  return isDaemonFile(value) ? value : undefined;
}

function isOurs(stats: Stats): boolean {
  return stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
}

function isDaemonFile(value: unknown): value is DaemonFile {
  if (typeof value !== 'object' || value === null) return false;
  const { address, pid, tokenFile } = value as Partial<Record<keyof DaemonFile, unknown>>; // any object may be asked
  if (typeof address !== 'string' || !/^http:\/\/[^/]+$/.test(address)) return false;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  return tokenFile === null || tokenFile === TOKEN_NAME;
}
