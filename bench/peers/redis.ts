/**
 * Redis over TCP: a row is an entry of a stream, and `appendfsync always` has it synced before it is answered. All rows in
 * flight share one connection, whose commands go out together, which is its fast way.
 */
import { freePort, startProgram } from '../harness/server-process.ts';
import type { OpenServedStore } from '../workloads/served-append.ts';
import { importPeer } from './import-peer.ts';

interface Client {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
  destroy(): void;
}

interface RedisClient {
  readonly createClient: (options: { readonly socket: { readonly host: string; readonly port: number } }) => Client;
}

export const openServedStore: OpenServedStore = async (dir) => {
  const { createClient } = await importPeer<RedisClient>('@redis/client');
  const port = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port,
    dir,
    save: '', // no snapshots: the file of commands is its log
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const server = await startProgram({
    command: 'redis-server',
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    endSignal: 'SIGKILL', // its data is thrown away
    isReady: (said) => said.includes('Ready to accept connections'),
  });
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  client.on('error', () => undefined); // the command in question is told
  await client.connect();
  return {
    pid: server.pid,
    append: async (row) => {
      await client.sendCommand(['XADD', 'log', '*', 'row', Buffer.from(row.buffer, row.byteOffset, row.length)]);
    },
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
};
