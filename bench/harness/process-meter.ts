/** What a process and those that it has started have taken of the machine, where the system says so (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

/** Time that all threads of a process have spent on a processor, with those of its children. */
export function cpuMs(pid: number): number | undefined {
  return sumOver(processTree(pid), (each) => {
    const tasks = readdirSync(`/proc/${each}/task`);
    const spentNs = tasks.map((task) =>
      Number(readFileSync(`/proc/${each}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return spentNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
  });
}

/** The most memory that a process ever had. */
export function rssPeakMiB(pid: number): number | undefined {
  // Not `resourceUsage`: on Linux its maximum outlives `exec`, so it would tell of the parent.
  return sumOver([pid], (each) => {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1]) / 1024;
  });
}

function processTree(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(processTree)];
  } catch {
    return [pid];
  }
}

function sumOver(pids: readonly number[], valueOf: (pid: number) => number): number | undefined {
  try {
    const sum = pids.map(valueOf).reduce((total, value) => total + value, 0);
    return Number.isNaN(sum) ? undefined : sum;
  } catch {
    return undefined;
  }
}
