/**
 * The processes that this one has started and that are still there, as Linux lists them.
 */
import { readFileSync } from 'node:fs';

export interface ChildProcess {
  readonly pid: number;
  /** Empty once it has ended and was not waited for. */
  readonly args: readonly string[];
}

/** Every direct child of this process. */
export function listChildProcesses(): readonly ChildProcess[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  if (pids === '') return [];
  return pids.split(' ').map((pid) => ({ pid: Number(pid), args: argsOf(pid) }));
}

function argsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // It ended between the two looks.
    return [];
  }
}
