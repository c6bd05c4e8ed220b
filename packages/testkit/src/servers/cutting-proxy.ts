/** A way to a server on loopback that breaks as often as it is told to. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Connections so far. */
  readonly connectionCount: number;
  /** Breaks what is open. */
  cut(): void;
  /** Takes connections and breaks them at once, until it is told otherwise. */
  isDown: boolean;
}

export interface CuttingOptions {
  /** After how many bytes towards the client each connection breaks; asked once a connection. */
  readonly bytesUntilCut?: () => number;
}

/** To the server at `port`, which is told its own address as `Host`. */
export async function cuttingProxy(port: number, options: CuttingOptions = {}): Promise<CuttingProxy> {
  const { bytesUntilCut = () => Infinity } = options;
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    proxied.connectionCount += 1;
    if (proxied.isDown) {
      client.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    let left = bytesUntilCut();
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    // Ports of five digits, both: nothing moves.
    client.on('data', (piece: Buffer) => {
      server.write(Buffer.from(piece.toString('latin1').replaceAll(`127.0.0.1:${own}`, `127.0.0.1:${port}`), 'latin1'));
    });
    server.on('data', (piece: Buffer) => {
      client.write(piece.subarray(0, left));
      left -= piece.length;
      if (left <= 0) client.end(() => client.resetAndDestroy());
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port: own } = proxy.address() as AddressInfo; // it listens on TCP
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const proxied = {
    url: `http://127.0.0.1:${own}`,
    connectionCount: 0,
    isDown: false,
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
  return proxied;
}
