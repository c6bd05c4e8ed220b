import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Environment } from './git-environment.ts';
import { openRepository, type GitRepository } from './git-repository.ts';

const temp = makeTempFolder();
after(() => temp.remove());
const repository = join(temp.path, 'repository');
makeSampleRepository(repository, 1);
let folders = 0;

interface FakeGit {
  readonly environment: Environment;
  /** What it was asked, a line each. */
  readonly asked: () => readonly string[];
}

/** A git that tells this version, notes what it is asked, and is otherwise the real one. */
function fakeGit(version: string): FakeGit {
  const folder = join(temp.path, `fake-${(folders += 1)}`);
  mkdirSync(folder);
  const path = process.env['PATH'] ?? '';
  const notes = join(folder, 'notes');
  const answer = `if [ "$1" = --version ]; then echo '${version}'; exit; fi`;
  const script = `#!/bin/sh\nPATH='${path}'\necho "$1" >> '${notes}'\n${answer}\nexec git "$@"\n`;
  writeFileSync(join(folder, 'git'), script);
  chmodSync(join(folder, 'git'), 0o755);
  return {
    environment: { ...process.env, PATH: `${folder}:${path}` },
    asked: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []),
  };
}

function open({ environment }: FakeGit): Promise<GitRepository> {
  return openRepository({ path: repository, environment, signal: new AbortController().signal });
}

test('a git that would pass over what keeps it from running programs is not let near a repository: V1', async () => {
  const tooOld = ['2.31.8', '2.4.11', '1.99.0', '2', '2.x', 'v3.0'];
  for (const version of tooOld) {
    const git = fakeGit(`git version ${version}`);
    const message = `git on the PATH is ${version}; 2.32 or newer is needed`;
    await assert.rejects(open(git), { reason: 'GIT_TOO_OLD', place: 'git', message });
    await assert.rejects(open(git), { reason: 'GIT_TOO_OLD' }, 'nor at the second try');
    assert.deepEqual(git.asked(), ['--version', '--version'], 'git is asked nothing else');
  }
  const message = /^git on the PATH is of an unknown version; 2\.32 or newer is needed$/;
  await assert.rejects(open(fakeGit('hello')), { reason: 'GIT_TOO_OLD', message });
});

test('newer versions, and those with a suffix, are taken, and asked for their version once', async () => {
  for (const version of ['2.32.0', '2.100.1', '3.0', '2.39.5 (Apple Git-154)', '2.45.1.windows.1']) {
    const git = fakeGit(`git version ${version}`);
    await open(git);
    await open(git);
    assert.deepEqual(
      git.asked().filter((word) => word === '--version'),
      ['--version'],
    );
    assert.ok(git.asked().includes('rev-parse'));
  }
});

test('a git that was upgraded is taken without a restart', async () => {
  const git = fakeGit('git version 2.20.1');
  await assert.rejects(open(git), { reason: 'GIT_TOO_OLD' });
  const script = join((git.environment['PATH'] ?? '').split(':')[0] ?? '', 'git');
  writeFileSync(script, readFileSync(script, 'utf8').replace('2.20.1', '2.47.0'));
  assert.equal((await open(git)).path, repository);
});
