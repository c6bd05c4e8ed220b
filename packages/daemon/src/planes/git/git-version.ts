/**
 * Whether git is new enough for what this plane relies on.
 *
 * - V1 Nothing else of git is run before its version is known. One older than `GIT_CONFIG_COUNT` (2.31) would take a
 *   repository's own word for which programs to run, one older than `GIT_CONFIG_GLOBAL` (2.32) would read by the user's
 *   configuration: both pass over these variables in silence.
 */
import { Failure } from '../../errors/failure.ts';
import { findingEnvironment, type Environment } from './git-environment.ts';
import { askGit, type GitAnswer } from './git-process.ts';

export interface VersionCheck {
  /** The repository as the user named it: the place in failures. */
  readonly path: string;
  /** Of the user: where git is. */
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

interface Version {
  readonly major: number;
  readonly minor: number;
}

const NEEDED: Version = { major: 2, minor: 32 };

/** No repository lies here that git might look into. */
const NO_REPOSITORY = '/';

/** The `PATH` on which a git was found to be new enough last; only a change of it asks again. */
let knownPath: string | undefined;

/** Throws `GIT_TOO_OLD`, or `GIT_FAILED` when there is no git. Asks git once a process, and again after a failure. */
export async function checkGitVersion({ path, environment, signal }: VersionCheck): Promise<void> {
  signal.throwIfAborted();
  if (environment['PATH'] !== undefined && environment['PATH'] === knownPath) return;
  const command = { path, cwd: NO_REPOSITORY, environment: findingEnvironment(environment), signal };
  mustBeNewEnough(await askGit({ ...command, args: ['--version'] }));
  knownPath = environment['PATH'];
}

function mustBeNewEnough({ text }: GitAnswer): void {
  const found = /^git version (\S+)/.exec(text)?.[1] ?? 'of an unknown version';
  if (isNewEnough(found)) return;
  const needed = `${NEEDED.major}.${NEEDED.minor}`;
  throw new Failure('GIT_TOO_OLD', 'git', `git on the PATH is ${found}; ${needed} or newer is needed`);
}

/** Whatever is no number is not new enough. */
function isNewEnough(version: string): boolean {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  return major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor);
}
