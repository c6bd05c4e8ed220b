import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { ask, reasonOf } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { STREAMS_MAX, type Overview } from './overview.ts';
import { WorldMonitor } from './world-monitor.ts';

const WRITE =
  'mutation { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}, {op: "AddNode", data: {kind: "l"}}]}) { accepted } }';

test('a monitor counts the events of the last ten seconds', async () => {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  let nowMs = 5000;
  const monitor = new WorldMonitor(world, () => nowMs);
  assert.equal(monitor.status().eventsPerSecond, 0);
  for (let i = 0; i < 20; i++) await client.data('mutation { createSws { sws { id } } }');
  nowMs += 1000;
  assert.equal(monitor.status().eventsPerSecond, 20);
  nowMs += 4000;
  assert.equal(monitor.status().eventsPerSecond, 4);
  nowMs += 60_000;
  assert.equal(monitor.status().eventsPerSecond, 0);
  monitor.close();
  await client.data('mutation { createSws { sws { id } } }');
  assert.equal(monitor.status().eventsPerSecond, 0);
  await world.close();
});

test('a monitor knows the last 20 rewrites, those from before it was made too, newest first', async () => {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  await client.data('mutation { a: createSws { sws { id } } b: createSws { sws { id } } }');
  for (let i = 0; i < 12; i++) await client.data(WRITE);
  const monitor = new WorldMonitor(world);
  await monitor.ready;
  assert.deepEqual(
    monitor.lastRewrites().map(({ rewriteIdx }) => rewriteIdx),
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  );
  for (let i = 0; i < 10; i++) await client.data(WRITE);
  await client.data(
    'mutation { collapseSws(input: {swsId: 0}) { committed } discardSws(input: {swsId: 1}) { discarded } }',
  );
  const rewrites = monitor.lastRewrites();
  assert.deepEqual(
    rewrites.map(({ rewriteIdx }) => rewriteIdx),
    Array.from({ length: 20 }, (_, i) => 23 - i),
  );
  assert.deepEqual(rewrites.slice(0, 3), [
    { rewriteIdx: 23, idx: 26, kind: 'DISCARD', view: 'sws:1', opCount: 0, ops: {}, outcome: 'discarded' },
    { rewriteIdx: 22, idx: 25, kind: 'COLLAPSE', view: 'sws:0', opCount: 0, ops: {}, outcome: 'forward' },
    { rewriteIdx: 21, idx: 24, kind: 'REWRITE_APPLIED', view: 'sws:0', opCount: 2, ops: { AddNode: 2 }, outcome: null },
  ]);
  await client.data('mutation { a: createSws { sws { id } } b: createSws(input: {from: 2}) { sws { id } } }');
  await client.data(
    'mutation { a: collapseBatch(input: {swsIds: [3]}) { id } b: collapseBatch(input: {swsIds: [2]}) { id } }',
  );
  assert.deepEqual(
    monitor
      .lastRewrites()
      .slice(0, 2)
      .map(({ kind, view, outcome }) => [kind, view, outcome]),
    [
      ['COLLAPSE_BATCH', 'system', 'merged'],
      ['COLLAPSE_BATCH', 'sws:2', 'merged'],
    ],
  );
  await world.close();
});

/** Reads a stream of events. */
class EventReader {
  readonly #answer: IncomingMessage;
  readonly ended: Promise<void>;
  #text = '';

  constructor(answer: IncomingMessage) {
    this.#answer = answer;
    this.ended = new Promise((resolve) => answer.on('close', () => resolve()));
    answer.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
  }

  static open(port: number, path: string): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, agent: false }, (answer) => resolve(new EventReader(answer))).on(
        'error',
        reject,
      );
    });
  }

  get status(): number {
    return this.#answer.statusCode ?? 0;
  }

  get type(): string {
    return this.#answer.headers['content-type'] ?? '';
  }

  /** The first overview from now on that fits. */
  async until(fits: (overview: Overview) => boolean): Promise<Overview> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) await new Promise((resolve) => this.#answer.once('data', resolve));
      else {
        const [, data = ''] = /^event: overview\ndata: (.*)$/.exec(this.#text.slice(0, end)) ?? [];
        this.#text = this.#text.slice(end + 2);
        const overview = data === '' ? undefined : (JSON.parse(data) as Overview);
        if (overview !== undefined && fits(overview)) return overview;
      }
    }
  }

  close(): void {
    this.#answer.destroy();
  }
}

test('the stream tells at once how it is, and then of every change', async () => {
  await using served = await serveHost();
  const client = GraphqlClient.overHttp(`${served.url}/graphql`);
  const reader = await EventReader.open(served.port, '/v1/overview/stream');
  assert.deepEqual([reader.status, reader.type], [200, 'text/event-stream; charset=utf-8']);
  const first = await reader.until(() => true);
  assert.deepEqual([first.world, first.rewrites, first.worlds.map(({ idx }) => idx)], ['main', [], [0]]);
  await client.data('mutation { createSws { sws { id } } }');
  await client.data(WRITE);
  const written = await reader.until(({ rewrites }) => rewrites.length === 1);
  assert.equal(written.worlds[0]?.idx, 2);
  assert.deepEqual(
    (JSON.parse((await ask({ port: served.port, path: '/v1/overview' })).body) as Overview).rewrites,
    written.rewrites,
  );
  await served.host.createWorld('later');
  const grown = await reader.until(({ worlds }) => worlds.length === 2);
  assert.deepEqual(
    grown.worlds.map(({ name }) => name),
    ['later', 'main'],
  );
  reader.close();
});

test('a stream is of the world that was asked for, else of the one with the longest history', async () => {
  await using served = await serveHost();
  await served.host.createWorld('busy');
  await GraphqlClient.overHttp(`${served.url}/w/busy/graphql`).data('mutation { createSws { sws { id } } }');
  const overview = async (query: string): Promise<string> =>
    (JSON.parse((await ask({ port: served.port, path: `/v1/overview${query}` })).body) as Overview).world;
  assert.equal(await overview(''), 'busy');
  assert.equal(await overview('?world=main'), 'main');
  const reader = await EventReader.open(served.port, '/v1/overview/stream?world=main');
  assert.equal((await reader.until(() => true)).world, 'main');
  reader.close();
  const missing = await ask({ port: served.port, path: '/v1/overview/stream?world=none' });
  assert.deepEqual([missing.status, reasonOf(missing)], [404, 'WORLD_NOT_FOUND world']);
  const twice = await ask({ port: served.port, path: '/v1/overview?world=a&world=b' });
  assert.deepEqual([twice.status, reasonOf(twice)], [422, 'FORMAT_INVALID world']);
});

test('streams are bounded, room is made when one ends, and closing ends them all', async () => {
  const served = await serveHost();
  const open = (): Promise<EventReader> => EventReader.open(served.port, '/v1/overview/stream');
  const readers = await Promise.all(Array.from({ length: STREAMS_MAX }, open));
  assert.ok(readers.every(({ status }) => status === 200));
  const over = await ask({ port: served.port, path: '/v1/overview/stream' });
  assert.deepEqual([over.status, reasonOf(over)], [503, 'OVERLOADED']);
  readers[0]?.close();
  await readers[0]?.ended;
  // The server hears of it a moment later than we do.
  let again = await open();
  while (again.status !== 200) again = await open();
  await served.server.close();
  await Promise.all([...readers, again].map(({ ended }) => ended));
  await served[Symbol.asyncDispose]();
});
