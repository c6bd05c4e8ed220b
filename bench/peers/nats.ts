/**
 * NATS JetStream over TCP: a message of a stream in files, acknowledged. All messages in flight share one connection, as
 * its clients do. From 2.10 on it can sync each message, and is told to; before that it syncs every two minutes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProgram } from '../harness/server-process.ts';
import type { OpenServedStore } from '../workloads/served-append.ts';
import { importPeer } from './import-peer.ts';
import { natsSyncsAlways } from './nats-version.ts';

interface Connection {
  close(): Promise<void>;
}

interface Transport {
  readonly connect: (options: { readonly servers: string }) => Promise<Connection>;
}

interface JetStream {
  readonly jetstream: (connection: Connection) => { publish(subject: string, data: Uint8Array): Promise<unknown> };
  readonly jetstreamManager: (
    connection: Connection,
  ) => Promise<{ streams: { add(config: object): Promise<unknown> } }>;
}

const SUBJECT = 'log';

export const openServedStore: OpenServedStore = async (dir) => {
  const { connect } = await importPeer<Transport>('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await importPeer<JetStream>('@nats-io/jetstream');
  const port = await freePort();
  const syncs = natsSyncsAlways() ? ', sync_interval: always' : '';
  const config = join(dir, 'nats.conf');
  writeFileSync(config, `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(dir)}${syncs} }\n`);
  const server = await startProgram({
    command: 'nats-server',
    args: ['-c', config],
    endSignal: 'SIGKILL', // its data is thrown away
    isReady: (_, said) => said.includes('Server is ready'),
  });
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'log', subjects: [SUBJECT], storage: 'file' });
  const stream = jetstream(connection);
  return {
    pid: server.pid,
    append: async (row) => {
      await stream.publish(SUBJECT, row);
    },
    close: async () => {
      await connection.close();
      await server.close();
    },
  };
};
