/**
 * The floor under every durable append over a socket: takes rows of one size over TCP, writes all that came in one turn
 * of its event loop as `bare-append.ts` does, and answers each with a byte. Prints its port.
 *
 *     node bare-append-server.ts <folder> <row size in bytes>
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { openAppendStore } from './bare-append.ts';

const [dir = '', size = ''] = process.argv.slice(2);
const rowSizeBytes = Number(size);
const store = await openAppendStore(dir);
let waiting: { readonly row: Uint8Array; readonly socket: Socket }[] = [];

function keepAll(): void {
  const kept = waiting;
  waiting = [];
  void store.append(kept.map(({ row }) => row)); // it is synchronous
  for (const { socket } of kept) socket.write('.');
}

const server = createServer({ noDelay: true }, (socket) => {
  let received: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    for (; received.length >= rowSizeBytes; received = received.subarray(rowSizeBytes)) {
      waiting.push({ row: received.subarray(0, rowSizeBytes), socket });
      if (waiting.length === 1) setImmediate(keepAll);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`); // it listens on a port, not on a path
});
