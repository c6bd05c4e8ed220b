import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { ask, reasonOf } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { SseClient, streamPath, type SseEvent } from '@jitos/testkit/servers/sse-client.ts';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';

const shared = await serveHost();
after(() => shared[Symbol.asyncDispose]());
const { port, url, host } = shared;

const REWRITES = 'subscription { rewrites(view: {kind: SWS, swsId: 0}) { id idx ops meta view { swsId } } }';

async function worldOf(name: string): Promise<GraphqlClient> {
  await host.createWorld(name);
  const client = GraphqlClient.overHttp(`${url}/w/${name}/graphql`);
  await client.data('mutation { createSws { sws { id } } }');
  return client;
}

function write(client: GraphqlClient, mark: unknown, swsId = 0): Promise<unknown> {
  return client.data(
    `mutation ($meta: JSON) { applyRewrite(view: {kind: SWS, swsId: ${swsId}}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}], meta: $meta}) { accepted } }`,
    { meta: mark },
  );
}

function open(world: string, query = REWRITES, headers: Record<string, string> = {}): Promise<SseClient> {
  return SseClient.open({ port, path: streamPath(query, world), headers });
}

function marksOf(events: readonly SseEvent[]): unknown[] {
  return events.map(({ data }) => (JSON.parse(data) as { data: { rewrites: { meta: unknown } } }).data.rewrites.meta);
}

test('a stream begins with its position, tells each rewrite of its view alone, and completes with the workspace', async () => {
  const client = await worldOf('one');
  await client.data('mutation { createSws { sws { id } } }');
  await write(client, 'before');
  const stream = await open('one');
  assert.deepEqual([stream.status, stream.answer.headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
  assert.equal(await stream.begin(), '0');
  await write(client, 'elsewhere', 1);
  await write(client, 'here');
  const event = await stream.next();
  assert.deepEqual([event?.id, event?.event], ['2', 'next']);
  const queried = await client.data<{ rewrites: unknown[] }>(
    '{ rewrites(view: {kind: SWS, swsId: 0}, page: {after: "0"}) { id idx ops meta view { swsId } } }',
  );
  assert.deepEqual(JSON.parse(event?.data ?? ''), { data: { rewrites: queried.rewrites[0] } });
  await client.data('mutation { discardSws(input: {swsId: 0}) { discarded } }');
  assert.deepEqual(
    (await stream.take(9)).map(({ id, event: name }) => [id, name]),
    [
      ['3', 'next'],
      ['3', 'complete'],
    ],
  );
});

test('a stream goes on behind `after`, or behind Last-Event-ID, which counts more; -1 is before the first', async () => {
  const client = await worldOf('two');
  for (let i = 0; i < 200; i++) await write(client, i);
  const all = Array.from({ length: 200 }, (_, i) => i);
  const from = async (argument: string, headers?: Record<string, string>): Promise<unknown[]> => {
    const stream = await open('two', REWRITES.replace('0})', `0}, after: ${argument})`), headers);
    const start = Number(await stream.begin());
    const marks = marksOf(await stream.take(199 - start));
    stream.cutOff();
    return marks;
  };
  assert.deepEqual(await from('-1'), all);
  assert.deepEqual(await from('"150"'), all.slice(151));
  assert.deepEqual(await from('3', { 'last-event-id': '190' }), all.slice(191));
});

test('System has the rewrites of collapses, ticks have theirs', async () => {
  const client = await worldOf('three');
  const system = await open('three', 'subscription { rewrites(view: {kind: SYSTEM}) { idx view { kind } ops } }');
  const ticks = await open('three', 'subscription { ticks { id tick ticks at meta } }');
  await Promise.all([system.begin(), ticks.begin()]);
  await write(client, 'x');
  const { loop } = host.mustGetWorld('three');
  const { idx } = (await loop.submit({
    type: 'advanceClock',
    principal: LOCAL_PRINCIPAL,
    requestId: null,
    validUntil: null,
    ticks: 5,
    wallMs: 0,
    meta: null,
  })) as { idx: number };
  await client.data('mutation { collapseSws(input: {swsId: 0}) { committed } }');
  const [collapse] = await system.take(1);
  assert.equal((JSON.parse(collapse?.data ?? '') as { data: { rewrites: { idx: string } } }).data.rewrites.idx, '1');
  const [tick] = await ticks.take(1);
  assert.deepEqual(JSON.parse(tick?.data ?? ''), {
    data: { ticks: { id: String(idx), tick: '5', ticks: '5', at: null, meta: null } },
  });
  assert.equal(tick?.id, String(idx));
  ticks.cutOff();
  const again = await open('three', 'subscription { ticks(after: -1) { tick } }');
  assert.deepEqual(JSON.parse((await again.next())?.data ?? ''), { data: { ticks: { tick: '5' } } });
  for (const stream of [system, again]) stream.cutOff();
});

test('what can not be followed is refused with its status, and nothing begins', async () => {
  await worldOf('four');
  const refused = async (query: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const answer = await ask({ port, path: streamPath(query, 'four'), headers });
    const [error] = (JSON.parse(answer.body) as { errors: { extensions: { reason: string; place: string } }[] }).errors;
    return [answer.status, error?.extensions.reason, error?.extensions.place];
  };
  const of = (view: string, args = ''): string => `subscription { rewrites(view: {${view}}${args}) { idx } }`;
  assert.deepEqual(await refused(of('kind: SWS, swsId: 7')), [404, 'WORKSPACE_NOT_FOUND', 'view.swsId']);
  assert.deepEqual(await refused(of('kind: SWS')), [422, 'VIEW_INVALID', 'view.swsId']);
  assert.deepEqual(await refused(of('kind: SYSTEM', ', after: "-2"')), [422, 'ID_INVALID', 'after']);
  assert.deepEqual(await refused(of('kind: SYSTEM', ', after: 0')), [404, 'EVENT_NOT_FOUND', 'after']);
  const later = { 'last-event-id': '1' };
  assert.deepEqual(await refused(of('kind: SYSTEM'), later), [404, 'EVENT_NOT_FOUND', 'last-event-id']);
  assert.deepEqual(await refused('subscription { taskEvents { id } }'), [501, 'NOT_IMPLEMENTED', 'taskEvents']);
  assert.deepEqual(await refused('{ kernelInfo { version } }'), [400, 'GRAPHQL_INVALID', 'query']);
  assert.deepEqual(await refused('subscription { none }'), [400, 'GRAPHQL_INVALID', 'query:1:16']);
  const missing = await ask({ port, path: streamPath(REWRITES, 'none') });
  assert.deepEqual([missing.status, reasonOf(missing)], [404, 'WORLD_NOT_FOUND world']);
  const elsewhere = await ask({ port, path: streamPath(REWRITES), headers: { origin: 'http://evil.example' } });
  assert.deepEqual([elsewhere.status, reasonOf(elsewhere)], [403, 'ORIGIN_REFUSED origin']);
  assert.equal((await GraphqlClient.overHttp(`${url}/graphql`).refused(of('kind: SYSTEM'))).reason, 'GRAPHQL_INVALID');
});

test('readers are bounded, and closing tells each where to go on', async () => {
  const served = await serveHost({ live: { readersMax: 2 } });
  const client = GraphqlClient.overHttp(`${served.url}/graphql`);
  await client.data('mutation { createSws { sws { id } } }');
  const path = streamPath(REWRITES);
  const streams = [
    await SseClient.open({ port: served.port, path }),
    await SseClient.open({ port: served.port, path }),
  ];
  const over = await ask({ port: served.port, path });
  assert.deepEqual([over.status, reasonOf(over)], [503, 'OVERLOADED']);
  await write(client, 'x');
  for (const stream of streams) assert.equal((await stream.next())?.id, '0');
  await served[Symbol.asyncDispose]();
  for (const stream of streams) {
    const [end, ...others] = await stream.take(9);
    assert.deepEqual([end?.event, others], ['error', []]);
    const [error] = (JSON.parse(end?.data ?? '') as { errors: { extensions: Record<string, string> }[] }).errors;
    assert.deepEqual([error?.extensions['reason'], error?.extensions['after']], ['SHUTTING_DOWN', '0']);
  }
});

test('a stream that is asked for behind another on one connection takes no place, and harms nobody', async () => {
  const bugs: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void bugs.push(line) });
  const served = await serveHost({ live: { readersMax: 2 }, logger });
  await GraphqlClient.overHttp(`${served.url}/graphql`).data('mutation { createSws { sws { id } } }');
  const asked = `GET ${streamPath(REWRITES)} HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\n\r\n`;
  const socket = connect({ host: '127.0.0.1', port: served.port }, () => socket.write(asked + asked));
  await new Promise((resolve) => socket.once('data', resolve));
  const other = await SseClient.open({ port: served.port, path: streamPath(REWRITES) });
  assert.deepEqual([other.status, await other.begin()], [200, '-1']);
  assert.deepEqual(bugs, []);
  socket.destroy();
  await served[Symbol.asyncDispose]();
});
