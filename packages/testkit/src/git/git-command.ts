/**
 * Runs git for tests, to its end, in an environment in which nothing of the machine shows: no configuration, no
 * identity, no clock. Text is latin1 both ways, so bytes pass through unchanged.
 */
import { execFileSync } from 'node:child_process';

export interface GitCommand {
  /** The repository folder, or any folder for commands that need none. */
  readonly cwd: string;
  readonly args: readonly string[];
  /** Standard input, one byte a character. */
  readonly input?: string;
}

/** The environment for every git process of the tests; commits made in it are the same everywhere. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  const person = { NAME: 'Test', EMAIL: 'test@jitos.example', DATE: '1700000000 +0000' };
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  for (const [key, value] of Object.entries(person)) {
    environment[`GIT_AUTHOR_${key}`] = value;
    environment[`GIT_COMMITTER_${key}`] = value;
  }
  return environment;
}

/** Returns what git printed, one byte a character; throws when it fails. */
export function runGit({ cwd, args, input }: GitCommand): string {
  return execFileSync('git', args, {
    cwd,
    env: gitEnvironment(),
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    stdio: ['pipe', 'pipe', 'pipe'],
    input: Buffer.from(input ?? '', 'latin1'),
  });
}
