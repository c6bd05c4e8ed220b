import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { ask, reasonOf, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import { createSurfaceV0 } from '../graphql/schema.ts';
import { createSurfaceV1 } from '../graphql-v1/schema.ts';
import { rateVerbsOf, VERB_OF_MUTATION } from '../limits/graphql-verbs.ts';
import { parseRatePolicies } from '../limits/rate-policy.ts';
import { parse } from 'graphql';

const TICKS = 'subscription { ticks { tick } }';

/** A server on which nobody is asked for a token, and everybody is held to the policies; and the hand of its clock. */
async function serve(policies: string): Promise<{ served: ServedHost; time: { nowMs: number } }> {
  const time = { nowMs: 1000 };
  const clock = { monotonicMs: () => time.nowMs, wallMs: () => 0 };
  const limits = { local: parseRatePolicies('', policies), others: {} };
  return { served: await serveHost({ limits, clock }), time };
}

function graphql(port: number, query: string, accept = 'application/json', path = '/graphql'): Promise<RawAnswer> {
  const headers = { 'content-type': 'application/json', accept };
  return ask({ port, method: 'POST', path, headers, body: JSON.stringify({ query }) });
}

function told({ status, headers }: RawAnswer): readonly unknown[] {
  return [status, headers['ratelimit-policy'], headers['ratelimit'], headers['retry-after']];
}

const READ = '{ kernelInfo { tick } }';

test('who asks too often is told so, how it stands, and when to come again; then it is admitted', async () => {
  const { served, time } = await serve('read=3/6');
  await using _ = served;
  const { port } = served;
  const policy = '"read";q=3;w=6';
  assert.deepEqual(told(await graphql(port, READ)), [200, policy, '"read";r=2;t=2', undefined]);
  assert.deepEqual(told(await ask({ port, path: '/v1/worlds' })), [200, policy, '"read";r=1;t=4', undefined]);
  // What can not be run has been read, too.
  assert.deepEqual(told(await graphql(port, '{ nothing }')), [200, policy, '"read";r=0;t=6', undefined]);
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const refused = await graphql(port, READ, accept);
    assert.deepEqual(told(refused), [429, policy, '"read";r=0;t=6', '2']);
    const { errors } = JSON.parse(refused.body) as { errors: { extensions: { reason: string } }[] };
    assert.equal(errors[0]?.extensions.reason, 'RATE_LIMITED');
  }
  const refused = await ask({ port, path: '/v1/worlds' });
  assert.deepEqual([refused.status, reasonOf(refused)], [429, 'RATE_LIMITED read']);
  time.nowMs += 2000;
  assert.deepEqual(told(await graphql(port, READ)), [200, policy, '"read";r=0;t=6', undefined]);
  const metrics = await ask({ port, path: '/metrics' });
  assert.equal(metrics.status, 429);
  time.nowMs += 6000;
  assert.match((await ask({ port, path: '/metrics' })).body, /jitos_http_rate_limited_total\{verb="read"\} 4/);
});

test('each verb has its own bucket, and each mutation of a document counts', async () => {
  const { served } = await serve('write=3/60,control=1/60');
  await using _ = served;
  const { port } = served;
  const twice = 'mutation { a: createSws { sws { id } } ...B } fragment B on Mutation { b: createSws { sws { id } } }';
  assert.equal((await graphql(port, twice)).status, 200);
  const refused = await graphql(port, twice);
  assert.deepEqual([refused.status, refused.headers['ratelimit']], [429, '"write";r=0;t=60']);
  assert.equal(served.host.mustGetWorld('main').loop.world.workspaceCount, 2);
  const headers = { 'content-type': 'application/json' };
  const command = (body: object): Promise<RawAnswer> =>
    ask({ port, method: 'POST', path: '/v1/commands', headers, body: JSON.stringify(body) });
  assert.equal((await command({ command: 'createSws' })).status, 429);
  assert.equal((await command({ command: 'toString' })).status, 429);
  const create = { port, method: 'POST', path: '/v1/worlds', headers: { 'content-type': 'application/json' } };
  assert.equal((await ask({ ...create, body: '{"name":"one"}' })).status, 201);
  assert.equal((await ask({ ...create, body: '{"name":"two"}' })).status, 429);
  for (let i = 0; i < 5; i++) assert.deepEqual(told(await graphql(port, READ)), [200, undefined, undefined, undefined]);
});

test('subscriptions are counted as they begin, over either protocol; health never is', async () => {
  const { served } = await serve('subscribe=1/60,read=1/60');
  await using _ = served;
  const { port } = served;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  const messages: { readonly type: string; readonly payload?: unknown }[] = [];
  const refused = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as (typeof messages)[number];
      messages.push(message);
      if (message.type === 'connection_ack') {
        for (const id of ['1', '2']) {
          socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: TICKS } }));
        }
      }
      if (message.type === 'error') resolve();
    });
  });
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  await refused;
  const [error] = messages.find(({ type }) => type === 'error')!.payload as { extensions: { reason: string } }[];
  assert.equal(error?.extensions.reason, 'RATE_LIMITED');
  const stream = await graphql(port, TICKS, 'text/event-stream', '/graphql/stream');
  assert.deepEqual([stream.status, stream.headers['retry-after']], [429, '60']);
  for (let i = 0; i < 3; i++) assert.equal((await ask({ port, path: '/healthz' })).status, 200);
  socket.terminate();
});

test('what each mutation asks for is said, and what other operations do', () => {
  const fields = [createSurfaceV0(), createSurfaceV1()].flatMap(({ schema }) => {
    return Object.keys(schema.getMutationType()?.getFields() ?? {});
  });
  assert.deepEqual(Object.keys(VERB_OF_MUTATION).toSorted(), [...new Set(fields)].toSorted());
  const verbs = (text: string): readonly string[] => rateVerbsOf(parse(text));
  assert.deepEqual(verbs('{ a b }'), ['read']);
  assert.deepEqual(verbs(TICKS), ['subscribe']);
  assert.deepEqual(verbs('mutation { ... { collapseSws changeSettings } }'), ['collapse', 'control']);
  assert.deepEqual(verbs('mutation { collapseWorkspace proposeRules }'), ['collapse', 'control']);
});
