import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { listChildProcesses } from '@jitos/testkit/git/child-processes.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { openRepository } from './git-repository.ts';
import { ImportJobs, worldNameOf } from './import-jobs.ts';

/** Waiting for ever must turn the test red, not hang it. */
const NO_HANG = { timeout: 60_000 };

function makeFolder(context: TestContext): string {
  const folder = makeTempFolder();
  context.after(() => folder.remove());
  return folder.path;
}

/** A repository whose configuration goes on in a pipe: git waits for its end. */
function makeEndless(path: string): { readonly path: string; readonly pipe: string } {
  makeSampleRepository(path, 1);
  const pipe = join(path, '.git', 'pipe');
  execFileSync('mkfifo', [pipe]);
  runGit({ cwd: path, args: ['config', 'include.path', pipe] });
  return { path, pipe };
}

test('a repository that git can not open in time is given up: GIT_FAILED', NO_HANG, async (context) => {
  const { path } = makeEndless(join(makeFolder(context), 'repository'));
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const asked = context.mock.method(AbortSignal, 'timeout', () => timeout(100));
  await assert.rejects(openRepository({ path, environment: process.env, signal: new AbortController().signal }), {
    reason: 'GIT_FAILED',
    place: path,
    message: 'Git did not open it within 30 seconds. Try `git rev-list -1 HEAD` in it.',
  });
  assert.deepEqual(asked.mock.calls[0]?.arguments, [30_000]);
  assert.deepEqual(listChildProcesses(), []);
});

test('at most four imports run or open; the others are refused until one ends', NO_HANG, async (context) => {
  const folder = makeFolder(context);
  const { path, pipe } = makeEndless(join(folder, 'endless'));
  const good = join(folder, 'good');
  makeSampleRepository(good, 1);
  const host = await Host.open({ dataDir: join(folder, 'data') });
  const imports = new ImportJobs(host);
  for (let count = 0; count < 5; count += 1) await imports.ended((await imports.start(request(good))).id);
  const openings = ['a', 'b', 'c'].map((world) => assert.rejects(imports.start({ repository: path, world }), SHUTTING));
  const last = imports.start(request(good));
  await assert.rejects(imports.start(request(good)), { reason: 'OVERLOADED', place: 'repository' });
  assert.equal((await imports.ended((await last).id)).state, 'done');
  openings.push(assert.rejects(imports.start({ repository: path, world: 'd' }), SHUTTING));
  await assert.rejects(imports.start(request(good)), { reason: 'OVERLOADED', place: 'repository' });
  // Opens once git waits at its other end.
  const writer = await open(pipe, 'w');
  await imports.close();
  await Promise.all(openings);
  await writer.close();
  await host.close();
});

test('of two imports started at once into one new world one runs, and the other is told which', async (context) => {
  const folder = makeFolder(context);
  const path = join(folder, 'repository');
  makeSampleRepository(path, 3);
  const host = await Host.open({ dataDir: join(folder, 'data') });
  const imports = new ImportJobs(host);
  for (const world of [null, 'named', 'main']) {
    const starts = await Promise.allSettled([0, 1].map(() => imports.start({ repository: path, world })));
    const [first, ...others] = imports.list().slice(-1);
    assert.ok(first !== undefined && others.length === 0);
    const name = world ?? 'repository';
    const detail = `import ${first.id} is writing to world '${name}'`;
    const failed = starts.flatMap((start) => (start.status === 'rejected' ? [failureOf(start.reason)] : []));
    assert.deepEqual(failed, [{ reason: 'IMPORT_RUNNING', place: 'world', message: detail }]);
    assert.equal((await imports.ended(first.id)).state, 'done');
    const again = await imports.start({ repository: path, world });
    assert.equal((await imports.ended(again.id)).commitsImported, 0, 'the next finds all of it there');
  }
  await imports.close();
  await host.close();
});

test('an import that could not make its world leaves the name free', async (context) => {
  const folder = makeFolder(context);
  const path = join(folder, 'repository');
  makeSampleRepository(path, 1);
  const host = await Host.open({ dataDir: join(folder, 'data') });
  const imports = new ImportJobs(host);
  const full = new Failure('LOG_FULL', '', 'no room');
  const making = context.mock.method(host, 'createWorld', () => Promise.reject(full));
  await assert.rejects(imports.start(request(path)), full);
  making.mock.restore();
  assert.equal((await imports.ended((await imports.start(request(path))).id)).state, 'done');
  await imports.close();
  await host.close();
});

test('a stop while the world is made leaves no import that runs on', async (context) => {
  const folder = makeFolder(context);
  const path = join(folder, 'repository');
  makeSampleRepository(path, 1);
  const host = await Host.open({ dataDir: join(folder, 'data') });
  const imports = new ImportJobs(host);
  const createWorld = host.createWorld.bind(host);
  context.mock.method(host, 'createWorld', async (name: string) => {
    await imports.close();
    return createWorld(name);
  });
  await assert.rejects(imports.start(request(path)), SHUTTING);
  assert.deepEqual(imports.list(), []);
  await host.close();
});

test('a world is named after the folder that holds the repository', () => {
  const names = ['/a/Some_Repo', '/a/some-repo.git', '/a/some-repo/.git', '/a/some-repo/'].map(worldNameOf);
  assert.deepEqual(new Set(names), new Set(['some-repo']));
  assert.deepEqual(['/', '/.git', '/---', '/main', '/main.git'].map(worldNameOf), [
    ...Array<string>(3).fill('repository'),
    ...Array<string>(2).fill('main-repo'),
  ]);
});

function failureOf(error: unknown): Pick<Failure, 'reason' | 'place' | 'message'> {
  assert.ok(error instanceof Failure);
  return { reason: error.reason, place: error.place, message: error.message };
}

const SHUTTING = { reason: 'SHUTTING_DOWN' };

function request(repository: string): { repository: string; world: null } {
  return { repository, world: null };
}
