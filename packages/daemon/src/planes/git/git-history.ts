/**
 * Reads the history of a repository: every commit from a position on, with what it changes.
 *
 * ```
 *   rev-list ──oids──► cat-file ──commits──► diff-tree ──changes──► cat-file ──sizes──► parts
 * ```
 *
 * Four long-lived git processes, each asked for a batch while the batch before it is read. Memory is bounded by the
 * batches under way, whatever the length of the history or the size of a commit. All processes are gone when the
 * reading ends, however it ends.
 */
import { hash } from 'node:crypto';
import type { Failure } from '../../errors/failure.ts';
import { ChangesStage, type GitCommitPart, type StartGit } from './git-changes.ts';
import { CommitsStage } from './git-commits.ts';
import { pipeline } from './git-pipeline.ts';
import { isComplete, type HistoryPosition } from './git-position.ts';
import { askGit, GitProcess, REPAIR_ADVICE } from './git-process.ts';
import { readingCommand, repositoryFailure, type GitRepository } from './git-repository.ts';
import { SizesStage } from './git-sizes.ts';

export interface HistoryReading {
  readonly repository: GitRepository;
  /** As `resumeHistory` gave it for this repository. */
  readonly position: HistoryPosition;
  /** At least 1. */
  readonly changesPerPartMax: number;
  readonly signal: AbortSignal;
}

const COMMITS_PER_BATCH = 64;

const NEWLINE = 0x0a;

/**
 * The commits of the position's round that were not emitted, in order, as chunks of parts.
 *
 * Throws a `Failure` (`GIT_FAILED`, `REPOSITORY_INVALID`), or the signal's reason when it is aborted.
 */
export async function* readHistory(reading: HistoryReading): AsyncGenerator<readonly GitCommitPart[]> {
  const { repository, position, changesPerPartMax, signal } = reading;
  if (isComplete(position)) return;
  const start: StartGit = (...args) => new GitProcess(readingCommand(repository, args, signal));
  await using order = start('rev-list', '--topo-order', '--reverse', ...roundOf(position));
  await using commits = new CommitsStage(start);
  const { lastOid } = position;
  const previousTreeOid = lastOid === null ? emptyTreeOid(repository) : (await commits.readOne(lastOid)).treeOid;
  await using changes = new ChangesStage({ start, previousTreeOid, changesPerPartMax });
  await using sizes = new SizesStage(start);
  yield* pipeline(pipeline(pipeline(readOrder(order, position, repository.path), commits), changes), sizes);
}

/** How many commits the position's round has in all, those that were emitted included: at least 1. */
export async function countCommits(reading: Omit<HistoryReading, 'changesPerPartMax'>): Promise<number> {
  const { repository, position, signal } = reading;
  const command = readingCommand(repository, ['rev-list', '--count', ...roundOf(position)], signal);
  const { status, text, complaint } = await askGit(command);
  if (status !== 0) throw repositoryFailure(repository.path, `History can't be walked: ${complaint}. ${REPAIR_ADVICE}`);
  return Math.max(1, Number(text));
}

/** The round's commits as `rev-list` wants them named. */
function roundOf({ headOid, baseOids }: HistoryPosition): readonly string[] {
  return [headOid, ...baseOids.map((oid) => `^${oid}`)];
}

/** The oids that are still to be emitted, in batches. */
async function* readOrder(git: GitProcess, position: HistoryPosition, path: string): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  let count = 0;
  while (git.output.arrived > 0 || (await git.output.more())) {
    const oid = await git.output.takeRecord(NEWLINE);
    count += 1;
    if (count > position.count) batch.push(oid);
    else if (count === position.count && oid !== position.lastOid) throw otherOrderFailure(path, position);
    if (batch.length < COMMITS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  await git.finish();
  if (count < position.count) throw otherOrderFailure(path, position);
  // HEAD went back to a commit of an earlier round.
  if (count === 0) batch.push(position.headOid);
  if (batch.length > 0) yield batch;
}

function otherOrderFailure(path: string, { count, lastOid }: HistoryPosition): Failure {
  const detail = `Commit ${count} of the history is not ${lastOid}, as it was before. Import it into a new world.`;
  return repositoryFailure(path, detail);
}

function emptyTreeOid({ objectFormat }: GitRepository): string {
  return hash(objectFormat, 'tree 0\0');
}
