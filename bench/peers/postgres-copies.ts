/** Overlays as PostgreSQL databases made from one template. */
import type { OpenOverlays } from '../workloads/open-overlays.ts';
import { forkTemplate, makeTemplate, writeOverlay } from './postgres-overlays.ts';
import { FIRST_DATABASE, startPostgres, type Client } from './postgres-server.ts';

export const openOverlays: OpenOverlays = async (dir, nodeCount) => {
  const server = await startPostgres(dir);
  await makeTemplate(server, nodeCount);
  const admin = await server.connect(FIRST_DATABASE);
  const nameOf = (number: number): string => `overlay_${number}`;
  const inOverlay = async <Result>(number: number, work: (client: Client) => Promise<Result>): Promise<Result> => {
    const client = await server.connect(nameOf(number));
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    create: (number) => forkTemplate(admin, nameOf(number)),
    write: (number, numbers, value) => inOverlay(number, (client) => writeOverlay(client, { numbers, value })),
    read: (number, key) =>
      inOverlay(number, async (client) => {
        const { rows } = await client.query(`SELECT value FROM node WHERE number = ${key}`);
        return rows[0]!['value'] as string; // the column is a text
      }),
    sizeBytes: async (number) => {
      const { rows } = await admin.query(`SELECT pg_database_size('${nameOf(number)}')::text AS size`);
      return Number(rows[0]!['size']);
    },
    close: async () => {
      await admin.end();
      await server.close();
    },
  };
};
