import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { trieCount } from '@jitos/kernel';
import { watchChild } from '@jitos/testkit/daemon/start-program.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TOKEN = 'dGhlLXRva2VuLW9mLWEtdGVzdC1vZi10aGUtcmVhZG1l';

test('the program of the README runs', async () => {
  await using served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, program = ''] = /^```ts\n([^]*?)^```/m.exec(readme) ?? [];
  const source = `const token = '${TOKEN}';\n${program.replace('http://127.0.0.1:8080', served.url)}`;
  const args = ['--input-type=module-typescript', '--eval', source];
  const { status, stderr } = await watchChild(spawn(process.execPath, args, { cwd: HERE })).ended;
  assert.equal(stderr, '');
  assert.equal(status, 0);
  const { world } = served.host.mustGetWorld('main').loop;
  assert.deepEqual([trieCount(world.system.graph.nodes), trieCount(world.system.graph.edges)], [2, 1]);
});
