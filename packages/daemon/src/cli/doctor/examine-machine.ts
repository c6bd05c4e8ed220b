/** What a daemon needs of its machine. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { findDaemon } from '../daemon/find-daemon.ts';
import { bad, doubtful, good, type Finding } from './finding.ts';

/** Since when Node runs TypeScript as it stands, in the way that the code is written. */
const NODE_MIN = [24, 12] as const;
/** A connection and each file of a world take one. */
const FILES_MIN = 4096;

export async function examineMachine(dataDir: string): Promise<readonly Finding[]> {
  const pid = (await findDaemon(dataDir))?.pid ?? null;
  const findings = [
    examineNode(process.versions.node),
    examineFileLimit(pid),
    examineClock(Date.now()),
    await examineTimers(),
    examineGit(),
  ];
  return findings.filter((each) => each !== undefined);
}

/** When this version was written: no clock that is right shows less. */
const CLOCK_MIN_MS = Date.UTC(2026, 0, 1);

/** A world takes the time that passed while nobody served it from the clock on the wall. */
export function examineClock(wallMs: number): Finding {
  const shown = new Date(wallMs).toISOString();
  if (wallMs >= CLOCK_MIN_MS) return good('clock', shown);
  return bad(
    'clock',
    `it shows ${shown}, which is long past`,
    'set it before the daemon starts, with NTP for instance',
  );
}

const TIMER_MS = 20;
const TIMER_LATE_MS_MAX = 200;

/** Leases, ticks and heartbeats come late where the processor is not to be had. */
async function examineTimers(): Promise<Finding> {
  const startMs = performance.now();
  await wait(TIMER_MS);
  const lateMs = Math.max(0, performance.now() - startMs - TIMER_MS);
  const detail = `a timer came ${lateMs.toFixed(1)} ms late`;
  if (lateMs <= TIMER_LATE_MS_MAX) return good('timers', detail);
  return doubtful('timers', detail, 'the machine is overloaded, or was suspended: give the daemon more of it');
}

export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]);
  if (!isOld) return good('node', `Node ${version}`);
  const needed = NODE_MIN.join('.');
  return bad('node', `Node ${version}, and ${needed} is needed`, `start with \`npm start\`, or install Node ${needed}`);
}

/** Of the daemon that runs, else of one that would be started from here; undefined where the system does not tell. */
function examineFileLimit(daemonPid: number | null): Finding | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${daemonPid ?? 'self'}/limits`, 'utf8');
  } catch {
    return undefined;
  }
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  if (soft === undefined || Number(soft) >= FILES_MIN) return good('open files', `at most ${soft ?? 'unlimited'}`);
  const advice = `raise it before the daemon starts: ulimit -n ${FILES_MIN}`;
  return doubtful('open files', `at most ${soft}, which many worlds or clients use up`, advice);
}

function examineGit(): Finding {
  try {
    const version = execFileSync('git', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return good('git', version.trim());
  } catch {
    return doubtful('git', 'it can not be run, and nothing is imported without it', 'install git');
  }
}
