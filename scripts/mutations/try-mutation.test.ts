import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { mutate, readMutations, testsOf, type Mutation } from './mutation.ts';
import { tryMutation, type Trial } from './try-mutation.ts';

const HEAD = "import assert from 'node:assert/strict'; import { test } from 'node:test';";
const SOURCE = 'export const one = 1;\nexport const two = 2;\n';
const TEST_FILES = ['src/a.test.ts', 'src/b.test.ts', 'src/c/d.test.ts', 'other/e.test.ts'];
const ONE: Mutation = { name: 'one is two', file: 'src/a.ts', find: 'one = 1', replace: 'one = 2' };

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jitos-mutation-'));
  write('src/a.ts', SOURCE);
  for (const file of TEST_FILES) write(file, `${HEAD} test('stands', () => assert.ok(true));`);
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

async function attempt(mutation: Mutation, timeoutMs = 60_000, hangTimeoutMs = 60_000): Promise<Trial> {
  const bench = { root, tempDir: join(root, 'tmp') };
  const { signal } = new AbortController();
  return await tryMutation(mutation, { bench, testFiles: TEST_FILES, timeoutMs, hangTimeoutMs, signal });
}

describe('tryMutation', () => {
  test('calls a mutation red by the test that fails, and leaves the source as it was', async () => {
    write('src/a.test.ts', `${HEAD} import { one } from './a.ts'; test('is one', () => assert.equal(one, 1));`);
    const { isKilled, detail } = await attempt(ONE);
    assert.equal(isKilled, true);
    assert.equal(detail, 'src/a.test.ts: is one');
    assert.equal(readFileSync(join(root, 'src/a.ts'), 'utf8'), SOURCE);
  });

  test('asks the rest of the folder after the tests of the source itself', async () => {
    write('src/c/d.test.ts', `${HEAD} import { one } from '../a.ts'; test('is one', () => assert.equal(one, 1));`);
    assert.equal((await attempt(ONE)).detail, 'src/c/d.test.ts: is one');
  });

  test('calls a mutation green that no test notices', async () => {
    const { isKilled, isStale } = await attempt(ONE);
    assert.deepEqual([isKilled, isStale], [false, false]);
  });

  test('asks the tests that are named, and no others', async () => {
    write('src/a.test.ts', `${HEAD} import { one } from './a.ts'; test('is one', () => assert.equal(one, 1));`);
    assert.equal((await attempt({ ...ONE, tests: ['src/b.test.ts'] })).isKilled, false);
  });

  test('does not wait for the other tests once one has failed', async () => {
    write(
      'src/a.test.ts',
      `${HEAD} test('fails', () => assert.ok(false)); test('waits', () => new Promise(() => setInterval(() => {}, 1000)));`,
    );
    assert.equal((await attempt(ONE)).detail, 'src/a.test.ts: fails');
  });

  test('takes a timeout for red only where the entry says that the tests never end', async () => {
    write(
      'src/a.test.ts',
      `${HEAD} import { one } from './a.ts'; test('ends', () => { while (one > 1); assert.ok(true); });`,
    );
    assert.equal((await attempt(ONE, 3000)).isKilled, false);
    assert.equal((await attempt({ ...ONE, hangs: true }, 60_000, 3000)).isKilled, true);
  });

  test('calls an entry stale that does not fit the sources', async () => {
    for (const find of ['three', 'export']) {
      const { isKilled, isStale } = await attempt({ ...ONE, find });
      assert.deepEqual([isKilled, isStale], [false, true]);
    }
    assert.equal((await attempt({ ...ONE, tests: ['src/gone.test.ts'] })).isStale, true);
    assert.equal((await attempt({ ...ONE, file: 'src/gone.ts' })).isStale, true);
  });
});

test('mutate changes one place, and none if there are two', () => {
  assert.equal(mutate(SOURCE, ONE), SOURCE.replace('one = 1', 'one = 2'));
  assert.equal(mutate('aaa', { ...ONE, find: 'aa' }), undefined);
});

test('the own tests of a source come before the rest of its folder', () => {
  assert.deepEqual(testsOf(ONE, TEST_FILES), [['src/a.test.ts'], ['src/b.test.ts', 'src/c/d.test.ts']]);
  assert.deepEqual(testsOf({ ...ONE, tests: ['other/e.test.ts'] }, TEST_FILES), [['other/e.test.ts']]);
});

test('an entry that is none is refused, by its place', () => {
  write('testdata/mutations/list.json', JSON.stringify([ONE, { file: 'src/a.ts', find: 'x' }]));
  assert.throws(() => readMutations(root), /list\.json\[1\] needs a text 'replace'/);
  write('testdata/mutations/list.json', JSON.stringify([{ ...ONE, replace: ONE.find }]));
  assert.throws(() => readMutations(root), /changes nothing/);
  write('testdata/mutations/list.json', JSON.stringify([{ file: 'src/a.ts', find: 'x', replace: 'y' }]));
  assert.equal(readMutations(root)[0]?.name, 'x → y');
});
