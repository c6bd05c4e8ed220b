/** A server that asks for a token: what a stranger may see of it, and that the token opens the rest. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { openKeyClient } from '@jitos/testkit/servers/key-client.ts';
import { ask, reasonOf, type RawRequest } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { SseClient, streamPath } from '@jitos/testkit/servers/sse-client.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDE';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const WRONG = { authorization: `Bearer ${TOKEN.slice(1)}A` };
const JSON_BODY = { 'content-type': 'application/json' };

let logged = '';
const logger = pino({ level: 'trace' }, { write: (line: string) => void (logged += line) });
let aheadMs = 0;
const served = await serveHost({
  authentication: { by: 'token', localToken: TOKEN },
  logger,
  clock: { monotonicMs: () => performance.now() + aheadMs, wallMs: () => Date.now() },
});
after(() => served[Symbol.asyncDispose]());
const { port, server } = served;

/** Of the world `main`, or of nothing. */
function pathOf(url: string): string {
  return url.replace(':name', 'main').replace(':id', '0').replace('*', '0/000.p/1');
}

function requestTo(method: string, url: string): RawRequest {
  const body = method === 'POST' ? { body: '{}', headers: JSON_BODY } : {};
  return { port, method, path: pathOf(url), ...body };
}

test('without the token every route is refused alike, but for health, the page and logging in', async () => {
  const open = server.routes.filter(({ access }) => access === 'anyone').map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(open.toSorted(), [
    'GET /',
    'GET /console.css',
    'GET /console.mjs',
    'GET /healthz',
    'GET /icon.svg',
    'GET /readyz',
    'POST /v1/auth/challenge',
    'POST /v1/auth/session',
  ]);
  const others = [
    { method: 'GET', url: '/no/such/route' },
    { method: 'DELETE', url: '/v1/worlds' },
  ];
  for (const { method, url } of [...server.routes.filter(({ access }) => access === 'known'), ...others]) {
    for (const headers of [{}, WRONG, { authorization: 'Basic dTpw' }]) {
      const request = requestTo(method, url);
      const answer = await ask({ ...request, headers: { ...request.headers, ...headers } });
      assert.deepEqual([answer.status, reasonOf(answer)], [401, 'UNAUTHENTICATED authorization'], `${method} ${url}`);
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
    }
  }
  for (const path of ['/', '/console.css', '/console.mjs', '/healthz', '/icon.svg', '/readyz']) {
    assert.equal((await ask({ port, path })).status, 200, path);
  }
});

test('with it every route answers as itself', async () => {
  for (const { method, url } of server.routes.filter(({ access }) => access === 'known')) {
    if (url.endsWith('/stream')) continue;
    const request = requestTo(method, url);
    const { status } = await ask({ ...request, headers: { ...request.headers, ...AUTHORIZED } });
    assert.ok(status !== 401 && status !== 403 && status !== 500, `${method} ${url} is answered with ${status}`);
  }
});

test('a body is not read before it is known who sends it', async () => {
  const body = 'x'.repeat(1000);
  const headers = { ...JSON_BODY, 'content-length': String(15_000_000) };
  const answer = await ask({ port, method: 'POST', path: '/graphql', headers, body });
  assert.equal(answer.status, 401);
});

test('a stream is read with the token', async () => {
  const path = streamPath('subscription { ticks { tick } }');
  assert.equal((await SseClient.open({ port, path })).status, 401);
  const stream = await SseClient.open({ port, path, headers: AUTHORIZED });
  assert.equal(stream.status, 200);
  assert.match(await stream.begin(), /^\d+$/);
  stream.cutOff();
});

interface Heard {
  readonly code: number;
  readonly reason: string;
  readonly messages: readonly string[];
}

/** What a WebSocket hears that says this first, until it is closed or acknowledged. */
async function hear(init: object, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { headers });
  const messages: string[] = [];
  socket.on('message', (data) => {
    messages.push((data as Buffer).toString('utf8'));
    socket.close(1000, 'heard');
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', ...init }));
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString('utf8'), messages };
}

test('a WebSocket is told of nothing before it has given the token, in its first message or its header', async () => {
  const refused = { code: 4401, reason: 'UNAUTHENTICATED', messages: [] };
  for (const payload of [undefined, {}, WRONG, { authorization: TOKEN }, { authorization: { token: TOKEN } }]) {
    assert.deepEqual(await hear({ payload }), refused, JSON.stringify(payload));
  }
  assert.deepEqual(await hear({ payload: WRONG }, AUTHORIZED), refused, 'the message counts before the header');
  const acknowledged = { code: 1000, reason: 'heard', messages: ['{"type":"connection_ack"}'] };
  assert.deepEqual(await hear({ payload: AUTHORIZED }), acknowledged);
  assert.deepEqual(await hear({}, AUTHORIZED), acknowledged);
});

test('a subscription before the first message closes the WebSocket', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { ticks { tick } }' } }));
  assert.equal((await once(socket, 'close'))[0], 4401);
});

test('a client that others wrote gives the token as its connection parameters', async () => {
  const url = `ws://127.0.0.1:${port}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: AUTHORIZED });
  const ticks = client.iterate({ query: 'subscription { ticks(after: 999999) { tick } }' });
  // It comes as far as the history.
  await assert.rejects(ticks.next(), ([error]: readonly { readonly extensions: { readonly reason: string } }[]) => {
    return error?.extensions.reason === 'EVENT_NOT_FOUND';
  });
  await client.dispose();
});

test('no answer may be kept for others: none is stored, a tile only by who asked', async () => {
  const graph = await ask({ port, path: '/graphql?query={kernelInfo{version}}', headers: AUTHORIZED });
  assert.equal(graph.headers['cache-control'], 'no-store');
  const tile = await ask({ port, path: '/w/main/tile/0/000.p/1', headers: AUTHORIZED });
  assert.equal(tile.status, 200);
  assert.match(tile.headers['cache-control'] ?? '', /^private, /);
  assert.equal(tile.headers.vary, 'authorization');
});

test('the log holds no token, whatever went wrong', async () => {
  await ask({ port, path: '/graphql?query={', headers: AUTHORIZED });
  await ask({ port, path: '/v1/worlds/none', headers: { ...AUTHORIZED, host: 'evil.example' } });
  assert.ok(logged.length > 0);
  assert.ok(!logged.includes(TOKEN) && !logged.includes(TOKEN.slice(1)));
});

/** The line of the only denial meanwhile, after a time in which as many were told as may be at once. */
async function deniedBy(work: () => Promise<unknown>): Promise<object> {
  aheadMs += 60_000;
  logged = '';
  await work();
  const lines = logged
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const [{ level: _, time: __, pid: ___, hostname: ____, untold: _____, ...line } = {}, ...more] = lines.filter(
    ({ msg }) => msg === 'denied',
  );
  assert.deepEqual(more, []);
  return line;
}

test('a denial is a line of the log: who, what for, and where from', async () => {
  const request = { reason: 'UNAUTHENTICATED', place: 'authorization', principal: null, route: 'GET /v1/worlds' };
  assert.deepEqual(await deniedBy(() => ask({ port, path: '/v1/worlds', headers: WRONG })), {
    ...request,
    address: '127.0.0.1',
    msg: 'denied',
  });
  const { headers, principal } = await openKeyClient(served.url, served.host.mustGetWorld('main'), ['read']);
  const field = { reason: 'ACCESS_DENIED', place: 'id', principal, route: 'GraphQL sws', world: 'main' };
  const path = '/graphql?query={sws(id:7){id}}';
  assert.deepEqual(await deniedBy(() => ask({ port, path, headers })), { ...field, msg: 'denied' });
  assert.ok(!logged.includes(headers.authorization.slice('Bearer '.length)));
});
