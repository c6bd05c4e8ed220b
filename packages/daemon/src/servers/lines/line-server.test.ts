import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { spawn } from 'node:child_process';
import { LineClient, type LineAnswer } from '@jitos/testkit/servers/line-client.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';
import { GraphqlExecutor } from '../graphql/execute.ts';
import { goodAnswer } from '../plain/envelope.ts';
import { lineAnswerer } from './answer-line.ts';
import { LINE_SIZE_BYTES_MAX, LINES_UNDER_WAY_MAX, type AnswerLine } from './line-connection.ts';
import { LineServer } from './line-server.ts';

const failOnBug = (error: unknown): never => {
  throw error;
};

interface Served extends AsyncDisposable {
  readonly path: string;
  readonly host: Host;
  readonly server: LineServer;
}

async function serve(): Promise<Served> {
  const folder = makeTempFolder();
  const path = join(folder.path, 'jitos.sock');
  const host = await Host.open({ dataDir: join(folder.path, 'data') });
  const executor = new GraphqlExecutor({ onBug: failOnBug });
  const answer = lineAnswerer({ host, executor, principal: LOCAL_PRINCIPAL });
  const server = await LineServer.listen({ path, answer, onBug: failOnBug });
  return {
    path,
    host,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await host.close();
      folder.remove();
    },
  };
}

const refusal = (answer: LineAnswer | undefined): string => `${answer?.error?.reason} ${answer?.error?.place}`.trim();
const create = (id: unknown): object => ({ id, command: { command: 'createSws' } });

test('commands and queries are answered by their ids, in the worlds that they name', async () => {
  await using served = await serve();
  await served.host.createWorld('lab');
  await using client = await LineClient.connect(served.path);
  client.send(
    create(1),
    { id: 'a', graphql: { query: 'query($id: ID!) { sws(id: $id) { state } }', variables: { id: '0' } } },
    { id: 2, world: 'lab', command: { command: 'createSws', meta: 'm' } },
    { id: 3, graphql: { query: '{ sws(id: "7") { id } kernelInfo { tick } }' } },
    { id: 4, graphql: { query: '{' } },
    { id: 5, world: 'none', graphql: { query: '{ kernelInfo { tick } }' } },
  );
  const answers = await client.take(6);
  assert.deepEqual(answers.get(1)?.result?.['event'], { id: '1', kind: 'SWS_CREATED' });
  assert.deepEqual(answers.get(2)?.result?.['event'], { id: '1', kind: 'SWS_CREATED' });
  assert.ok(answers.get('a')?.ok);
  assert.deepEqual(answers.get(3)?.result?.['data'], { sws: null, kernelInfo: { tick: '0' } });
  assert.equal(refusal(answers.get(4)), 'GRAPHQL_INVALID query:1:2');
  assert.equal(refusal(answers.get(5)), 'WORLD_NOT_FOUND world');
});

test('commands are decided in the order of their lines, however these are cut up', async () => {
  await using served = await serve();
  await using client = await LineClient.connect(served.path);
  const view = { kind: 'SWS', swsId: 0 };
  const write = (v: number): object => ({ op: 'PutNode', data: { kind: 'file', key: 'ä', set: { v } } });
  const requests = [
    create(0),
    ...Array.from({ length: 200 }, (_, i) => ({
      id: i + 1,
      command: { command: 'applyRewrite', view, ops: [write(i)] },
    })),
  ];
  const bytes = Buffer.from(requests.map((request) => `${JSON.stringify(request)}\r\n\n`).join(''));
  for (let at = 0; at < bytes.length; at += 137) client.socket.write(bytes.subarray(at, at + 137));
  const answers = await client.take(201);
  for (const { id } of requests as { id: number }[]) {
    assert.deepEqual(answers.get(id)?.result?.['event'], {
      id: String(id + 1),
      kind: id === 0 ? 'SWS_CREATED' : 'REWRITE_APPLIED',
    });
  }
});

test('a bad line is answered, and the next one is taken', async () => {
  await using served = await serve();
  await using client = await LineClient.connect(served.path);
  const bad: readonly (readonly [line: object | string, answer: string, id: LineAnswer['id']])[] = [
    ['nonsense', 'BODY_MALFORMED', null],
    ['[]', 'FORMAT_INVALID', null],
    ['7', 'FORMAT_INVALID', null],
    ['[[['.repeat(100_000), 'BODY_MALFORMED', null],
    [{ command: {} }, 'FORMAT_INVALID id', null],
    [{ id: { a: 1 }, command: {} }, 'FORMAT_INVALID id', null],
    [{ id: 1.5, command: {} }, 'FORMAT_INVALID id', null],
    [{ id: 'x'.repeat(257), command: {} }, 'FORMAT_INVALID id', null],
    [{ id: 1 }, 'FORMAT_INVALID command', 1],
    [{ id: 1, command: {}, graphql: {} }, 'FORMAT_INVALID command', 1],
    [{ id: 1, command: [] }, 'FORMAT_INVALID', 1],
    [{ id: 1, command: { command: 'x' } }, 'COMMAND_UNKNOWN command', 1],
    [{ id: 1, world: null, command: {} }, 'FORMAT_INVALID world', 1],
    [{ id: 1, principal: 'world', command: {} }, 'FIELD_UNKNOWN principal', 1],
    ['{"id": 1, "__proto__": {"command": {}}}', 'FIELD_UNKNOWN __proto__', 1],
    [{ id: 1, graphql: 'query' }, 'BODY_MALFORMED', 1],
    [{ id: 1, graphql: { query: 'subscription { ticks { id } }' } }, 'GRAPHQL_INVALID query', 1],
  ];
  for (const [line, reason, id] of bad) {
    client.send(line);
    const answer = await client.next();
    assert.deepEqual([refusal(answer), answer?.id], [reason, id], JSON.stringify(line).slice(0, 80));
  }
  client.socket.write(Buffer.from('{"id":1,"\xff":1}\n', 'latin1'));
  assert.equal(refusal(await client.next()), 'BODY_MALFORMED');
  client.send(create('last'));
  assert.equal((await client.next())?.ok, true);
  assert.equal(served.host.mustGetWorld('main').loop.world.history.size, 2, 'nothing else was written');
});

test('a line that is too long is told of once it ends, and costs no more than others', async () => {
  await using served = await serve();
  await using client = await LineClient.connect(served.path);
  const piece = Buffer.alloc(1_048_576, 'x');
  for (let size = 0; size <= LINE_SIZE_BYTES_MAX; size += piece.length) {
    if (!client.socket.write(piece)) await once(client.socket, 'drain');
  }
  client.send('', create(1));
  assert.equal(refusal(await client.next()), 'REQUEST_TOO_LARGE');
  assert.equal((await client.next())?.ok, true);
});

test('what ends without a newline is a line, and its answer comes before the end', async () => {
  await using served = await serve();
  await using client = await LineClient.connect(served.path);
  client.socket.end(JSON.stringify(create(1)));
  assert.equal((await client.next())?.ok, true);
  assert.equal(await client.next(), undefined);
});

/** A server whose requests are answered when the test says so. */
async function serveSlowly(): Promise<Served & { readonly begun: (() => void)[]; readonly signals: AbortSignal[] }> {
  const folder = makeTempFolder();
  const path = join(folder.path, 'jitos.sock');
  const begun: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const answer: AnswerLine = async (_, signal) => {
    signals.push(signal);
    await new Promise<void>((resolve) => begun.push(resolve));
    return goodAnswer('x'.repeat(100_000));
  };
  const server = await LineServer.listen({ path, answer, onBug: failOnBug });
  const close = async (): Promise<void> => {
    await server.close();
    folder.remove();
  };
  return { path, server, begun, signals, host: undefined as unknown as Host, [Symbol.asyncDispose]: close };
}

/** What does not come about is told, not waited for without end. */
async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < end, `it never is so: ${isSo.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('so many requests are under way at once, and no more are begun before one is answered', async () => {
  await using served = await serveSlowly();
  await using client = await LineClient.connect(served.path);
  const count = LINES_UNDER_WAY_MAX * 3;
  client.send(...Array.from({ length: count }, (_, i) => create(i)));
  await until(() => served.begun.length === LINES_UNDER_WAY_MAX);
  served.begun[5]!();
  assert.equal((await client.next())?.id, 5, 'answers leave as they are there');
  await until(() => served.begun.length === LINES_UNDER_WAY_MAX + 1);
  for (let i = 0; i < count; i++) {
    await until(() => served.begun.length > i);
    served.begun[i]!();
  }
  assert.equal((await client.take(count - 1)).size, count - 1);
});

test('a client that takes no answers is not read on, and its going ends what nobody waits for', async () => {
  await using served = await serveSlowly();
  const client = await LineClient.connect(served.path);
  client.socket.pause();
  const lines = Array.from({ length: 64 }, (_, i) => create(i));
  client.send(...lines);
  await until(() => served.begun.length === 64);
  for (const finish of served.begun.splice(0)) finish();
  client.send(...lines);
  const line = `${JSON.stringify({ id: 1, command: { x: 'x'.repeat(60_000) } })}\n`;
  let sent = 0;
  // What is written stays with the sender once nobody reads.
  while (client.socket.write(line) && sent < 1000) sent += 1;
  assert.ok(sent < 1000);
  assert.ok(served.begun.length < 64);
  await client[Symbol.asyncDispose]();
  await until(() => served.signals.every(({ aborted }) => aborted));
  for (const finish of served.begun) finish();
});

test('closing answers what is under way, begins nothing more, and takes the file away', async () => {
  await using served = await serveSlowly();
  await using client = await LineClient.connect(served.path);
  client.send(create(1));
  await until(() => served.begun.length === 1);
  const closed = served.server.close();
  client.send(create(2));
  served.begun[0]!();
  assert.equal((await client.next())?.id, 1);
  assert.equal(await client.next(), undefined);
  await closed;
  assert.equal(served.begun.length, 1);
  assert.equal(existsSync(served.path), false);
  await assert.rejects(LineClient.connect(served.path), { code: 'ENOENT' });
});

test('the file is its owner’s alone from the start, whatever the umask is', async () => {
  const umask = process.umask(0);
  try {
    await using served = await serve();
    assert.equal(statSync(served.path).mode & 0o777, 0o600);
  } finally {
    assert.equal(process.umask(umask), 0);
  }
});

test('what a killed daemon left is replaced, and nothing else is', async () => {
  const folder = makeTempFolder();
  const answer: AnswerLine = () => Promise.reject(new Error('nobody asks'));
  const listen = (path: string): Promise<LineServer> => LineServer.listen({ path, answer, onBug: failOnBug });
  const place = (name: string): string => join(folder.path, name);

  const program = `require('node:net').createServer().listen(${JSON.stringify(place('stale'))}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', program]), 'exit');
  assert.ok(statSync(place('stale')).isSocket());
  await (await listen(place('stale'))).close();

  const other = createServer().listen(place('taken'));
  await once(other, 'listening');
  await assert.rejects(listen(place('taken')), { reason: 'ADDRESS_IN_USE' });
  assert.ok(other.listening && statSync(place('taken')).isSocket());
  other.close();

  writeFileSync(place('file'), 'mine');
  symlinkSync(place('file'), place('link'));
  mkdirSync(place('folder'));
  for (const name of ['file', 'link', 'folder']) {
    await assert.rejects(listen(place(name)), { reason: 'ADDRESS_INVALID', place: place(name) });
    assert.ok(existsSync(place(name)));
  }
  await assert.rejects(listen(place('none/x')), { reason: 'ADDRESS_INVALID' });
  await assert.rejects(listen(place('x'.repeat(200))), (error: Error) =>
    /at most 10\d bytes, not 2\d\d/.test(error.message),
  );
  chmodSync(place('folder'), 0o700);
  folder.remove();
});
