import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import { isLoopback, listen, PORT_DEFAULT, PORT_LAST } from './listen.ts';

async function close(...servers: Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

test('a port that was asked for is taken, or the caller is told that it can not be', async () => {
  const first = createServer();
  const second = createServer();
  const { port, url } = await listen(first, '127.0.0.1', 0);
  assert.equal(url, `http://127.0.0.1:${port}`);
  await assert.rejects(listen(second, '127.0.0.1', port), { reason: 'ADDRESS_IN_USE', place: `127.0.0.1:${port}` });
  // A refused server can still be used.
  const other = await listen(second, '127.0.0.1', 0);
  assert.notEqual(other.port, port);
  await close(first, second);
});

test('without one the first free port from the default on is taken', async () => {
  const servers = [createServer(), createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) ports.push((await listen(server, '127.0.0.1', null)).port);
  assert.deepEqual(
    ports,
    ports.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(ports).size, 3);
  assert.ok(ports.every((port) => port >= PORT_DEFAULT && port <= PORT_LAST));
  await close(...servers);
});

test('an address that is not of this machine is refused', async () => {
  const server = createServer();
  await assert.rejects(listen(server, '192.0.2.1', 0), { reason: 'ADDRESS_INVALID', place: '192.0.2.1:0' });
  await close(server);
});

test('loopback is told from what others can reach', () => {
  for (const name of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.equal(isLoopback(name), true, name);
  for (const name of ['0.0.0.0', '::', '192.168.1.5', '127.evil.example', '128.0.0.1'])
    assert.equal(isLoopback(name), false, name);
});
