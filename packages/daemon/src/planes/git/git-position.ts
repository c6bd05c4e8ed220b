/**
 * Where an import stands: what was emitted of a history, small whatever the history's length.
 *
 * An import runs in rounds. A round emits the commits that its head reaches and its bases don't, in the order of
 * `git rev-list --topo-order --reverse`. That order is a function of the commits alone, so a number says how far a round
 * has come; the order of a later HEAD may differ from its start, which is why a round that was begun is finished first,
 * whatever HEAD is by then.
 *
 * - H1 Each commit that HEAD reaches is emitted, after its parents.
 * - H2 The last commit of a round is its head, and no other commit of it is: a round is complete exactly when the commit
 *   emitted last is its head.
 * - H3 Once complete, the files are those of HEAD. When HEAD went back to a commit emitted before, the round is that one
 *   commit again.
 * - H4 A commit is emitted again only for H3, or when the repository has lost what would tell (a base that was pruned,
 *   or is older than the newest `BASES_MAX`). A consumer for whom a commit emitted twice is as if emitted once, is right.
 */
import { repositoryFailure, readingCommand, type GitRepository } from './git-repository.ts';
import { askGit, REPAIR_ADVICE } from './git-process.ts';

/** After the commit emitted last. Plain data: stored with what was made of that commit, it is where to go on. */
export interface HistoryPosition {
  /** Of this round. */
  readonly headOid: string;
  /** Heads of rounds before this one, none reaching another: at most `BASES_MAX`, oldest first. */
  readonly baseOids: readonly string[];
  /** Commits of this round that were emitted. */
  readonly count: number;
  /** The commit emitted last, in this round or before; null when there is none. */
  readonly lastOid: string | null;
}

/** Only histories that were rewritten this often have so many heads that no newer one reaches. */
export const BASES_MAX = 64;

/** Whether everything up to the position's head was emitted. */
export function isComplete(position: HistoryPosition): boolean {
  return position.lastOid === position.headOid;
}

/** The position after the next commit of the round. */
export function positionAfter(position: HistoryPosition, oid: string): HistoryPosition {
  return { ...position, count: position.count + 1, lastOid: oid };
}

export interface NextPosition {
  /** As it was stored; null when nothing was emitted. */
  readonly position: HistoryPosition | null;
  /** What HEAD is now. */
  readonly headOid: string;
  /** Whether the repository still has a commit that the position names. */
  readonly isThere: (oid: string) => boolean;
}

/** Where to go on: the same round while it is unfinished, else a new one when HEAD has moved. */
export function nextPosition({ position, headOid, isThere }: NextPosition): HistoryPosition {
  if (position === null) return { headOid, baseOids: [], count: 0, lastOid: null };
  const baseOids = position.baseOids.filter(isThere);
  const newRound = { headOid, baseOids, count: 0, lastOid: position.lastOid };
  if (!isThere(position.headOid)) return newRound;
  if (!isComplete(position)) {
    // With a base pruned, the round's order is another: it starts again.
    const isSameOrder = baseOids.length === position.baseOids.length;
    return isSameOrder ? position : { ...newRound, headOid: position.headOid };
  }
  if (position.headOid === headOid) return position;
  const heads = [...baseOids.filter((oid) => oid !== position.headOid), position.headOid];
  return { ...newRound, baseOids: heads.slice(-BASES_MAX) };
}

export interface HistoryResumption {
  readonly repository: GitRepository;
  readonly position: HistoryPosition | null;
  readonly signal: AbortSignal;
}

/**
 * Where to go on in a repository as it is now. The answer is complete when there is nothing to do.
 *
 * Throws `REPOSITORY_INVALID` when the commit emitted last is no longer there, for then nothing says what changed since.
 */
export async function resumeHistory({ repository, position, signal }: HistoryResumption): Promise<HistoryPosition> {
  const named = position === null ? [] : [position.headOid, ...position.baseOids, position.lastOid ?? position.headOid];
  const there = await findCommits(repository, named, signal);
  const next = nextPosition({ position, headOid: repository.headOid, isThere: (oid) => there.has(oid) });
  if (next.lastOid !== null && !there.has(next.lastOid)) {
    const detail = `Commit ${next.lastOid}, the last one imported, is not in this repository any more. Import it into a new world.`;
    throw repositoryFailure(repository.path, detail);
  }
  if (next === position || next.baseOids.length < 2) return next;
  return { ...next, baseOids: await dropReached(repository, next.baseOids, signal) };
}

/** Those of the commits that the repository has. */
async function findCommits(
  repository: GitRepository,
  oids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const command = readingCommand(repository, ['cat-file', '--batch-check'], signal);
  const { text } = await askGit(command, oids.map((oid) => `${oid}\n`).join(''));
  const answers = text.split('\n');
  return new Set(oids.filter((_, index) => answers[index]?.includes(' commit ')));
}

/** Drops the commits that another one reaches. */
async function dropReached(
  repository: GitRepository,
  oids: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const command = readingCommand(repository, ['merge-base', '--independent', ...oids], signal);
  const { status, text, complaint } = await askGit(command);
  if (status !== 0) throw repositoryFailure(repository.path, `History can't be walked: ${complaint}. ${REPAIR_ADVICE}`);
  const independent = new Set(text.split('\n'));
  return oids.filter((oid) => independent.has(oid));
}
