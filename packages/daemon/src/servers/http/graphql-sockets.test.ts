import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, test } from 'node:test';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { Failure } from '../../errors/failure.ts';
import { SOCKET_SUBSCRIPTIONS_MAX } from './socket-connection.ts';

const shared = await serveHost();
after(() => shared[Symbol.asyncDispose]());
const { port, url, host } = shared;

const REWRITES = 'subscription ($after: ID) { rewrites(view: {kind: SWS, swsId: 0}, after: $after) { idx meta } }';
const WRITE =
  'mutation ($meta: JSON) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}], meta: $meta}) { accepted } }';

interface Rewrites {
  readonly rewrites: { readonly idx: string; readonly meta: unknown };
}

async function worldOf(name: string): Promise<GraphqlClient> {
  await host.createWorld(name);
  const client = GraphqlClient.overHttp(`${url}/w/${name}/graphql`);
  await client.data('mutation { createSws { sws { id } } }');
  return client;
}

/** A client of the package that others wrote, which does not come again by itself. */
function connect(world: string, at = port): Client {
  return createClient({ url: `ws://127.0.0.1:${at}/w/${world}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
}

type Raw = { readonly type: string; readonly id?: string; readonly payload?: unknown };

/** The protocol by hand: what is sent, and what comes back until the end. */
class RawSocket {
  readonly socket: WebSocket;
  readonly messages: Raw[] = [];
  readonly closed: Promise<readonly [code: number, reason: string]>;
  #onMessage: () => void = () => undefined;

  constructor(world: string, protocol = 'graphql-transport-ws', at = port) {
    this.socket = new WebSocket(`ws://127.0.0.1:${at}/w/${world}/graphql`, protocol);
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse((data as Buffer).toString('utf8')) as Raw);
      this.#onMessage();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve([code, reason.toString('utf8')]));
    });
  }

  async open(): Promise<void> {
    await new Promise((resolve, reject) => this.socket.on('open', resolve).on('error', reject));
    this.send({ type: 'connection_init' });
    await this.until(({ type }) => type === 'connection_ack');
  }

  send(message: Raw): void {
    this.socket.send(JSON.stringify(message));
  }

  /** One wait at a time. */
  async until(fits: (message: Raw) => boolean): Promise<Raw> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#onMessage = resolve));
    }
  }
}

function reasonIn({ payload }: Raw): unknown {
  return (payload as { extensions: { reason: string } }[])[0]?.extensions.reason;
}

test('a client follows a view, goes on behind what it has, and is told when the workspace has ended', async () => {
  const asked = await worldOf('one');
  for (let i = 0; i < 100; i++) await asked.data(WRITE, { meta: i });
  const client = connect('one');
  const heard: unknown[] = [];
  const following = (async () => {
    for await (const { data } of client.iterate<Rewrites>({ query: REWRITES, variables: { after: '9' } })) {
      heard.push([data?.rewrites.idx, data?.rewrites.meta]);
    }
  })();
  for (let i = 100; i < 130; i++) await asked.data(WRITE, { meta: i });
  await asked.data('mutation { discardSws(input: {swsId: 0, meta: "end"}) { discarded } }');
  await following;
  const expected = Array.from({ length: 120 }, (_, i): [string, unknown] => [String(i + 10), i + 10]);
  assert.deepEqual(heard, [...expected, ['130', 'end']]);
  await client.dispose();
});

test('many subscriptions share a connection; one that is completed tells no more', async () => {
  const asked = await worldOf('two');
  const socket = new RawSocket('two');
  await socket.open();
  for (const id of ['a', 'b']) socket.send({ id, type: 'subscribe', payload: { query: REWRITES } });
  socket.send({ type: 'ping', payload: { n: 1 } });
  assert.deepEqual((await socket.until(({ type }) => type === 'pong')).payload, { n: 1 });
  await asked.data(WRITE, { meta: 0 });
  for (const id of ['a', 'b']) await socket.until((message) => message.id === id);
  socket.send({ id: 'a', type: 'complete' });
  socket.send({ type: 'ping', payload: { n: 2 } });
  await socket.until(({ type, payload }) => type === 'pong' && (payload as { n: number }).n === 2);
  await asked.data(WRITE, { meta: 1 });
  await socket.until(({ id, payload }) => id === 'b' && (payload as { data: Rewrites }).data.rewrites.meta === 1);
  assert.equal(socket.messages.filter(({ id }) => id === 'a').length, 1);
  socket.socket.close();
  await socket.closed;
});

test('what can not be followed is an error of its subscription, in our form, and the others go on', async () => {
  const asked = await worldOf('three');
  const socket = new RawSocket('three');
  await socket.open();
  const refused = async (query: string, variables: unknown = null): Promise<unknown> => {
    const id = `${socket.messages.length}-${query.length}`;
    socket.send({ id, type: 'subscribe', payload: { query, variables } });
    const answer = await socket.until((message) => message.id === id);
    return [answer.type, reasonIn(answer)];
  };
  socket.send({ id: 'good', type: 'subscribe', payload: { query: REWRITES } });
  assert.deepEqual(await refused('{ kernelInfo { version } }'), ['error', 'GRAPHQL_INVALID']);
  assert.deepEqual(await refused('mutation { createSws { sws { id } } }'), ['error', 'GRAPHQL_INVALID']);
  assert.deepEqual(await refused('subscription {'), ['error', 'GRAPHQL_INVALID']);
  assert.deepEqual(await refused('subscription { taskEvents { id } }'), ['error', 'NOT_IMPLEMENTED']);
  assert.deepEqual(await refused(REWRITES, { after: '77' }), ['error', 'EVENT_NOT_FOUND']);
  await asked.data(WRITE, { meta: 'still' });
  await socket.until(({ id }) => id === 'good');
  socket.socket.close();
  await socket.closed;
});

test('the protocol and its bounds are kept: who breaks them is closed with its code', async () => {
  await worldOf('four');
  const early = new RawSocket('four');
  early.socket.on('open', () => early.send({ id: '1', type: 'subscribe', payload: { query: REWRITES } }));
  assert.deepEqual((await early.closed)[0], 4401);
  const broken = new RawSocket('four');
  broken.socket.on('open', () => broken.socket.send('{'));
  assert.deepEqual((await broken.closed)[0], 4400);
  const large = new RawSocket('four');
  await large.open();
  large.socket.send('x'.repeat(262_145));
  assert.deepEqual((await large.closed)[0], 1009);
  const many = new RawSocket('four');
  await many.open();
  for (let i = 0; i <= SOCKET_SUBSCRIPTIONS_MAX; i++) {
    many.send({ id: `${i}`, type: 'subscribe', payload: { query: REWRITES } });
  }
  const refused = await many.until(({ type }) => type === 'error');
  assert.deepEqual([refused.id, reasonIn(refused)], [`${SOCKET_SUBSCRIPTIONS_MAX}`, 'OVERLOADED']);
  many.socket.close();
  await many.closed;
});

test('a subscription that is over, or failed, makes room for another one', async () => {
  const asked = await worldOf('five');
  await asked.data(WRITE, { meta: 0 });
  const { log } = host.mustGetWorld('five');
  const batches = log.batches.bind(log);
  const socket = new RawSocket('five');
  await socket.open();
  const fill = (name: string, query: string, behind: string | null): readonly string[] => {
    const ids = Array.from({ length: SOCKET_SUBSCRIPTIONS_MAX }, (_, i) => `${name}-${i}`);
    for (const id of ids) socket.send({ id, type: 'subscribe', payload: { query, variables: { after: behind } } });
    return ids;
  };
  const endsOf = async (ids: readonly string[]): Promise<unknown[]> => {
    const ends = new Set<unknown>();
    for (const id of ids) {
      const end = await socket.until((message) => message.id === id && message.type !== 'next');
      ends.add(end.type === 'error' ? reasonIn(end) : end.type);
    }
    return [...ends];
  };
  log.batches = () => {
    throw new Failure('LOG_DAMAGED', '', 'made so by the test');
  };
  assert.deepEqual(await endsOf(fill('failed', REWRITES, '-1')), ['LOG_DAMAGED']);
  log.batches = batches;
  const over = fill('over', REWRITES, null);
  socket.send({ type: 'ping' });
  await socket.until(({ type }) => type === 'pong'); // all are begun
  await asked.data('mutation { discardSws(input: {swsId: 0}) { discarded } }');
  assert.deepEqual(await endsOf(over), ['complete']);
  await asked.data('mutation { createSws { sws { id } } }');
  const more = fill('more', REWRITES.replace('swsId: 0', 'swsId: 1'), null);
  socket.send({ type: 'ping', payload: { n: 2 } });
  await socket.until(({ type, payload }) => type === 'pong' && payload !== undefined);
  await asked.data('mutation { discardSws(input: {swsId: 1}) { discarded } }');
  assert.deepEqual(await endsOf(more), ['complete']);
  socket.socket.close();
  await socket.closed;
});

/** What the daemon answers to a connection that asks to be upgraded. */
function upgrade(path: string, headers: Readonly<Record<string, string>>): Promise<[status: number, reason: string]> {
  return new Promise((resolve, reject) => {
    const all = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    };
    const asked = request({ host: '127.0.0.1', port, path, headers: all, agent: false });
    asked.on('response', (answer) => {
      answer.resume();
      resolve([answer.statusCode ?? 0, answer.statusMessage ?? '']);
    });
    asked.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve([answer.statusCode ?? 0, String(answer.headers['sec-websocket-protocol'])]);
    });
    asked.on('error', reject).end();
  });
}

test('an upgrade passes the guard and names a world; any other upgrade is not taken up', async () => {
  const protocol = { 'sec-websocket-protocol': 'graphql-transport-ws' };
  assert.deepEqual(await upgrade('/graphql', protocol), [101, 'graphql-transport-ws']);
  assert.deepEqual(await upgrade('/graphql', { ...protocol, origin: `http://127.0.0.1:${port}` }), [
    101,
    'graphql-transport-ws',
  ]);
  assert.deepEqual(await upgrade('/graphql', { ...protocol, origin: 'http://evil.example' }), [403, 'ORIGIN_REFUSED']);
  assert.deepEqual(await upgrade('/graphql', { ...protocol, host: `evil.example:${port}` }), [403, 'HOST_REFUSED']);
  assert.deepEqual(await upgrade('/w/none/graphql', protocol), [404, 'WORLD_NOT_FOUND']);
  assert.deepEqual(await upgrade('/v1/worlds', protocol), [404, 'ROUTE_NOT_FOUND']);
  const headers = { connection: 'Upgrade', upgrade: 'h2c' };
  assert.equal((await ask({ port, path: '/v1/worlds', headers })).status, 200);
});

test('an id is taken until what was asked under it has begun or failed, though it was completed', async () => {
  await worldOf('again');
  const socket = new RawSocket('again');
  await socket.open();
  const subscribe = { id: 'a', type: 'subscribe', payload: { query: REWRITES } };
  for (const message of [subscribe, { id: 'a', type: 'complete' }, subscribe]) socket.send(message);
  assert.deepEqual(await socket.closed, [4409, 'Subscriber for a already exists']);
});

test('who pings without end and reads nothing is cut off', async () => {
  await worldOf('pinged');
  const socket = new RawSocket('pinged');
  await socket.open();
  socket.socket.pause();
  const payload = 'x'.repeat(100);
  const isClosed = socket.closed.then(() => true);
  for (let isOver = false; !isOver;) {
    for (let i = 0; i < 1000; i++) socket.socket.ping(payload);
    isOver = await Promise.race([isClosed, new Promise<false>((resolve) => setImmediate(resolve, false))]);
  }
  assert.equal((await socket.closed)[0], 1006);
});

test('closing tells each subscription where to go on, and closes with a code', async () => {
  const served = await serveHost();
  const asked = GraphqlClient.overHttp(`${served.url}/graphql`);
  await asked.data('mutation { createSws { sws { id } } }');
  const socket = new RawSocket('main', undefined, served.port);
  await socket.open();
  socket.send({ id: 'a', type: 'subscribe', payload: { query: REWRITES } });
  socket.send({ type: 'ping' });
  await socket.until(({ type }) => type === 'pong');
  await asked.data(WRITE, { meta: 0 });
  await socket.until(({ id }) => id === 'a');
  await served[Symbol.asyncDispose]();
  assert.deepEqual(await socket.closed, [4503, 'SHUTTING_DOWN']);
  const [, end, ...others] = socket.messages.filter(({ id }) => id === 'a');
  assert.ok(end !== undefined);
  assert.deepEqual([end.type, others], ['error', []]);
  const [error] = end.payload as { extensions: Record<string, string> }[];
  assert.deepEqual([error?.extensions['reason'], error?.extensions['after']], ['SHUTTING_DOWN', '0']);
});
