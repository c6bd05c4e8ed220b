/** What a daemon needs of its machine. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bad, doubtful, good, type Finding } from './finding.ts';

/** Since when Node runs TypeScript as it stands, in the way that the code is written. */
const NODE_MIN = [24, 12] as const;
/** A connection and each file of a world take one. */
const FILES_MIN = 4096;

export function examineMachine(): readonly Finding[] {
  return [examineNode(process.versions.node), examineFileLimit(), examineGit()].filter((each) => each !== undefined);
}

export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]);
  if (!isOld) return good('node', `Node ${version}`);
  const needed = NODE_MIN.join('.');
  return bad('node', `Node ${version}, and ${needed} is needed`, `start with \`npm start\`, or install Node ${needed}`);
}

/** Undefined where the system does not tell. */
function examineFileLimit(): Finding | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
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
