/**
 * The floor under every durable command over HTTP: parses each body, appends all that came in one turn of its event loop as
 * `bare-append.ts` does, and answers. Prints its address.
 *
 *     node bare-rewrites-server.ts <folder>
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openAppendStore } from './bare-append.ts';

const store = await openAppendStore(process.argv[2] ?? '');
let waiting: { readonly row: Uint8Array; readonly response: ServerResponse }[] = [];

function keepAll(): void {
  const kept = waiting;
  waiting = [];
  void store.append(kept.map(({ row }) => row)); // it is synchronous
  for (const { row, response } of kept) {
    const answer = JSON.stringify({ ok: true, result: { sizeBytes: row.length } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const row = Buffer.from(JSON.stringify(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
    waiting.push({ row, response });
    if (waiting.length === 1) setImmediate(keepAll);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`); // it listens on a port
});
