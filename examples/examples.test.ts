import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { watchChild } from '@jitos/testkit/daemon/start-program.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const folder = fileURLToPath(new URL('.', import.meta.url));

async function run(example: string): Promise<string> {
  const env = { ...process.env, JITOS_URL: served.url };
  const child = spawn(process.execPath, [`${folder}${example}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { status, stdout, stderr } = await watchChild(child).ended;
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

test('hello', async () => {
  assert.match(
    await run('hello.ts'),
    /^in the workspace: \{ .*name: 'Ada Lovelace'.* \}\nin System: nobody yet\ncollapsed by event \d+\nshe wrote: The engine weaves algebraical patterns\.\n$/,
  );
});

test('a hundred agents', async () => {
  assert.match(
    await run('a-hundred-agents.ts'),
    /^100 votes for pizza, of 100 agents\n50000 in 50 accounts after 100 moves, decided anew \d+ times\n$/,
  );
});

test('follow', async () => {
  assert.match(await run('follow.ts'), /^(?:event \d+: workspace \d+, \{"op":"COLLAPSE".*…\n){3}position \d+\n$/);
});

test('prove', async () => {
  const lines = (await run('prove.ts')).split('\n');
  assert.match(lines[0]!, /^after event \d+ system held a deed with the id [0-9a-f]{64}$/);
  assert.match(lines[3]!, /^a changed proof is refused: /);
});

test('each example is run here, and fits on a page', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  assert.deepEqual(files, ['a-hundred-agents.ts', 'follow.ts', 'hello.ts', 'prove.ts']);
  for (const name of files) assert.ok(readFileSync(`${folder}${name}`, 'utf8').split('\n').length <= 81, name);
});
