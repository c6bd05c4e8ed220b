import assert from 'node:assert/strict';
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { test } from 'node:test';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import { BODIES_SIZE_BYTES_MAX, BodyIntake } from './body-intake.ts';

const LIMIT = 16_777_216;
const QUERY = JSON.stringify({ query: '{ kernelInfo { version } }' });

interface Sender {
  readonly send: (sizeBytes: number) => void;
  readonly end: () => void;
  readonly answer: () => void;
  /** Settled with `whole` or the reason. */
  readonly outcome: Promise<string>;
}

function begin(intake: BodyIntake, headers: IncomingMessage['headers'] = {}): Sender {
  const request = new IncomingMessage(new Socket());
  request.headers = headers;
  const response = new ServerResponse(request);
  const received = intake.receive({ request, response, sizeBytesMax: LIMIT });
  const outcome = received.then(
    () => 'whole',
    (error: unknown) => String((error as { reason?: unknown }).reason), // a failure has one
  );
  return {
    send: (sizeBytes) => void request.emit('data', Buffer.alloc(sizeBytes)),
    end: () => void request.emit('end'),
    answer: () => void response.emit('close'),
    outcome,
  };
}

test('a body costs what has arrived, and its room is free again once it is answered', async () => {
  const intake = new BodyIntake({ windowMs: 20_000 });
  const stalled = Array.from({ length: 100 }, () => begin(intake, { 'transfer-encoding': 'chunked' }));
  const declared = Array.from({ length: 100 }, () => begin(intake, { 'content-length': String(LIMIT) }));
  const full = Array.from({ length: BODIES_SIZE_BYTES_MAX / LIMIT }, () => begin(intake));
  for (const sender of full) sender.send(LIMIT);
  const late = begin(intake);
  late.send(1);
  assert.equal(await late.outcome, 'OVERLOADED');
  late.answer();
  full[0]?.end();
  assert.equal(await full[0]?.outcome, 'whole');
  const stillLate = begin(intake);
  stillLate.send(1);
  assert.equal(await stillLate.outcome, 'OVERLOADED', 'what is not answered yet is held');
  full[0]?.answer();
  const next = begin(intake);
  next.send(LIMIT);
  next.end();
  assert.equal(await next.outcome, 'whole');
  for (const sender of [...stalled, ...declared, ...full]) sender.end();
  for (const { outcome } of [...stalled, ...declared, ...full]) assert.equal(await outcome, 'whole');
});

test('a body is as large as it may be, and no larger', async () => {
  const intake = new BodyIntake({ windowMs: 20_000 });
  const growing = begin(intake, { 'transfer-encoding': 'chunked' });
  growing.send(LIMIT);
  growing.send(1);
  assert.equal(await growing.outcome, 'REQUEST_TOO_LARGE');
  assert.equal(await begin(intake, { 'content-length': String(LIMIT + 1) }).outcome, 'REQUEST_TOO_LARGE');
});

/** A POST whose body is begun and never ended; `heard` is all that comes back until the connection ends. */
async function beginBody(
  served: ServedHost,
  framing: string,
  body: string,
): Promise<{ heard: Promise<string>; socket: Socket }> {
  const socket = connect({ host: '127.0.0.1', port: served.port });
  await once(socket, 'connect');
  const host = `host: 127.0.0.1:${served.port}`;
  socket.write(`POST /graphql HTTP/1.1\r\n${host}\r\ncontent-type: application/json\r\n${framing}\r\n\r\n${body}`);
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.on('error', () => undefined);
  return { heard: once(socket, 'close').then(() => heard), socket };
}

test('bodies that stall are given up, and keep nobody out while they last', async () => {
  await using served = await serveHost({ timeouts: { bodyWindowMs: 1000 } });
  const chunked = 'transfer-encoding: chunked';
  const begun = [
    ...Array.from({ length: 20 }, () => beginBody(served, chunked, '5\r\n{"que\r\n')),
    ...Array.from({ length: 20 }, () => beginBody(served, `content-length: ${LIMIT}`, '{"que')),
  ];
  const slow = await Promise.all(begun);
  const large = JSON.stringify({ query: `{ kernelInfo { version } } #${'x'.repeat(100_000)}` });
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const request = { port: served.port, method: 'POST', path: '/graphql', body: large };
    const answer = await ask({ ...request, headers: { 'content-type': 'application/json', ...headers } });
    assert.match(answer.body, /"kernelInfo"/);
  }
  for (const { heard } of slow) {
    assert.match(
      await heard,
      /^HTTP\/1\.1 408 [^]*connection: close[^]*"reason":"REQUEST_TIMED_OUT"[^]*"place":"body"/,
    );
  }
});

test('a body that trickles is given up, one that keeps its rate is not', async () => {
  await using served = await serveHost({ timeouts: { bodyWindowMs: 500 } });
  const trickling = await beginBody(served, 'content-length: 10000', '');
  const flowing = await beginBody(served, 'transfer-encoding: chunked', '');
  const piece = `8000\r\n${' '.repeat(0x8000)}\r\n`;
  let sent = 0;
  const pump = setInterval(() => {
    trickling.socket.write(' ');
    sent += 1;
    if (sent < 12) flowing.socket.write(piece);
    if (sent === 12) flowing.socket.end(`${QUERY.length.toString(16)}\r\n${QUERY}\r\n0\r\n\r\n`);
  }, 100);
  assert.match(await trickling.heard, /"reason":"REQUEST_TIMED_OUT"/);
  assert.match(await flowing.heard, /"kernelInfo"/);
  clearInterval(pump);
});

test('a connection on which nothing is sent is closed', async () => {
  await using served = await serveHost({ timeouts: { silenceMs: 300 } });
  const start = performance.now();
  const socket = connect({ host: '127.0.0.1', port: served.port });
  socket.resume();
  await once(socket, 'close');
  // Node itself would give up waiting for headers after ten seconds.
  assert.ok(performance.now() - start < 8000);
});
