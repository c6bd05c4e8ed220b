import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { countCommits, readHistory } from './git-history.ts';
import { BASES_MAX, isComplete, nextPosition, resumeHistory, type HistoryPosition } from './git-position.ts';
import { openRepository, type GitRepository } from './git-repository.ts';

const [A = '', B = '', C = '', D = ''] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40));
const isThere = (): boolean => true;

test('the first round has no bases', () => {
  const position = nextPosition({ position: null, headOid: A, isThere });
  assert.deepEqual(position, { headOid: A, baseOids: [], count: 0, lastOid: null });
  assert.equal(isComplete(position), false);
});

test('a round that was begun is finished, wherever HEAD is', () => {
  const position: HistoryPosition = { headOid: A, baseOids: [B], count: 3, lastOid: C };
  assert.equal(nextPosition({ position, headOid: D, isThere }), position);
});

test('a complete round stays while HEAD does, and is a base of the next', () => {
  const position: HistoryPosition = { headOid: A, baseOids: [B], count: 3, lastOid: A };
  assert.equal(nextPosition({ position, headOid: A, isThere }), position);
  const next = { headOid: C, baseOids: [B, A], count: 0, lastOid: A };
  assert.deepEqual(nextPosition({ position, headOid: C, isThere }), next);
});

test('a head that comes again is a base once', () => {
  const position: HistoryPosition = { headOid: A, baseOids: [A, B], count: 1, lastOid: A };
  assert.deepEqual(nextPosition({ position, headOid: C, isThere }).baseOids, [B, A]);
});

test('no more than the newest bases are kept', () => {
  const baseOids = Array.from({ length: BASES_MAX }, (_, number) => String(number).padStart(40, '0'));
  const position: HistoryPosition = { headOid: A, baseOids, count: 1, lastOid: A };
  assert.deepEqual(nextPosition({ position, headOid: B, isThere }).baseOids, [...baseOids.slice(1), A]);
});

test('a round whose head was pruned is given up', () => {
  const position: HistoryPosition = { headOid: A, baseOids: [B], count: 3, lastOid: C };
  const next = { headOid: D, baseOids: [B], count: 0, lastOid: C };
  assert.deepEqual(nextPosition({ position, headOid: D, isThere: (oid) => oid !== A }), next);
});

test('a round that lost a base starts again, for its order is another', () => {
  const position: HistoryPosition = { headOid: A, baseOids: [B], count: 3, lastOid: C };
  const next = { headOid: A, baseOids: [], count: 0, lastOid: C };
  assert.deepEqual(nextPosition({ position, headOid: D, isThere: (oid) => oid !== B }), next);
});

const { signal } = new AbortController();
const folder = makeTempFolder();
after(() => folder.remove());
const { path } = folder;
runGit({ cwd: path, args: ['init', '--quiet', '--bare', '.'] });

function commit(message: string, ...parents: readonly string[]): string {
  const tree = runGit({ cwd: path, args: ['mktree'] }).trim();
  const args = ['commit-tree', tree, '-m', message, ...parents.flatMap((parent) => ['-p', parent])];
  return runGit({ cwd: path, args }).trim();
}

async function openAt(headOid: string): Promise<GitRepository> {
  runGit({ cwd: path, args: ['update-ref', 'HEAD', headOid] });
  return openRepository({ path, environment: process.env, signal });
}

/** Reads a round to its end, and returns its commits and the position after it. */
async function importRound(
  repository: GitRepository,
  position: HistoryPosition | null,
): Promise<[string[], HistoryPosition]> {
  const begun = await resumeHistory({ repository, position, signal });
  const oids: string[] = [];
  for await (const parts of readHistory({ repository, position: begun, changesPerPartMax: 10, signal })) {
    oids.push(...parts.map((part) => part.commit.oid));
  }
  if (oids.length > 0) assert.equal(await countCommits({ repository, position: begun, signal }), oids.length);
  return [oids, { ...begun, count: oids.length, lastOid: oids.at(-1) ?? begun.lastOid }];
}

test('a rewritten history adds its own commits, and its old head stays a base until another reaches it', async () => {
  const root = commit('root');
  const old = commit('old', root);
  const rewritten = commit('rewritten', root);
  const merge = commit('merge', rewritten, old);
  const [first, afterOld] = await importRound(await openAt(old), null);
  assert.deepEqual(first, [root, old]);
  const [second, afterRewritten] = await importRound(await openAt(rewritten), afterOld);
  assert.deepEqual(second, [rewritten]);
  const [third, afterMerge] = await importRound(await openAt(merge), afterRewritten);
  assert.deepEqual(third, [merge]);
  assert.deepEqual(afterMerge.baseOids, [old, rewritten]);
  // HEAD goes back, so that its commit comes once more; the merge reaches all others.
  const [fourth, afterBack] = await importRound(await openAt(root), afterMerge);
  assert.deepEqual([fourth, afterBack.baseOids], [[root], [merge]]);
  assert.deepEqual((await importRound(await openAt(root), afterBack))[0], []);
});

test('without the commit imported last, an import says so', async () => {
  const lost = 'e'.repeat(40);
  const position: HistoryPosition = { headOid: lost, baseOids: [], count: 1, lastOid: lost };
  const repository = await openAt(commit('other'));
  await assert.rejects(resumeHistory({ repository, position, signal }), {
    reason: 'REPOSITORY_INVALID',
    place: path,
    message: `Commit ${lost}, the last one imported, is not in this repository any more. Import it into a new world.`,
  });
});

test('a position of another order is refused', async () => {
  const root = commit('root');
  const head = commit('head', root);
  const repository = await openAt(head);
  for (const position of [
    { headOid: head, baseOids: [], count: 1, lastOid: commit('stranger') },
    { headOid: head, baseOids: [], count: 3, lastOid: root },
  ]) {
    const reading = readHistory({ repository, position, changesPerPartMax: 10, signal });
    await assert.rejects(reading.next(), { reason: 'REPOSITORY_INVALID', message: /Commit \d of the history is not/ });
  }
});
