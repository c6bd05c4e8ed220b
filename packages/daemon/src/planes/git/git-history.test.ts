import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { listTree, type TreeFile } from '@jitos/testkit/git/list-tree.ts';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { makeRepository } from '@jitos/testkit/git/make-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { GitChange, GitCommitPart } from './git-changes.ts';
import { COMMIT_SIZE_BYTES_MAX, type GitCommit } from './git-commit.ts';
import { countCommits, readHistory } from './git-history.ts';
import { isComplete, positionAfter, resumeHistory, type HistoryPosition } from './git-position.ts';
import { openRepository } from './git-repository.ts';

const { signal } = new AbortController();
const temp = makeTempFolder();
after(() => temp.remove());
const makeFolder = (): string => mkdtempSync(join(temp.path, 'repository-'));

/** Every part from a position on; from the start by default. */
async function readParts(
  path: string,
  options: Partial<{ position: HistoryPosition; changesPerPartMax: number }> = {},
) {
  const repository = await openRepository({ path, environment: process.env, signal });
  const position = options.position ?? (await resumeHistory({ repository, position: null, signal }));
  const { changesPerPartMax = 1_000 } = options;
  const parts: GitCommitPart[] = [];
  for await (const chunk of readHistory({ repository, position, changesPerPartMax, signal })) parts.push(...chunk);
  return parts;
}

function applyChanges(files: Map<string, TreeFile>, changes: readonly GitChange[]): void {
  for (const { path, mode, oid, sizeBytes } of changes) {
    if (oid === null) assert.ok(files.delete(path), `${JSON.stringify(path)} was not there`);
    else files.set(path, { mode, oid, sizeBytes });
  }
}

/** As `deepEqual`, but without a description of the difference, which takes minutes for long histories. */
function assertSame(actual: readonly GitCommitPart[], expected: readonly GitCommitPart[]): void {
  assert.ok(isDeepStrictEqual(actual, expected));
}

/** Git's own order of commits, and each commit's object. */
function listCommits(path: string): Map<string, string> {
  const order = runGit({ cwd: path, args: ['rev-list', '--topo-order', '--reverse', 'HEAD'] });
  const objects = runGit({ cwd: path, args: ['cat-file', '--batch'], input: order });
  const objectByOid = new Map<string, string>();
  for (let at = 0; at < objects.length;) {
    const headerEnd = objects.indexOf('\n', at);
    const [oid = '', , size] = objects.slice(at, headerEnd).split(' ');
    at = headerEnd + 1 + Number(size);
    objectByOid.set(oid, objects.slice(headerEnd + 1, at));
    at += 1;
  }
  assert.deepEqual([...objectByOid.keys()], order.trimEnd().split('\n'));
  return objectByOid;
}

/** Compares what was read with git's own listing at every commit, and returns how many there were. */
async function compareWithGit(path: string): Promise<number> {
  const objectByOid = listCommits(path);
  const oids = objectByOid.keys();
  const files = new Map<string, TreeFile>();
  for (const { commit, changes, isFirst, isLast } of await readParts(path)) {
    assert.ok(isFirst && isLast);
    assert.equal(commit.oid, oids.next().value);
    applyChanges(files, changes);
    assert.deepEqual(files, listTree(path, commit.oid));
    compareObject(commit, objectByOid.get(commit.oid) ?? '');
  }
  assert.ok(oids.next().done);
  return objectByOid.size;
}

function compareObject({ treeOid, parentOids, message, messageSizeBytes }: GitCommit, object: string): void {
  const messageStart = `${object}\n\n`.indexOf('\n\n') + 2;
  assert.ok(object.startsWith([`tree ${treeOid}\n`, ...parentOids.map((oid) => `parent ${oid}\n`)].join('')));
  assert.ok(object.startsWith(message, messageStart));
  assert.equal(messageSizeBytes, Math.max(0, object.length - messageStart));
  assert.equal(message.length, Math.max(0, Math.min(object.length, COMMIT_SIZE_BYTES_MAX) - messageStart));
}

test('the changes give what git lists, at every commit', async (context) => {
  const path = makeFolder();
  await makeRepository({ path, seed: 1, commits: 520, objectFormat: 'sha1' });
  const compared = await compareWithGit(path);
  context.diagnostic(`compared ${compared} commits`);
  assert.equal(compared, Number(runGit({ cwd: path, args: ['rev-list', '--count', 'HEAD'] })));
  assert.ok(compared >= 500);
});

test('a repository of SHA-256 is read as one of SHA-1', async () => {
  const path = makeFolder();
  await makeRepository({ path, seed: 2, commits: 40, objectFormat: 'sha256' });
  assert.ok((await compareWithGit(path)) > 40);
});

test('reading goes on after any commit as if it had not stopped', async () => {
  const path = makeFolder();
  await makeRepository({ path, seed: 3, commits: 8, objectFormat: 'sha1' });
  const repository = await openRepository({ path, environment: process.env, signal });
  const all = await readParts(path);
  let position: HistoryPosition | null = null;
  for (let count = 0; count <= all.length; count += 1) {
    position = await resumeHistory({ repository, position, signal });
    assertSame(await readParts(path, { position }), all.slice(count));
    const next = all[count];
    if (next !== undefined) position = positionAfter(position, next.commit.oid);
  }
  assert.ok(position !== null && isComplete(position));
  assert.equal(await countCommits({ repository, position, signal }), all.length);
});

test('a commit of many changes comes in parts, each as small as was asked', async () => {
  const path = makeFolder();
  await makeLargeRepository({ path, commits: 40, files: 250, pathsPerCommit: 3 });
  const whole = await readParts(path);
  for (const changesPerPartMax of [1, 2, 3, 250, 251]) {
    const parts = await readParts(path, { changesPerPartMax });
    assert.ok(parts.every(({ changes }) => changes.length <= changesPerPartMax));
    assertSame(joinParts(parts), whole);
  }
});

function joinParts(parts: readonly GitCommitPart[]): GitCommitPart[] {
  const joined: GitCommitPart[] = [];
  let changes: GitChange[] = [];
  for (const part of parts) {
    assert.equal(part.isFirst, changes.length === 0);
    changes.push(...part.changes);
    if (!part.isLast) continue;
    joined.push({ commit: part.commit, changes, isFirst: true, isLast: true });
    changes = [];
  }
  return joined;
}

test('what the repository or the user configures does not change what is read', async () => {
  const path = makeFolder();
  await makeRepository({ path, seed: 4, commits: 20, objectFormat: 'sha1' });
  const before = await readParts(path);
  const [oldest, newest] = [before[0]?.commit.oid ?? '', before.at(-1)?.commit.oid ?? ''];
  runGit({ cwd: path, args: ['replace', newest, oldest] });
  writeFileSync(join(path, 'info', 'grafts'), `${newest}\n`);
  for (const [key, value] of [
    ['core.quotePath', 'true'],
    ['diff.renames', 'copies'],
    ['diff.relative', 'true'],
  ] as const) {
    runGit({ cwd: path, args: ['config', key, value] });
  }
  assertSame(await readParts(path), before);
});

test('a submodule that asks to be ignored is read', async () => {
  const path = makeFolder();
  runGit({ cwd: path, args: ['init', '--quiet', '.'] });
  const stream = ['1', '2'].map((digit) => {
    const modules = '[submodule "m"]\n\tpath = m\n\turl = ./m\n';
    const header = `commit HEAD\ncommitter <> 1 +0000\ndata 0\n`;
    return `${header}M 100644 inline .gitmodules\ndata ${modules.length}\n${modules}M 160000 ${digit.repeat(40)} m\n`;
  });
  runGit({ cwd: path, args: ['fast-import', '--quiet'], input: stream.join('') });
  // Git grants the wish in a work tree whose index says which submodule is where.
  runGit({ cwd: path, args: ['config', 'submodule.m.ignore', 'all'] });
  runGit({ cwd: path, args: ['read-tree', 'HEAD'] });
  const parts = await readParts(path);
  const change = { path: 'm', mode: 0o160000, oid: '2'.repeat(40), sizeBytes: null };
  assert.deepEqual(parts.at(-1)?.changes, [change]);
});
