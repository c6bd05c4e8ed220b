import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createWorkspace } from '@jitos/testkit/world/make-ops.ts';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { port, host } = served;

/** The samples, each by its name and labels as they are written. */
async function samples(): Promise<ReadonlyMap<string, number>> {
  const { status, headers, body } = await ask({ port, path: '/metrics' });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('the numbers of each world are those of its state', async () => {
  const { loop } = host.mustGetWorld('main');
  const before = await samples();
  await loop.submit(createWorkspace());
  const now = await samples();
  assert.equal(now.get('jitos_world_events_total{world="main"}'), loop.world.history.size);
  assert.equal(now.get('jitos_world_workspaces_open{world="main"}'), 1);
  assert.equal(before.get('jitos_world_workspaces_open{world="main"}'), 0);
  assert.equal(now.get('jitos_world_up{world="main"}'), 1);
  assert.equal(now.get('jitos_worlds_set_aside'), 0);
  assert.equal((await samples()).get('jitos_world_rewrites_total{world="main"}'), 0);
  assert.ok((now.get('process_resident_memory_bytes') ?? 0) > 1e6);
  await host.createWorld('second');
  assert.equal(
    (await samples()).get('jitos_world_events_total{world="second"}'),
    host.mustGetWorld('second').loop.world.history.size,
  );
});

test('requests are counted by the pattern of their route, so that nobody can make new rows', async () => {
  for (const path of ['/healthz', '/healthz', '/nowhere-1', '/nowhere-2', '/v1/imports/7']) await ask({ port, path });
  const now = await samples();
  assert.equal(now.get('jitos_http_requests_total{method="GET",route="/healthz",status="200"}'), 2);
  assert.equal(now.get('jitos_http_requests_total{method="GET",route="/v1/imports/:id",status="404"}'), 1);
  const rows = [...now.keys()].filter((name) => name.includes('nowhere'));
  assert.deepEqual(rows, []);
});
