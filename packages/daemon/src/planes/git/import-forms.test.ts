import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestToHex } from '@jitos/kernel';
import { addSampleCommits, makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeRepository } from '@jitos/testkit/git/make-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { openWorld, type OpenWorld } from '../../engine/open-world.ts';
import { MemoryLog } from '../../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../../logs/memory/memory-rewrite-index.ts';
import { openRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';

const COMMITS = 3;

function git(cwd: string, ...args: readonly string[]): string {
  return runGit({ cwd, args }).trim();
}

function makeWorld(): Promise<OpenWorld> {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  return openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
}

/** Imports and returns how many commits were new. */
async function importInto(world: OpenWorld, path: string): Promise<number> {
  const { signal } = new AbortController();
  const repository = await openRepository({ path, environment: process.env, signal });
  const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
  return commitsImported;
}

async function importAlone(path: string): Promise<{ readonly commits: number; readonly digest: string }> {
  const world = await makeWorld();
  const commits = await importInto(world, path);
  return { commits, digest: digestToHex(world.loop.world.system.digest) };
}

/** One history in every form that a repository takes, by its name. */
function makeForms(folder: string): ReadonlyMap<string, string> {
  const source = join(folder, 'source');
  makeSampleRepository(source, COMMITS);
  const inFolder = (name: string): string => join(folder, name);
  git(folder, 'clone', '--quiet', '--bare', source, 'bare');
  git(folder, 'clone', '--quiet', '--shared', source, 'borrowing');
  git(folder, 'clone', '--quiet', `--separate-git-dir=${inFolder('apart.git')}`, source, 'apart');
  git(folder, 'clone', '--quiet', source, 'main');
  git(inFolder('main'), 'worktree', 'add', '--quiet', '--detach', inFolder('linked'));
  // The linked work tree has a HEAD of its own.
  git(inFolder('main'), 'checkout', '--quiet', 'HEAD~1');
  git(folder, 'init', '--quiet', 'above');
  git(inFolder('above'), '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', source, 'module');
  git(folder, 'clone', '--quiet', source, 'replaced');
  git(inFolder('replaced'), 'replace', 'HEAD', 'HEAD~2');
  git(folder, 'clone', '--quiet', source, 'grafted');
  writeFileSync(inFolder('grafted/.git/info/grafts'), `${git(source, 'rev-parse', 'trunk')}\n`);
  const names = ['source', 'bare', 'borrowing', 'apart', 'linked', 'above/module', 'replaced', 'grafted'];
  return new Map(names.map((name) => [name, inFolder(name)]));
}

test('one history is imported as one, whatever form its repository has', async () => {
  const folder = makeTempFolder();
  try {
    const forms = makeForms(folder.path);
    const expected = await importAlone(join(folder.path, 'source'));
    assert.equal(expected.commits, COMMITS);
    for (const [name, path] of forms) assert.deepEqual(await importAlone(path), expected, name);
    const main = await importAlone(join(folder.path, 'main'));
    assert.equal(main.commits, COMMITS - 1, 'a work tree has its own HEAD');
  } finally {
    folder.remove();
  }
});

test('a repository that became another form of itself goes on where it was', async () => {
  const folder = makeTempFolder();
  try {
    const source = join(folder.path, 'source');
    makeSampleRepository(source, COMMITS);
    const world = await makeWorld();
    assert.equal(await importInto(world, source), COMMITS);
    addSampleCommits(source, COMMITS, 2);
    git(folder.path, 'clone', '--quiet', '--bare', source, 'bare');
    assert.equal(await importInto(world, join(folder.path, 'bare')), 2);
  } finally {
    folder.remove();
  }
});

test('a history of SHA-256 objects is imported, and gone on with', async () => {
  const folder = makeTempFolder();
  try {
    const headOid = await makeRepository({ path: folder.path, seed: 3, commits: 40, objectFormat: 'sha256' });
    const total = Number(git(folder.path, 'rev-list', '--count', 'HEAD'));
    const world = await makeWorld();
    git(folder.path, 'update-ref', 'HEAD', `${headOid}~1`);
    const first = await importInto(world, folder.path);
    git(folder.path, 'update-ref', 'HEAD', headOid);
    const second = await importInto(world, folder.path);
    assert.ok(first > 0 && second > 0);
    assert.equal(first + second, total);
  } finally {
    folder.remove();
  }
});
