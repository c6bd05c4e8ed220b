/** Every command of `jitosctl` has its output kept: as text, and as JSON. What stands there is compared in scenarios.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCommands } from './help-page.ts';
import { readScenario, scenarioFiles } from './scenarios.ts';
import { stillText } from './still-text.ts';

/** Commands whose output is another on every machine, or is no answer to one question; each has tests of its own. */
const WITHOUT: Readonly<Record<string, string>> = {
  'completion bash': 'a script made from the tree of the commands, driven in completion.test.ts',
  doctor: 'it tells of the machine',
  'grant narrow': 'it signs with a key that is made for it, in grant-commands.test.ts',
  jsonl: 'it answers what it is asked, line by line',
};

/** Commands whose JSON alone is another each time. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  'key rotate': 'it holds a proof by a new key',
};

test('every command has a transcript, as text and with --json', () => {
  const lines = scenarioFiles()
    .filter((path) => path.startsWith('testdata/cli/'))
    .flatMap((path) => readScenario(path).split('\n'));
  for (const words of allCommands().commands) {
    const runs = lines.filter((line) => `${line} `.startsWith(`$ jitosctl ${words} `));
    const isText = (line: string): boolean => !line.includes(' --json');
    const found = { text: runs.some(isText), json: !runs.every(isText) };
    const isKept = !Object.hasOwn(WITHOUT, words);
    assert.deepEqual(found, { text: isKept, json: isKept && !Object.hasOwn(WITHOUT_JSON, words) }, words);
  }
});

test('what is random is left out, and nothing else', () => {
  const key = `jitos.invalid/${'0f'.repeat(16)}+dd951a1f+${'AXi2'.repeat(11)}`;
  assert.equal(stillText(`at /tmp/x/data: ${key}\n`, '/tmp/x'), 'at <folder>/data: jitos.invalid/<world id>+<key>\n');
  assert.equal(
    stillText(`${'ab'.repeat(32)} 127.0.0.1:80 {"idx":12}`, '/tmp/x'),
    `${'ab'.repeat(32)} 127.0.0.1:<port> {"idx":12}`,
  );
});
