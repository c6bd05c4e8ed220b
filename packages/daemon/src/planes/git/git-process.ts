/**
 * One git process: what it is asked, what it answers, how it ends.
 *
 * - P1 Arguments reach git as they stand; no shell sees them.
 * - P2 Output is read only as fast as it is asked for: a fast git waits in its pipe, and memory stays bounded.
 * - P3 Output that ends too early is a `Failure` (`GIT_FAILED`) with git's own words, or the reason of the abort.
 *   Nobody waits for a process that is gone.
 * - P4 Disposing, or aborting the signal, kills the process; disposing also waits until it is gone.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../../errors/failure.ts';
import type { Environment } from './git-environment.ts';
import { GitOutput, RECORD_SIZE_BYTES_MAX } from './git-output.ts';

export interface GitCommand {
  /** The repository as the user named it: the place in failures. */
  readonly path: string;
  /** An existing folder. */
  readonly cwd: string;
  readonly environment: Environment;
  /** The subcommand first. */
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

/** How a process ended. */
interface GitExit {
  /** Null when a signal ended it, or it never ran. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it never ran, or that it was aborted. */
  readonly error: NodeJS.ErrnoException | null;
}

/** What to do about a repository that lacks something. */
export const REPAIR_ADVICE = 'Run `git fsck` in it, and fetch what it misses or clone it anew.';

/** The start of what git says on standard error is where the cause stands. */
const COMPLAINT_LENGTH_MAX = 4_096;

export class GitProcess implements AsyncDisposable {
  readonly #command: GitCommand;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exit: Promise<GitExit>;
  #complaint = '';

  /** What git prints on standard output. */
  readonly output: GitOutput;

  constructor(command: GitCommand) {
    const { args, cwd, environment, signal } = command;
    signal.throwIfAborted();
    this.#command = command;
    this.#child = spawn('git', args, {
      cwd,
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    this.#exit = exitOf(this.#child);
    this.#child.stderr.setEncoding('latin1').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, COMPLAINT_LENGTH_MAX);
    });
    // A process that dies closes its input under us; its exit tells the story.
    this.#child.stdin.on('error', () => undefined);
    // Without a listener Node throws the output away when the process ends before it is first read.
    this.#child.stdout.on('readable', () => undefined);
    this.output = new GitOutput(this.#child.stdout[Symbol.asyncIterator](), {
      tooEarly: () => this.#failure(),
      tooLong: () => this.damage(`\`git ${args[0]}\` printed a record of more than ${RECORD_SIZE_BYTES_MAX} bytes`),
    });
  }

  /** What git said on standard error, one byte a character. */
  get complaint(): string {
    return this.#complaint.trim();
  }

  /** Hands text to git, one byte a character. The caller bounds what it asks before it reads the answers. */
  write(text: string): void {
    this.#child.stdin.write(text, 'latin1');
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /** Passes over what output is left and returns the exit status; throws when the process was killed or never ran. */
  async exitStatus(): Promise<number> {
    this.endInput();
    await this.output.drain();
    const { status } = await this.#exit;
    if (status === null) throw await this.#failure();
    return status;
  }

  /** As `exitStatus`, and throws unless it is 0. */
  async finish(): Promise<void> {
    if ((await this.exitStatus()) !== 0) throw await this.#failure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy();
    await this.#exit;
  }

  /** The failure of a repository whose objects are not as they have to be. */
  damage(what: string): Failure {
    const words = this.complaint === '' ? '' : ` (${this.complaint})`;
    return this.refusal(`${what}${words}. ${REPAIR_ADVICE}`);
  }

  /** The failure of a repository that is whole, but holds what is not taken. */
  refusal(detail: string): Failure {
    return new Failure('REPOSITORY_INVALID', this.#command.path, detail);
  }

  /** What the end of this process amounts to for those who wanted more of it. */
  async #failure(): Promise<unknown> {
    const { signal } = this.#command;
    this.endInput();
    const exit = await this.#exit;
    return signal.aborted ? signal.reason : this.#failed(exit);
  }

  #failed(exit: GitExit): Failure {
    const { args, path } = this.#command;
    if (exit.error?.code === 'ENOENT') {
      return new Failure(
        'GIT_FAILED',
        'git',
        'There is no git on the PATH. Install it (on Debian: `apt install git`).',
      );
    }
    const how =
      exit.error !== null
        ? `could not be run: ${exit.error.message}`
        : exit.signal !== null
          ? `was ended by ${exit.signal}`
          : `ended with status ${exit.status}`;
    const words = this.complaint === '' ? '' : `: ${this.complaint}`;
    const advice = 'Check the repository with `git fsck`, then start again: what was finished stays.';
    return new Failure('GIT_FAILED', path, `\`git ${args[0]}\` ${how}${words}. ${advice}`);
  }
}

function exitOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<GitExit> {
  return new Promise((resolve) => {
    let error: NodeJS.ErrnoException | null = null;
    child.on('error', (cause) => (error = cause));
    child.on('close', (status, signal) => resolve({ status: error === null ? status : null, signal, error }));
  });
}

/** What a short git command answered. */
export interface GitAnswer {
  readonly status: number;
  /** Standard output, as UTF-8. */
  readonly text: string;
  readonly complaint: string;
}

/** Runs a short command to its end. Any exit status is an answer; a process that was killed is a failure. */
export async function askGit(command: GitCommand, input = ''): Promise<GitAnswer> {
  await using git = new GitProcess(command);
  git.write(input);
  git.endInput();
  while (await git.output.more());
  const text = git.output.bytes(0, git.output.arrived).toString('utf8');
  return { status: await git.exitStatus(), text, complaint: git.complaint };
}
