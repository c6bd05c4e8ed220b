/**
 * What changes from the files of one commit to those of the next, by a long-lived `git diff-tree`.
 *
 * ```
 *   asked     <tree> <tree>\n … .\n
 *   answered  <tree> <tree>\n (:<mode> <mode> <oid> <oid> <letter>\0<path>\0)* … .\n
 * ```
 *
 * `diff-tree` echoes a line that is no oid, and flushes what it holds back: the full stop is how a request ends.
 *
 * - C1 Applying the changes of all commits in order to an empty map gives, after each, the files of that commit.
 * - C2 A part holds at most `changesPerPartMax` changes, and paths of at most `PART_PATHS_SIZE_BYTES_MAX`: memory is
 *      bounded whatever one commit touches. No path is longer than `PATH_SIZE_BYTES_MAX`.
 * - C3 The process is renewed every `COMMITS_PER_PROCESS`, for it keeps each top tree it has seen.
 */
import type { Failure } from '../../errors/failure.ts';
import type { GitCommit } from './git-commit.ts';
import type { PipelineStage } from './git-pipeline.ts';
import type { GitProcess } from './git-process.ts';

/** A path whose file is another than in the commit before. Renames are a deletion and an addition. */
export interface GitChange {
  /** Bytes, one a character: a path need not be UTF-8. */
  readonly path: string;
  /** 0o100644, 0o100755, 0o120000 (symbolic link) or 0o160000 (submodule); 0 when it was deleted. */
  readonly mode: number;
  /** Of the blob, or of a submodule's commit; null when it was deleted. */
  readonly oid: string | null;
  /** Of the blob; null when there is none. */
  readonly sizeBytes: number | null;
}

/** A commit, or a part of one whose changes are many: its parts follow each other. */
export interface GitCommitPart {
  readonly commit: GitCommit;
  /** In git's order of paths. */
  readonly changes: readonly GitChange[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** A change whose blob was not asked for its size. */
export type PendingChange = { -readonly [Field in keyof GitChange]: GitChange[Field] };

export interface PendingPart extends GitCommitPart {
  readonly changes: readonly PendingChange[];
}

/** Starts git on the repository that is read. */
export type StartGit = (...args: readonly string[]) => GitProcess;

export interface ChangesOptions {
  readonly start: StartGit;
  /** Of the commit before the first; the empty tree when there is none. */
  readonly previousTreeOid: string;
  readonly changesPerPartMax: number;
}

/** The mode of an entry that names a commit of another repository. */
export const SUBMODULE_MODE = 0o160000;

/** A path is kept as a field, and fields hold 64 KiB with their header. */
export const PATH_SIZE_BYTES_MAX = 65_000;

/** Of all paths of a part together. */
export const PART_PATHS_SIZE_BYTES_MAX: number = 1 << 20;

const COMMITS_PER_PROCESS = 4_096;

const ARGS: readonly string[] = [
  'diff-tree',
  '--stdin',
  '-r',
  '-z',
  '--raw',
  '--no-renames',
  '--no-abbrev',
  // A repository may ask to hide what changes in its submodules.
  '--ignore-submodules=none',
];

const COLON = 0x3a;
const NEWLINE = 0x0a;
const ZERO = 0x00;
const DIGIT_0 = 0x30;
const END_OF_REQUEST = '.';

/** Offsets in `:100644 100755 <oid> <oid> M\0<path>\0`, where the oids' length varies. */
const NEW_MODE_START = 8;
const NEW_MODE_END = 14;
const OIDS_START = 15;

interface ChangesTicket {
  readonly git: GitProcess;
  readonly commits: readonly GitCommit[];
  /** The process is asked nothing after this. */
  readonly isLastOfProcess: boolean;
}

export class ChangesStage
  implements PipelineStage<readonly GitCommit[], ChangesTicket, readonly PendingPart[]>, AsyncDisposable
{
  readonly #start: StartGit;
  readonly #changesPerPartMax: number;
  readonly #oidLength: number;
  readonly #running = new Set<GitProcess>();
  #previousTreeOid: string;
  /** The process to ask next, and how many commits it was asked for. */
  #git: GitProcess | undefined;
  #asked = 0;

  constructor({ start, previousTreeOid, changesPerPartMax }: ChangesOptions) {
    this.#start = start;
    this.#changesPerPartMax = changesPerPartMax;
    this.#oidLength = previousTreeOid.length;
    this.#previousTreeOid = previousTreeOid;
  }

  send(commits: readonly GitCommit[]): ChangesTicket {
    const git = (this.#git ??= this.#startProcess());
    let request = '';
    for (const { treeOid } of commits) {
      request += `${this.#previousTreeOid} ${treeOid}\n`;
      this.#previousTreeOid = treeOid;
    }
    git.write(`${request}${END_OF_REQUEST}\n`);
    this.#asked += commits.length;
    const isLastOfProcess = this.#asked >= COMMITS_PER_PROCESS;
    if (isLastOfProcess) this.#git = undefined;
    return { git, commits, isLastOfProcess };
  }

  async *receive({ git, commits, isLastOfProcess }: ChangesTicket): AsyncGenerator<readonly PendingPart[]> {
    let parts: PendingPart[] = [];
    let changeCount = 0;
    let pathsSizeBytes = 0;
    for (const commit of commits) {
      await this.#takeHeader(git, commit);
      for await (const part of this.#takeParts(git, commit)) {
        parts.push(part);
        changeCount += part.changes.length;
        pathsSizeBytes += sizeOfPaths(part);
        if (changeCount < this.#changesPerPartMax && pathsSizeBytes < PART_PATHS_SIZE_BYTES_MAX) continue;
        yield parts;
        parts = [];
        changeCount = 0;
        pathsSizeBytes = 0;
      }
    }
    await this.#takeEnd(git);
    if (isLastOfProcess) await this.#finish(git);
    if (parts.length > 0) yield parts;
  }

  async end(): Promise<void> {
    if (this.#git !== undefined) await this.#finish(this.#git);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((git) => git[Symbol.asyncDispose]()));
  }

  #startProcess(): GitProcess {
    const git = this.#start(...ARGS);
    this.#running.add(git);
    this.#asked = 0;
    return git;
  }

  async #finish(git: GitProcess): Promise<void> {
    await git.finish();
    this.#running.delete(git);
  }

  /** For a tree that can't be read git says nothing, and goes on. */
  async #takeHeader(git: GitProcess, { oid, treeOid }: GitCommit): Promise<void> {
    const header = await git.output.takeRecord(NEWLINE);
    if (!header.endsWith(` ${treeOid}`))
      throw git.damage(`Tree ${treeOid} of commit ${oid}, or the one before it, is unreadable`);
  }

  async #takeEnd(git: GitProcess): Promise<void> {
    const end = await git.output.takeRecord(NEWLINE);
    if (end !== END_OF_REQUEST)
      throw git.damage(`\`git diff-tree\` printed ${JSON.stringify(end)} where its answer ends`);
  }

  async *#takeParts(git: GitProcess, commit: GitCommit): AsyncGenerator<PendingPart> {
    const { output } = git;
    let changes: PendingChange[] = [];
    let pathsSizeBytes = 0;
    let isFirst = true;
    for (;;) {
      while (output.arrived === 0) await output.mustGetMore();
      if (output.byteAt(0) !== COLON) break;
      let change = this.#takeChange(git, commit);
      while (change === undefined) {
        await output.mustGetMore();
        change = this.#takeChange(git, commit);
      }
      pathsSizeBytes += change.path.length;
      if (changes.length === this.#changesPerPartMax || pathsSizeBytes > PART_PATHS_SIZE_BYTES_MAX) {
        yield { commit, changes, isFirst, isLast: false };
        changes = [];
        pathsSizeBytes = change.path.length;
        isFirst = false;
      }
      changes.push(change);
    }
    yield { commit, changes, isFirst, isLast: true };
  }

  /** Takes a change that has arrived whole. */
  #takeChange(git: GitProcess, commit: GitCommit): PendingChange | undefined {
    const { output } = git;
    const newOidStart = OIDS_START + this.#oidLength + 1;
    const letterStart = newOidStart + this.#oidLength + 1;
    const pathStart = letterStart + 2;
    const pathEnd = output.indexOf(ZERO, pathStart);
    // A path that is too long is not waited for.
    if ((pathEnd < 0 ? output.arrived : pathEnd) - pathStart > PATH_SIZE_BYTES_MAX) throw pathFailure(git, commit);
    if (pathEnd < 0) return undefined;
    let mode = 0;
    for (let at = NEW_MODE_START; at < NEW_MODE_END; at += 1) mode = mode * 8 + output.byteAt(at) - DIGIT_0;
    const oid = mode === 0 ? null : output.text(newOidStart, newOidStart + this.#oidLength);
    const change = { path: output.text(pathStart, pathEnd), mode, oid, sizeBytes: null };
    output.skip(pathEnd + 1);
    return change;
  }
}

/** How many bytes the paths of a part have together. */
export function sizeOfPaths({ changes }: GitCommitPart): number {
  return changes.reduce((sum, { path }) => sum + path.length, 0);
}

function pathFailure(git: GitProcess, { oid }: GitCommit): Failure {
  const detail = `Commit ${oid} has a path of more than ${PATH_SIZE_BYTES_MAX} bytes. Import a history without it.`;
  return git.refusal(detail);
}
