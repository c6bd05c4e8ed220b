/** A process that asks one thing as fast as it is answered, over many connections; started by `workloads/flood.ts`. */
import { connect, type Socket } from 'node:net';

export interface FloodRequest {
  readonly url: string;
  readonly connectionCount: number;
  readonly body: string;
  /** Of `two-principals.ts`. */
  readonly principal: string;
}

let isGoing = false;
let request: Buffer = Buffer.alloc(0);
const sockets: Socket[] = [];

async function begin({ url, connectionCount, body, principal }: FloodRequest): Promise<void> {
  const { host, hostname, port, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    `authorization: ${principal}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  request = Buffer.from(`${head}\r\n\r\n${body}`);
  for (let i = 0; i < connectionCount; i++) {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    // An answer is small, and comes whole.
    socket.on('data', () => {
      if (isGoing) socket.write(request);
    });
    sockets.push(await new Promise<Socket>((resolve) => socket.once('connect', () => resolve(socket))));
  }
}

process.on('message', (message: FloodRequest | 'go' | 'stop') => {
  if (message === 'go') {
    isGoing = true;
    for (const socket of sockets) socket.write(request);
  } else if (message === 'stop') {
    isGoing = false;
    process.send?.('stopped');
  } else void begin(message).then(() => process.send?.('ready'));
});
process.on('disconnect', () => process.exit());
