import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { findingEnvironment, readingEnvironment } from './git-environment.ts';
import { countCommits, readHistory } from './git-history.ts';
import { resumeHistory } from './git-position.ts';
import { openRepository } from './git-repository.ts';

/** Keys by which a repository names a program; that of a program for files needs `.gitattributes` too. */
const PROGRAM_KEYS = [
  'core.fsmonitor',
  'core.virtualFilesystem',
  'core.alternateRefsCommand',
  'core.askPass',
  'core.editor',
  'core.gitProxy',
  'core.pager',
  'core.sshCommand',
  'credential.helper',
  'diff.bait.command',
  'diff.bait.textconv',
  'diff.external',
  'filter.bait.clean',
  'filter.bait.process',
  'filter.bait.smudge',
  'gpg.program',
  'uploadpack.packObjectsHook',
  ...['cat-file', 'config', 'diff-tree', 'merge-base', 'rev-list', 'rev-parse', 'symbolic-ref'].flatMap((command) => [
    `alias.${command}`,
    `pager.${command}`,
  ]),
];

const HOOKS = ['fsmonitor-watchman', 'post-checkout', 'post-index-change', 'pre-auto-gc', 'reference-transaction'];

/** A work tree of three commits in which every program is a bait: one that is run leaves its name in `caught`. */
function makeBait(path: string, caught: string): void {
  makeSampleRepository(path, 3);
  runGit({ cwd: path, args: ['reset', '--quiet', '--hard', 'trunk'] });
  writeFileSync(join(path, '.gitattributes'), '* diff=bait filter=bait\n');
  mkdirSync(caught);
  const leave = (name: string): string => `touch '${join(caught, name)}'; exit 1`;
  for (const key of PROGRAM_KEYS) {
    const value = `${key.startsWith('alias.') ? '!' : ''}${leave(key)};:`;
    runGit({ cwd: path, args: ['config', key, value] });
  }
  mkdirSync(join(path, '.git', 'hooks'), { recursive: true });
  for (const name of HOOKS) {
    const hook = join(path, '.git', 'hooks', name);
    writeFileSync(hook, `#!/bin/sh\n${leave(name)}\n`);
    chmodSync(hook, 0o755);
  }
}

test('nothing that a repository configures is run: E1', async () => {
  const folder = makeTempFolder();
  try {
    const path = join(folder.path, 'repository');
    const caught = join(folder.path, 'caught');
    makeBait(path, caught);
    const { signal } = new AbortController();
    const repository = await openRepository({ path, environment: process.env, signal });
    assert.deepEqual(readdirSync(caught), [], 'while it is opened');
    const start = await resumeHistory({ repository, position: null, signal });
    // With bases, so that they are looked up and compared.
    const [newest = '', middle = '', oldest = ''] = runGit({ cwd: path, args: ['rev-list', 'trunk'] }).split('\n');
    const position = { headOid: middle, baseOids: [oldest], count: 1, lastOid: middle };
    const resumed = await resumeHistory({ repository, position, signal });
    assert.deepEqual([resumed.headOid, resumed.baseOids], [newest, [middle]]);
    assert.equal(await countCommits({ repository, position: start, signal }), 3);
    let count = 0;
    for await (const parts of readHistory({ repository, position: start, changesPerPartMax: 10, signal })) {
      count += parts.length;
    }
    assert.equal(count, 3);
    assert.deepEqual(readdirSync(caught), [], 'while it is read');
    // The bait is good: in the environment of the tests git takes it.
    runGit({ cwd: path, args: ['diff-tree', 'HEAD'] });
    assert.deepEqual(readdirSync(caught), ['core.fsmonitor']);
  } finally {
    folder.remove();
  }
});

test("what the user's environment configures stays, whatever a repository configures is overruled", () => {
  const user = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*', GIT_DIR: 'x' };
  const finding = findingEnvironment(user);
  assert.equal(finding['GIT_DIR'], undefined);
  assert.deepEqual(configuredBy(finding), [
    ['safe.directory', '*'],
    ['core.fsmonitor', 'false'],
    ['core.hooksPath', '/dev/null'],
    ['safe.bareRepository', 'all'],
  ]);
  assert.deepEqual(configuredBy(findingEnvironment({})), configuredBy(finding).slice(1));
  assert.deepEqual(configuredBy(readingEnvironment(user, '/repository')), configuredBy(finding).slice(1, -1));
  assert.equal(findingEnvironment({ GIT_CONFIG_COUNT: 'many' })['GIT_CONFIG_COUNT'], 'NaN');
});

function configuredBy(environment: Readonly<Record<string, string | undefined>>): (string | undefined)[][] {
  return Array.from({ length: Number(environment['GIT_CONFIG_COUNT']) }, (_, index) => [
    environment[`GIT_CONFIG_KEY_${index}`],
    environment[`GIT_CONFIG_VALUE_${index}`],
  ]);
}
