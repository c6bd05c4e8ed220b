/** Readers that are cut off, left behind, or too slow, while the world goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bytes } from '@jitos/kernel';
import { WebSocket } from 'ws';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { SseClient, streamPath } from '@jitos/testkit/servers/sse-client.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Dice } from '@jitos/testkit/world/dice.ts';
import type { Host } from '../../engine/host.ts';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';

const REWRITES = 'subscription ($after: ID) { rewrites(view: {kind: SWS, swsId: 0}, after: $after) { idx ops } }';
const FROM_FIRST = 'subscription { rewrites(view: {kind: SWS, swsId: 0}, after: -1) { idx ops } }';
const COMMAND = { principal: LOCAL_PRINCIPAL, requestId: null, validUntil: null, meta: null } as const;
/** More than a feed holds: those who come late begin in history. */
const REWRITE_COUNT = 9000;
const READERS = 6;
const TAKEN_AT_ONCE_MAX = 2000;

async function createSws(host: Host): Promise<void> {
  await host.mustGetWorld('main').loop.submit({ type: 'createWorkspace', from: null, ...COMMAND });
}

async function write(host: Host, count: number, payload: Bytes | null = null): Promise<void> {
  const { loop } = host.mustGetWorld('main');
  const ops = [{ op: 'AddNode', kind: 'k', payload, expect: null }] as const;
  await Promise.all(
    Array.from({ length: count }, () => loop.submit({ type: 'applyRewrite', view: 0, ops, ...COMMAND })),
  );
}

/** A daemon that is restarted now and then; readers ask it where it is. */
interface Place {
  port: number;
}

/** Reads some, is cut off, and comes again with what it had last, until it has all. Gives each idx in the order of arrival. */
async function readByStreams(place: Place, dice: Dice): Promise<number[]> {
  const heard: number[] = [];
  let lastId = '';
  while (heard.length < REWRITE_COUNT) {
    const headers: Record<string, string> = lastId === '' ? {} : { 'last-event-id': lastId };
    const stream = await SseClient.open({ port: place.port, path: streamPath(FROM_FIRST), headers }).catch(() => null);
    if (stream === null) {
      await anotherTurn();
      continue;
    }
    for (let left = dice.below(TAKEN_AT_ONCE_MAX); left > 0 && heard.length < REWRITE_COUNT; left--) {
      const event = await stream.next();
      if (event?.event !== 'next') break;
      heard.push(Number((JSON.parse(event.data) as { data: { rewrites: { idx: string } } }).data.rewrites.idx));
    }
    // A daemon that is stopping has refused the stream.
    lastId = stream.lastId || lastId;
    stream.cutOff();
  }
  return heard;
}

async function readBySockets(place: Place, dice: Dice): Promise<number[]> {
  const heard: number[] = [];
  while (heard.length < REWRITE_COUNT) {
    await new Promise<void>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${place.port}/graphql`, 'graphql-transport-ws');
      let left = dice.below(TAKEN_AT_ONCE_MAX);
      const payload = { query: REWRITES, variables: { after: heard.at(-1) ?? -1 } };
      socket.on('error', () => undefined);
      socket.on('close', () => setImmediate(resolve));
      socket.on('open', () => socket.send('{"type":"connection_init"}'));
      socket.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString('utf8')) as {
          type: string;
          payload: { data: { rewrites: { idx: string } } };
        };
        if (message.type === 'connection_ack') {
          return socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        }
        if (left > 0 && message.type === 'next') heard.push(Number(message.payload.data.rewrites.idx));
        left -= 1;
        if (left < 0 || heard.length === REWRITE_COUNT || message.type !== 'next') socket.terminate();
      });
    });
  }
  return heard;
}

function anotherTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('cut off anywhere, and over a restart, every reader gets each rewrite once and in order', async (context) => {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${seed}`);
  const dice = createRandom(seed);
  const folder = makeTempFolder();
  let served: ServedFolder = await serveFolder(folder.path);
  await createSws(served.host);
  const place = { port: Number(new URL(served.address).port) };
  const readers = Array.from({ length: READERS }, (_, i) => (i % 2 ? readByStreams : readBySockets)(place, dice));
  const restartAt = dice.below(REWRITE_COUNT);
  for (let done = 0; done < REWRITE_COUNT;) {
    const count = Math.min(1 + dice.below(200), REWRITE_COUNT - done);
    await write(served.host, count);
    if (done <= restartAt && done + count > restartAt) {
      await served.close();
      served = await serveFolder(folder.path);
      place.port = Number(new URL(served.address).port);
    }
    done += count;
  }
  const expected = Array.from({ length: REWRITE_COUNT }, (_, i) => i);
  const all = await Promise.all(readers);
  await served.close();
  folder.remove();
  for (const heard of all) assert.equal(firstDifference(heard, expected), undefined, `seed ${seed}`);
});

/** Without a report of thousands of lines. */
function firstDifference(a: readonly number[], b: readonly number[]): string | undefined {
  const at = a.findIndex((value, i) => value !== b[i]);
  if (at >= 0) return `${a[at]} instead of ${b[at]}`;
  return a.length === b.length ? undefined : `${a.length} instead of ${b.length} in all`;
}

/** Each fills a good part of what a socket takes before it is read. */
const LARGE = 'x'.repeat(100_000) as Bytes; // ASCII
const LARGE_COUNT = 400;

/** Writes until there is room for another reader: one of those who were there was ended. */
async function writeUntilRoom(host: Host, port: number): Promise<number> {
  for (let count = LARGE_COUNT; ; count += 20) {
    await write(host, count === LARGE_COUNT ? LARGE_COUNT : 20, LARGE);
    // Refused either way: for want of room, or because nothing has come as far.
    const { status } = await ask({ port, path: streamPath(FROM_FIRST.replace('-1', '99999999')) });
    if (status === 404) return count;
  }
}

test('a stream whose client does not read is ended, told where to go on, and holds up nobody', async () => {
  await using served = await serveHost({ live: { readersMax: 2, lagCountMax: 100 } });
  const { host, port } = served;
  await createSws(host);
  const fast = await SseClient.open({ port, path: streamPath(FROM_FIRST) });
  const slow = await SseClient.open({ port, path: streamPath(FROM_FIRST) });
  await slow.begin();
  const all = fast.take(LARGE_COUNT);
  const count = await writeUntilRoom(host, port);
  assert.deepEqual(
    (await all).map(({ id }) => Number(id)),
    Array.from({ length: LARGE_COUNT }, (_, i) => i),
  );
  const heard = await slow.take(count + 1);
  const end = heard.at(-1);
  assert.equal(end?.event, 'error');
  const [error] = (JSON.parse(end.data) as { errors: { extensions: Record<string, string> }[] }).errors;
  const after = heard.length - 2;
  assert.deepEqual([error?.extensions['reason'], error?.extensions['after']], ['SUBSCRIBER_TOO_SLOW', String(after)]);
  assert.equal(slow.lastId, String(after));
  const again = await SseClient.open({
    port,
    path: streamPath(FROM_FIRST),
    headers: { 'last-event-id': slow.lastId },
  });
  const rest = await again.take(count - heard.length + 1);
  assert.deepEqual(
    rest.map(({ id }) => Number(id)),
    Array.from({ length: count - after - 1 }, (_, i) => i + after + 1),
  );
  for (const stream of [fast, again]) stream.cutOff();
});

test('a WebSocket whose client does not read is closed with a code, and told where to go on', async () => {
  await using served = await serveHost({ live: { readersMax: 1, lagCountMax: 100 } });
  const { host, port } = served;
  await createSws(host);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  const messages: { type: string; payload: unknown }[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.on('open', resolve));
  const acknowledged = new Promise((resolve) => socket.once('message', resolve));
  socket.send('{"type":"connection_init"}');
  await acknowledged;
  socket.on('message', (data) => {
    messages.push(JSON.parse((data as Buffer).toString('utf8')) as { type: string; payload: unknown });
  });
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: FROM_FIRST } }));
  await write(host, 1);
  socket.pause();
  await writeUntilRoom(host, port);
  socket.resume();
  assert.equal(await closed, 4510);
  const end = messages.at(-1);
  assert.equal(end?.type, 'error');
  const [error] = end.payload as { extensions: Record<string, string> }[];
  assert.deepEqual(
    [error?.extensions['reason'], error?.extensions['after']],
    ['SUBSCRIBER_TOO_SLOW', String(messages.length - 2)],
  );
});
