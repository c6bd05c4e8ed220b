/**
 * Opens a repository folder for reading: a work tree's top folder, or a bare one.
 *
 * - R1 Opening writes nothing, takes no lock and runs nothing that the repository configures.
 * - R2 Only the folder itself is looked at. A folder inside a repository is not that repository.
 * - R3 Git alone judges who may read whose repository, by the user's own `safe.directory`.
 * - R4 What is opened can be read as far as one can know without reading it all: HEAD is a commit whose tree is whole,
 *   history is not cut short, and nothing was left behind at a promisor.
 */
import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { findingEnvironment, readingEnvironment, type Environment } from './git-environment.ts';
import { askGit, GitProcess, REPAIR_ADVICE, type GitAnswer, type GitCommand } from './git-process.ts';
import { checkGitVersion } from './git-version.ts';

export type ObjectFormat = 'sha1' | 'sha256';

/** A repository as it was when it was opened. */
export interface GitRepository {
  /** Absolute, as the user named it. */
  readonly path: string;
  /** Absolute; where the objects are. */
  readonly gitDir: string;
  readonly objectFormat: ObjectFormat;
  /** The commit that HEAD meant, in hex. */
  readonly headOid: string;
  /** For processes that read this repository. */
  readonly environment: Environment;
}

/** What a process needs to read a repository. */
export type ReadableRepository = Pick<GitRepository, 'path' | 'gitDir' | 'environment'>;

export interface RepositoryOpening {
  /** Relative paths count from the working directory of this process. */
  readonly path: string;
  /** Of the user: where git is, and whose configuration says which repositories are safe. */
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

const NEWLINE = 0x0a;

/** Git may wait for ever, for instance for configuration from a pipe that nobody writes to. */
const OPENING_MS_MAX = 30_000;

/**
 * Opens a repository, in `OPENING_MS_MAX` at most. Throws a `Failure` (`REPOSITORY_INVALID` with what to do,
 * `GIT_TOO_OLD` or `GIT_FAILED`), or the signal's reason.
 */
export async function openRepository(opening: RepositoryOpening): Promise<GitRepository> {
  const timeout = AbortSignal.timeout(OPENING_MS_MAX);
  try {
    return await openInTime({ ...opening, signal: AbortSignal.any([opening.signal, timeout]) });
  } catch (error) {
    if (!timeout.aborted || error !== timeout.reason) throw error;
    const detail = `Git did not open it within ${OPENING_MS_MAX / 1000} seconds. Try \`git rev-list -1 HEAD\` in it.`;
    throw new Failure('GIT_FAILED', resolve(opening.path), detail, { cause: error });
  }
}

async function openInTime(opening: RepositoryOpening): Promise<GitRepository> {
  const { environment, signal } = opening;
  const path = resolve(opening.path);
  const folder = await findFolder(path);
  await checkGitVersion({ path, environment, signal });
  const command = { path, cwd: folder, environment: findingEnvironment(environment), signal };
  const { gitDir, objectFormat } = await findGitDir(command);
  const found = { path, gitDir, objectFormat, environment: readingEnvironment(environment, gitDir) };
  const headOid = await resolveHead(found, signal);
  const repository = { ...found, headOid };
  await checkObjects(repository, signal);
  return repository;
}

/** A command that reads an opened repository. */
export function readingCommand(
  { path, gitDir, environment }: ReadableRepository,
  args: readonly string[],
  signal: AbortSignal,
): GitCommand {
  return { path, cwd: gitDir, environment, args, signal };
}

/** The failure of a repository that can't be read. */
export function repositoryFailure(path: string, detail: string): Failure {
  return new Failure('REPOSITORY_INVALID', path, detail);
}

/** The real path of a folder that exists. */
async function findFolder(path: string): Promise<string> {
  if (path.includes('\0')) throw repositoryFailure(path, 'A path has no zero byte. Give the folder of a repository.');
  try {
    const folder = await realpath(path);
    if ((await stat(folder)).isDirectory()) return folder;
  } catch (error) {
    // Node's file system calls reject with nothing else.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw repositoryFailure(path, 'There is no such folder. Give the folder of a repository.');
    throw repositoryFailure(path, `The folder can't be read (${code}). Check its permissions.`);
  }
  throw repositoryFailure(path, 'This is a file. Give the folder of a repository; a bundle has to be cloned first.');
}

type Finding = Omit<GitCommand, 'args'>;

async function findGitDir(finding: Finding): Promise<Pick<GitRepository, 'gitDir' | 'objectFormat'>> {
  const { path } = finding;
  // The folder comes last: it alone may hold a newline.
  const questions = ['--is-inside-work-tree', '--is-shallow-repository', '--show-object-format', '--absolute-git-dir'];
  const answer = await askGit({ ...finding, args: ['rev-parse', ...questions] });
  if (answer.status !== 0) throw notFoundFailure(finding, answer.complaint);
  const [insideWorkTree, shallow, objectFormat, ...folder] = answer.text.slice(0, -1).split('\n');
  const gitDir = folder.join('\n');
  const isTop = insideWorkTree === 'true' ? await isTopOfWorkTree(finding) : await isGitDirOf(finding, gitDir);
  if (!isTop)
    throw repositoryFailure(path, `This is not a repository, but lies inside one (${gitDir}). Give its top folder.`);
  if (shallow === 'true') {
    throw repositoryFailure(
      path,
      'The clone is shallow: older commits are missing. Run `git fetch --unshallow` in it.',
    );
  }
  if (objectFormat !== 'sha1' && objectFormat !== 'sha256') {
    throw repositoryFailure(
      path,
      `The object format ${objectFormat} is not known. Import a repository of sha1 or sha256.`,
    );
  }
  return { gitDir, objectFormat };
}

async function isTopOfWorkTree(finding: Finding): Promise<boolean> {
  const prefix = await askGit({ ...finding, args: ['rev-parse', '--show-prefix'] });
  return prefix.text === '\n';
}

/** Whether the folder is the repository, or its own `.git` is, which may be configured to have its files elsewhere. */
async function isGitDirOf(finding: Finding, gitDir: string): Promise<boolean> {
  const { cwd } = finding;
  const real = await realpath(gitDir);
  if (real === cwd) return true;
  const own = await askGit({ ...finding, args: ['rev-parse', '--resolve-git-dir', join(cwd, '.git')] });
  return own.status === 0 && (await realpath(own.text.slice(0, -1))) === real;
}

function notFoundFailure({ path, cwd }: Finding, complaint: string): Failure {
  if (complaint.includes('dubious ownership') || complaint.includes('unsafe repository')) {
    const trust = `git config --global --add safe.directory ${quoteForShell(cwd)}`;
    return repositoryFailure(path, `The repository belongs to another user. If you trust it, run \`${trust}\`.`);
  }
  if (/not a git repository \(or any/.test(complaint)) {
    return repositoryFailure(
      path,
      'This is not a git repository, or its `.git` is broken. Give the top folder of one.',
    );
  }
  const target = /not a git repository: (.+)/.exec(complaint)?.[1];
  if (target !== undefined) {
    const repair = `git worktree repair ${quoteForShell(cwd)}`;
    const advice = `If that one was moved, run \`${repair}\` in it; else give another repository.`;
    return repositoryFailure(path, `The file \`.git\` here names ${target}, where no repository is. ${advice}`);
  }
  const isNewer = /repo version|repository extension/.test(complaint);
  const advice = isNewer ? 'Install a newer git.' : 'Repair it, or clone it anew.';
  return repositoryFailure(path, `Git can't open the repository: ${complaint}. ${advice}`);
}

function quoteForShell(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

async function resolveHead(repository: ReadableRepository, signal: AbortSignal): Promise<string> {
  const ask = (...args: readonly string[]): Promise<GitAnswer> => askGit(readingCommand(repository, args, signal));
  const { path } = repository;
  const commit = await ask('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (commit.status === 0) return commit.text.trim();
  const object = await ask('rev-parse', '--verify', '--quiet', 'HEAD');
  if (object.status === 0) throw unreadableHeadFailure(path, object.text.trim(), await ask('cat-file', '-t', 'HEAD'));
  const branch = await ask('symbolic-ref', '--quiet', 'HEAD');
  if (branch.status !== 0) throw repositoryFailure(path, 'HEAD is broken. Check out a branch that has commits.');
  const other = await ask('for-each-ref', '--count=1', '--format=%(refname)', 'refs/heads');
  throw unbornHeadFailure(path, branch.text.trim(), other.text.trim());
}

function unreadableHeadFailure(path: string, oid: string, { complaint }: GitAnswer): Failure {
  const what = `HEAD is ${oid}, which is no readable commit`;
  const lender = /^.*\balternates?\b.*$/m.exec(complaint)?.[0];
  if (lender === undefined) return repositoryFailure(path, `${what}. ${REPAIR_ADVICE}`);
  const advice = 'Put back the repository that it borrows objects from, or clone it anew.';
  return repositoryFailure(path, `${what} (${lender}). ${advice}`);
}

function unbornHeadFailure(path: string, head: string, otherBranch: string): Failure {
  const advice =
    otherBranch === ''
      ? 'Commit to it first.'
      : `To import another branch, run \`git symbolic-ref HEAD ${quoteForShell(otherBranch)}\` in it.`;
  return repositoryFailure(path, `There are no commits: HEAD is ${head}, which does not exist yet. ${advice}`);
}

/** Asks for what is missing: of HEAD's own files, or in a partial clone of its whole history. */
async function checkObjects(repository: GitRepository, signal: AbortSignal): Promise<void> {
  const { path, headOid } = repository;
  const promisors = ['config', '--get-regexp', String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`];
  const isPartial = (await askGit(readingCommand(repository, promisors, signal))).status === 0;
  const extent = isPartial ? [] : ['--max-count=1'];
  const args = ['rev-list', '--objects', '--quiet', '--missing=print', ...extent, headOid];
  await using git = new GitProcess(readingCommand(repository, args, signal));
  git.endInput();
  if (await git.output.more()) {
    const oid = (await git.output.takeRecord(NEWLINE)).slice(1);
    if (isPartial)
      throw repositoryFailure(path, `The clone is partial: ${oid} is missing. Clone it whole, without --filter.`);
    throw repositoryFailure(path, `The files of HEAD are not whole: ${oid} is missing. ${REPAIR_ADVICE}`);
  }
  if ((await git.exitStatus()) !== 0) {
    throw repositoryFailure(path, `The files of HEAD can't be read: ${git.complaint}. ${REPAIR_ADVICE}`);
  }
}
