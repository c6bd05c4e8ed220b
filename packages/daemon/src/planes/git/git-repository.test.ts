import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeRepository } from '@jitos/testkit/git/make-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Environment } from './git-environment.ts';
import { openRepository, type GitRepository } from './git-repository.ts';

const temp = makeTempFolder();
after(() => temp.remove());
const makeFolder = (): string => realpathSync(mkdtempSync(join(temp.path, 'folder-')));

function open(path: string, environment: Environment = process.env): Promise<GitRepository> {
  return openRepository({ path, environment, signal: new AbortController().signal });
}

function git(cwd: string, ...args: readonly string[]): string {
  return runGit({ cwd, args }).trim();
}

/** A work tree of one commit. */
function makeWorkTree(): string {
  const path = makeFolder();
  git(path, 'init', '--quiet', '--initial-branch=main', '.');
  writeFileSync(join(path, 'file.txt'), 'text\n');
  git(path, 'add', '.');
  git(path, 'commit', '--quiet', '--message=one');
  return path;
}

/** Expects the refusal of a repository, in these words. */
async function refuses(path: string, words: RegExp, environment: Environment = process.env): Promise<void> {
  await assert.rejects(open(path, environment), { reason: 'REPOSITORY_INVALID', place: path, message: words });
}

test('opens a work tree by its top folder, its .git, a link to it, and a relative path', async () => {
  const path = makeWorkTree();
  const gitDir = join(path, '.git');
  const headOid = git(path, 'rev-parse', 'HEAD');
  const link = join(makeFolder(), 'link');
  symlinkSync(path, link);
  for (const name of [path, gitDir, link]) {
    const repository = await open(name);
    assert.deepEqual(
      { ...repository, environment: {} },
      { path: name, gitDir, headOid, objectFormat: 'sha1', environment: {} },
    );
  }
  assert.equal((await open(relative(process.cwd(), path))).path, path);
});

test('opens bare repositories, detached heads, linked work trees and odd names', async () => {
  const path = makeWorkTree();
  const headOid = git(path, 'rev-parse', 'HEAD');
  const odd = join(makeFolder(), '-dash "quote"\nnewline');
  git(path, 'clone', '--quiet', '--bare', '.', odd);
  assert.equal((await open(odd)).gitDir, odd);
  const linked = join(makeFolder(), 'linked');
  git(path, 'worktree', 'add', '--quiet', '--detach', linked);
  assert.equal((await open(linked)).headOid, headOid);
});

test('opens a bare repository for a user who takes one only when it is named', async () => {
  const path = makeWorkTree();
  const config = join(makeFolder(), 'config');
  git(path, 'config', '--file', config, 'safe.bareRepository', 'explicit');
  const bare = join(makeFolder(), 'bare.git');
  git(path, 'clone', '--quiet', '--bare', '.', bare);
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: config };
  for (const name of [bare, join(path, '.git')]) assert.equal((await open(name, environment)).gitDir, name);
  await refuses(join(bare, 'objects'), /^This is not a repository, but lies inside one/, environment);
});

test('opens a submodule, a work tree whose repository lies elsewhere, and a repository whose files do', async () => {
  const source = makeWorkTree();
  const above = makeWorkTree();
  git(above, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', source, 'module');
  const module = await open(join(above, 'module'));
  assert.equal(module.headOid, git(source, 'rev-parse', 'HEAD'));
  assert.equal(module.gitDir, join(above, '.git', 'modules', 'module'));
  await refuses(join(above, '.git', 'modules'), /^This is not a repository, but lies inside one/);
  const apart = makeFolder();
  const gitDir = join(makeFolder(), 'apart.git');
  git(apart, 'clone', '--quiet', `--separate-git-dir=${gitDir}`, source, '.');
  assert.equal((await open(apart)).gitDir, gitDir);
  for (const path of [apart, makeWorkTree()]) {
    git(path, 'config', 'core.worktree', source);
    assert.equal((await open(path)).headOid, git(path, 'rev-parse', 'HEAD'));
  }
});

test('opens a repository that borrows objects, and says what to do once the lender is gone', async () => {
  const lender = makeWorkTree();
  const path = makeFolder();
  git(path, 'clone', '--quiet', '--shared', lender, '.');
  const headOid = git(lender, 'rev-parse', 'HEAD');
  assert.equal((await open(path)).headOid, headOid);
  rmSync(lender, { recursive: true });
  const advice = 'Put back the repository that it borrows objects from, or clone it anew.';
  await refuses(path, new RegExp(`^HEAD is ${headOid}, .*alternate.*${lender}.*\\). ${advice}$`));
});

test('says which repository a `.git` file names when that one is gone', async () => {
  const moved = makeWorkTree();
  const linked = join(makeFolder(), 'linked');
  git(moved, 'worktree', 'add', '--quiet', '--detach', linked);
  rmSync(moved, { recursive: true });
  const target = join(moved, '.git', 'worktrees', 'linked');
  const advice = `If that one was moved, run \`git worktree repair ${linked}\` in it; else give another repository.`;
  await refuses(linked, new RegExp(`^The file \`.git\` here names ${target}, where no repository is\\. ${advice}$`));
});

test('knows the object format', async () => {
  const path = makeFolder();
  const headOid = await makeRepository({ path, seed: 1, commits: 1, objectFormat: 'sha256' });
  const repository = await open(path);
  assert.deepEqual([repository.objectFormat, repository.headOid], ['sha256', headOid]);
});

test('refuses what is no repository', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('loop', join(folder, 'loop'));
  await refuses(folder, /^This is not a git repository, or its `\.git` is broken\. Give the top folder of one\.$/);
  await refuses(join(folder, 'none'), /^There is no such folder\. Give the folder of a repository\.$/);
  await refuses(join(folder, 'file'), /^This is a file\. Give the folder/);
  await refuses(join(folder, 'file', 'below'), /^The folder can't be read \(ENOTDIR\)/);
  await refuses(join(folder, 'loop'), /^The folder can't be read \(ELOOP\)/);
  await refuses(`${folder}\0`, /^A path has no zero byte/);
});

test('refuses a folder inside a repository, and names the repository', async () => {
  const path = makeWorkTree();
  const inner = join(path, 'inner');
  mkdirSync(inner);
  await refuses(inner, /^This is not a repository, but lies inside one \(.*\/\.git\)\. Give its top folder\.$/);
  await refuses(join(path, '.git', 'objects'), /^This is not a repository, but lies inside one/);
});

test('refuses a repository without commits', async () => {
  const path = makeFolder();
  git(path, 'init', '--quiet', '--initial-branch=trunk', '.');
  await refuses(
    path,
    /^There are no commits: HEAD is refs\/heads\/trunk, which does not exist yet\. Commit to it first\.$/,
  );
  const bare = makeFolder();
  git(bare, 'clone', '--quiet', '--bare', makeWorkTree(), '.');
  git(bare, 'symbolic-ref', 'HEAD', 'refs/heads/none');
  const advice = 'To import another branch, run `git symbolic-ref HEAD refs/heads/main` in it.';
  await refuses(bare, new RegExp(`^There are no commits: HEAD is refs/heads/none, .* ${advice}$`));
});

test('refuses a shallow clone', async () => {
  const source = makeWorkTree();
  git(source, 'commit', '--quiet', '--allow-empty', '--message=two');
  const path = makeFolder();
  git(path, 'clone', '--quiet', '--depth=1', `file://${source}`, '.');
  await refuses(path, /^The clone is shallow: older commits are missing\. Run `git fetch --unshallow` in it\.$/);
  git(path, 'fetch', '--quiet', '--unshallow');
  assert.equal((await open(path)).headOid, git(source, 'rev-parse', 'HEAD'));
});

test('refuses a partial clone as long as something is missing, and downloads nothing', async () => {
  const source = makeWorkTree();
  const oldBlob = git(source, 'rev-parse', 'HEAD:file.txt');
  git(source, 'config', 'uploadpack.allowFilter', 'true');
  writeFileSync(join(source, 'file.txt'), 'other text\n');
  git(source, 'commit', '--quiet', '--all', '--message=two');
  const path = makeFolder();
  git(path, 'clone', '--quiet', '--filter=blob:none', `file://${source}`, '.');
  await refuses(path, new RegExp(`^The clone is partial: ${oldBlob} is missing. Clone it whole, without --filter.$`));
  git(path, 'cat-file', '-p', oldBlob);
  assert.equal((await open(path)).headOid, git(source, 'rev-parse', 'HEAD'));
});

test('refuses broken heads', async () => {
  const garbage = makeWorkTree();
  writeFileSync(join(garbage, '.git', 'refs', 'heads', 'main'), 'garbage\n');
  await refuses(garbage, /^HEAD is broken\. Check out a branch that has commits\.$/);
  const missing = makeWorkTree();
  writeFileSync(join(missing, '.git', 'refs', 'heads', 'main'), `${'1'.repeat(40)}\n`);
  await refuses(missing, /^HEAD is 1{40}, which is no readable commit\. Run `git fsck` in it, and fetch/);
});

test('refuses a repository whose newest files are not whole', async () => {
  for (const name of ['HEAD:file.txt', 'HEAD^{tree}']) {
    const path = makeWorkTree();
    const oid = git(path, 'rev-parse', name);
    rmSync(join(path, '.git', 'objects', oid.slice(0, 2), oid.slice(2)));
    await refuses(path, new RegExp(`^The files of HEAD .*${oid}.* Run \`git fsck\` in it, and fetch`, 's'));
  }
});

test('refuses what this git does not understand, in its own words', async () => {
  const config = makeWorkTree();
  writeFileSync(join(config, '.git', 'config'), '[[\n');
  await refuses(config, /^Git can't open the repository: fatal: bad config line 1 .* Repair it, or clone it anew\.$/);
  const version = makeWorkTree();
  git(version, 'config', 'core.repositoryFormatVersion', '9');
  await refuses(version, /^Git can't open the repository: .*version.*\. Install a newer git\.$/);
  const extension = makeWorkTree();
  git(extension, 'config', 'core.repositoryFormatVersion', '1');
  git(extension, 'config', 'extensions.tomorrow', 'true');
  await refuses(extension, /^Git can't open the repository: .*tomorrow\. Install a newer git\.$/s);
});

/** A folder for the front of the PATH, whose `git` first runs a line of shell. */
function wrapGit(line: string): Environment {
  const folder = makeFolder();
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(folder, 'git'), `#!/bin/sh\nPATH='${path}'\n${line}\nexec git "$@"\n`);
  chmodSync(join(folder, 'git'), 0o755);
  return { ...process.env, PATH: `${folder}:${path}` };
}

test("refuses another user's repository until the user has called it safe", async () => {
  const path = makeWorkTree();
  const environment = wrapGit('export GIT_TEST_ASSUME_DIFFERENT_OWNER=1');
  // Git wants the real path.
  const link = join(makeFolder(), 'link');
  symlinkSync(path, link);
  const advice = `git config --global --add safe.directory ${path}`;
  await refuses(
    link,
    new RegExp(`^The repository belongs to another user. If you trust it, run \`${advice}\`.$`),
    environment,
  );
  const config = join(makeFolder(), 'config');
  git(path, 'config', '--file', config, 'safe.directory', path);
  assert.equal((await open(path, { ...environment, GIT_CONFIG_GLOBAL: config })).path, path);
  const variables = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' };
  assert.equal((await open(path, { ...environment, ...variables })).path, path);
});

test('looks at the folder, whatever repository the environment names', async () => {
  const path = makeWorkTree();
  const other = makeWorkTree();
  const GIT_DIR = join(other, '.git');
  const environment = {
    ...process.env,
    GIT_DIR,
    GIT_WORK_TREE: other,
    GIT_OBJECT_DIRECTORY: '/nowhere',
    GIT_TRACE: '1',
  };
  assert.equal((await open(path, environment)).gitDir, join(path, '.git'));
});

test('says when there is no git, and when git is killed', async () => {
  const path = makeWorkTree();
  const message = 'There is no git on the PATH. Install it (on Debian: `apt install git`).';
  await assert.rejects(open(path, { PATH: makeFolder() }), { reason: 'GIT_FAILED', place: 'git', message });
  const killed = open(path, wrapGit('[ "$1" = --version ] || kill -9 $$'));
  await assert.rejects(killed, {
    reason: 'GIT_FAILED',
    place: path,
    message: /^`git rev-parse` was ended by SIGKILL\./,
  });
});

test('gives up when it is aborted', async () => {
  const controller = new AbortController();
  const opening = openRepository({ path: makeWorkTree(), environment: process.env, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(opening, reason);
});
