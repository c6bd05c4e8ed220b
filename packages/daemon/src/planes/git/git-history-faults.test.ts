import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { listChildProcesses } from '@jitos/testkit/git/child-processes.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { GitCommitPart } from './git-changes.ts';
import { countCommits, readHistory } from './git-history.ts';
import { openRepository, type GitRepository } from './git-repository.ts';

/** Waiting for a process that is gone must turn the test red, not hang it. */
const NO_HANG = { timeout: 300_000 };

const LARGE_COMMITS = 12_288;

const temp = makeTempFolder();
after(() => temp.remove());
const makeFolder = (): string => mkdtempSync(join(temp.path, 'repository-'));

async function open(path: string): Promise<GitRepository> {
  return openRepository({ path, environment: process.env, signal: new AbortController().signal });
}

type Reading = AsyncGenerator<readonly GitCommitPart[]>;

function readAll(repository: GitRepository, signal: AbortSignal = new AbortController().signal): Reading {
  const position = { headOid: repository.headOid, baseOids: [], count: 0, lastOid: null };
  return readHistory({ repository, position, changesPerPartMax: 1_000, signal });
}

async function drain(reading: Reading): Promise<void> {
  while (!(await reading.next()).done);
}

let large: GitRepository;
before(async () => {
  const path = makeFolder();
  await makeLargeRepository({ path, commits: LARGE_COMMITS, files: 100, pathsPerCommit: 4 });
  large = await open(path);
});

test('a git process that is killed is a failure, and takes the others with it', NO_HANG, async () => {
  for (const [index, command] of ['rev-list', 'cat-file', 'diff-tree', 'cat-file'].entries()) {
    const reading = readAll(large);
    await reading.next();
    const children = listChildProcesses();
    assert.deepEqual(
      children.map(({ args }) => args[1]),
      ['rev-list', 'cat-file', 'cat-file', 'diff-tree'],
    );
    // The sizes are asked last, but their process is started before the one for changes.
    const victim = children[[0, 1, 3, 2][index] ?? 0];
    assert.equal(victim?.args[1], command);
    process.kill(victim.pid, 'SIGKILL');
    const message = new RegExp(`^\`git ${command}\` was ended by SIGKILL. Check the repository with \`git fsck\``);
    await assert.rejects(drain(reading), { reason: 'GIT_FAILED', place: large.path, message });
    assert.deepEqual(listChildProcesses(), []);
  }
});

test('an abort ends the reading at once, even when git has stopped, and leaves no process', NO_HANG, async () => {
  const controller = new AbortController();
  const reading = readAll(large, controller.signal);
  await reading.next();
  for (const { pid } of listChildProcesses()) process.kill(pid, 'SIGSTOP');
  const drained = drain(reading);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(drained, reason);
  assert.deepEqual(listChildProcesses(), []);
  await assert.rejects(drain(readAll(large, controller.signal)), reason);
});

test('stopping to read leaves no process', NO_HANG, async () => {
  for await (const parts of readAll(large)) {
    assert.ok(parts.length > 0);
    assert.ok(listChildProcesses().length > 0);
    break;
  }
  assert.deepEqual(listChildProcesses(), []);
});

test('memory does not grow with the history', async (context) => {
  setFlagsFromString('--expose-gc');
  // `gc` is a function of every context that is made after the flag was set.
  const collectGarbage = runInNewContext('gc') as () => void;
  const peaks = { early: 0, late: 0 };
  let count = 0;
  for await (const parts of readAll(large)) {
    count += parts.length;
    if (count % 1_024 !== 0) continue;
    collectGarbage();
    // By two thirds the cache of sizes is full.
    const half = count < (LARGE_COMMITS * 2) / 3 ? 'early' : 'late';
    peaks[half] = Math.max(peaks[half], process.memoryUsage().heapUsed);
  }
  context.diagnostic(`heap after collection: ${peaks.early} bytes early, ${peaks.late} bytes late`);
  assert.equal(count, LARGE_COMMITS);
  assert.ok(peaks.early > 0 && peaks.late <= peaks.early * 1.1);
});

test('a commit of very many changes is never held whole', async () => {
  const path = makeFolder();
  await makeLargeRepository({ path, commits: 2, files: 20_000, pathsPerCommit: 1 });
  let changeCount = 0;
  for await (const parts of readAll(await open(path))) {
    const held = parts.reduce((sum, part) => sum + part.changes.length, 0);
    assert.ok(held <= 2_000);
    changeCount += held;
  }
  assert.equal(changeCount, 20_001);
});

/** A repository of five commits in loose objects, with one of the third commit's objects gone. */
async function damage(which: string, content?: string): Promise<{ repository: GitRepository; oid: string }> {
  const path = makeFolder();
  await makeLargeRepository({ path, commits: 5, files: 3, pathsPerCommit: 1 });
  const oid = runGit({ cwd: path, args: ['rev-parse', which] }).trim();
  const repository = await open(path);
  const file = join(path, 'objects', oid.slice(0, 2), oid.slice(2));
  rmSync(file);
  if (content !== undefined) writeFileSync(file, content);
  return { repository, oid };
}

test('a missing or broken object is named, with what to do', async () => {
  // The file that the third commit changes is 2 * 7919 % 3.
  const blob = await damage('HEAD~2:folder-0/file-1.txt');
  await assert.rejects(drain(readAll(blob.repository)), {
    reason: 'REPOSITORY_INVALID',
    place: blob.repository.path,
    message: `A blob can't be read: ${blob.oid} missing. Run \`git fsck\` in it, and fetch what it misses or clone it anew.`,
  });
  const tree = await damage('HEAD~2^{tree}');
  await assert.rejects(drain(readAll(tree.repository)), {
    reason: 'REPOSITORY_INVALID',
    message: new RegExp(`^Tree ${tree.oid} of commit .* is unreadable .*git fsck`, 's'),
  });
  const folder = await damage('HEAD~2:folder-0', 'no object');
  await assert.rejects(drain(readAll(folder.repository)), { reason: 'GIT_FAILED', message: new RegExp(folder.oid) });
  assert.deepEqual(listChildProcesses(), []);
});

test('a missing commit is found before anything is read', async () => {
  const { repository, oid } = await damage('HEAD~2');
  const position = { headOid: repository.headOid, baseOids: [], count: 0, lastOid: null };
  const { signal } = new AbortController();
  const counting = countCommits({ repository, position, signal });
  await assert.rejects(counting, { reason: 'REPOSITORY_INVALID', message: new RegExp(oid) });
  await assert.rejects(readAll(repository).next(), { reason: 'GIT_FAILED', message: new RegExp(oid) });
});
