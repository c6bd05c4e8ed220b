/** Rows in PostgreSQL over TCP through pg: a prepared insert, with a connection for each row in flight. */
import type { OpenServedStore } from '../workloads/served-append.ts';
import { FIRST_DATABASE, startPostgres, type Client } from './postgres-server.ts';

export const openServedStore: OpenServedStore = async (dir, { clientCount }) => {
  const server = await startPostgres(dir);
  const clients: Client[] = [];
  while (clients.length < clientCount) clients.push(await server.connect(FIRST_DATABASE));
  await clients[0]!.query('CREATE TABLE log (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, row bytea NOT NULL)');
  const idle = [...clients];
  return {
    pid: server.pid,
    append: async (row) => {
      const client = idle.pop()!; // no more rows are in flight than there are clients
      await client.query({ name: 'append', text: 'INSERT INTO log (row) VALUES ($1)', values: [row] });
      idle.push(client);
    },
    close: async () => {
      for (const client of clients) await client.end();
      await server.close();
    },
  };
};
