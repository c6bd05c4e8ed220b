import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach, describe } from 'node:test';
import { runFiles, type Run, type Verdict } from './run-files.ts';

const HEAD = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n";
/** What stands beside the files under test: a suite that defines a test for whoever calls it. */
const SUITE = `${HEAD}export function suite() { test('of the suite', () => assert.equal(1, 1)); }\n`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jitos-run-files-'));
  writeFileSync(join(root, 'suite.ts'), SUITE);
});

afterEach(() => rmSync(root, { recursive: true }));

async function judge(
  bodyByName: Readonly<Record<string, string>>,
  isolation: Run['isolation'] = 'none',
  missingPrograms: readonly string[] = [],
): Promise<Verdict> {
  const files = Object.keys(bodyByName).map((name) => `${name}.test.ts`);
  for (const [name, body] of Object.entries(bodyByName)) writeFileSync(join(root, `${name}.test.ts`), HEAD + body);
  return await runFiles({ root, files, isolation, missingPrograms, output: 'ignore' });
}

for (const isolation of ['none', 'process'] as const) {
  describe(`runFiles with isolation ${isolation}`, () => {
    test('passes files that assert, by themselves or through a suite', async () => {
      const verdict = await judge(
        {
          own: "test('outer', async (t) => { await t.test('inner', () => assert.ok(true)); });",
          borrowed: "import { suite } from './suite.ts'; suite();",
        },
        isolation,
      );
      assert.deepEqual(verdict.complaints, []);
      assert.equal(verdict.passed, 3);
      assert.equal(verdict.failed, 0);
      assert.equal(verdict.tallyByFile.get(join(root, 'borrowed.test.ts'))?.assertions, 1);
    });

    test('names each file that proved nothing, and each test left out', async () => {
      const verdict = await judge(
        {
          empty: '',
          silent: "test('says nothing', () => {});",
          outside: "assert.ok(true); test('says nothing', () => {});",
          skips: "test('x', () => assert.ok(true)); test('later', { skip: 'tired' }, () => {});",
          todos: "test('y', () => assert.ok(true)); test.todo('some day');",
        },
        isolation,
      );
      assert.deepEqual(verdict.complaints.toSorted(), [
        'empty.test.ts ran no test with an assertion of node:assert/strict',
        'outside.test.ts ran no test with an assertion of node:assert/strict',
        'silent.test.ts ran no test with an assertion of node:assert/strict',
        "skips.test.ts: 'later' was left out (skip: tired)",
        "todos.test.ts: 'some day' was left out (todo)",
      ]);
      assert.equal(verdict.failed, 0);
    });

    test('counts a failure once, not again for the tests around it', async () => {
      const verdict = await judge(
        { red: "test('outer', async (t) => { await t.test('inner', () => assert.equal(1, 2)); });" },
        isolation,
      );
      assert.equal(verdict.failed, 1);
      assert.deepEqual(verdict.complaints, []);
    });

    test('fails a file that throws while it loads', async () => {
      const { failed, complaints } = await judge({ broken: "throw new Error('no');" }, isolation);
      assert.ok(failed + complaints.length > 0);
    });
  });
}

test('a test may be left out for want of a program that the machine lacks, and only then', async () => {
  const body = "test('x', () => assert.ok(true)); test('traced', { skip: 'needs strace' }, () => {});";
  assert.deepEqual((await judge({ traced: body }, 'none', ['strace'])).complaints, []);
  assert.equal((await judge({ traced: body }, 'none', ['git'])).complaints.length, 1);
});

test('a process that ends before it could report is a failure', async () => {
  const { complaints } = await judge({ exits: "test('x', () => process.exit(0));" });
  assert.match(complaints[0] ?? '', /status 0 before it could report on 1 files/);
});
