/**
 * Overlays as PostgreSQL databases, each made from the same template, merged by hand into the one that is the truth, as
 * SQLite's are. All merges of one call share a transaction; each overlay has a connection that stays.
 */
import { BASE_VALUE, type OpenOverlayStore, type Overlay } from '../workloads/merge-overlays.ts';
import { FIRST_DATABASE, startPostgres, type Client, type PostgresServer } from './postgres-server.ts';

const TEMPLATE = 'base';
const TRUTH = 'truth';

interface Change {
  readonly number: number;
  readonly before: string;
  readonly after: string;
}

const SCHEMA = `
  CREATE TABLE node (number integer PRIMARY KEY, value text NOT NULL);
  CREATE TABLE change (number integer PRIMARY KEY, before text NOT NULL, after text NOT NULL);
  CREATE TABLE receipt (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, overlay integer NOT NULL, conflicts integer[])`;

/** Nothing is set if a value is neither what the overlay found nor what it wrote; a receipt is left either way. */
const MERGE = `
  WITH change AS (
    SELECT * FROM unnest($1::integer[], $2::text[], $3::text[]) AS one (number, before, after)
  ), conflict AS (
    SELECT number FROM change JOIN node USING (number) WHERE value <> before AND value <> after
  ), merged AS (
    UPDATE node SET value = after FROM change
    WHERE node.number = change.number AND NOT EXISTS (SELECT FROM conflict)
  )
  INSERT INTO receipt (overlay, conflicts) SELECT $4::integer, array_agg(number) FROM conflict RETURNING conflicts`;

const WRITE = `
  WITH noted AS (
    INSERT INTO change SELECT number, value, $2 FROM node WHERE number = ANY ($1::integer[]) RETURNING number
  )
  UPDATE node SET value = $2 FROM noted WHERE node.number = noted.number`;

/** Makes the template, a database of that many keys that nobody is connected to. */
export async function makeTemplate(server: PostgresServer, nodeCount: number): Promise<void> {
  const admin = await server.connect(FIRST_DATABASE);
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const client = await server.connect(TEMPLATE);
  await client.query(SCHEMA);
  await client.query(
    `INSERT INTO node SELECT number, '${BASE_VALUE}' FROM generate_series(0, ${nodeCount - 1}) AS number`,
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
}

/** A database like the template, its files copied: the faster way for any that is not small. */
export async function forkTemplate(admin: Client, name: string): Promise<void> {
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`);
}

/** Sets these keys in an overlay, and notes what they were. */
export async function writeOverlay(
  client: Client,
  { numbers, value }: Pick<Overlay, 'numbers' | 'value'>,
): Promise<void> {
  await client.query({ name: 'write', text: WRITE, values: [numbers, value] });
}

export const openOverlayStore: OpenOverlayStore = async (dir, { nodeCount, overlayCount }) => {
  const server = await startPostgres(dir);
  await makeTemplate(server, nodeCount);
  const admin = await server.connect(FIRST_DATABASE);
  const overlays: Client[] = [];
  await forkTemplate(admin, TRUTH);
  const truth = await server.connect(TRUTH);
  const fork = async (position: number, overlay: Overlay): Promise<void> => {
    await forkTemplate(admin, `overlay_${position}`);
    const client = await server.connect(`overlay_${position}`);
    await writeOverlay(client, overlay);
    overlays.push(client);
  };
  const mergeOne = async (position: number, changes: readonly Change[]): Promise<boolean> => {
    const columns = [changes.map((c) => c.number), changes.map((c) => c.before), changes.map((c) => c.after)];
    const { rows } = await truth.query({ name: 'merge', text: MERGE, values: [...columns, position] });
    return rows[0]!['conflicts'] === null;
  };
  return {
    mergesAtOnce: overlayCount,
    prepare: async (scripted) => {
      if (overlays.length === 0) for (const [position, overlay] of scripted.entries()) await fork(position, overlay);
      await truth.query(`UPDATE node SET value = '${BASE_VALUE}' WHERE value <> '${BASE_VALUE}'`);
    },
    merge: async (positions) => {
      const changes = await Promise.all(positions.map((position) => readChanges(overlays[position]!)));
      const merged: boolean[] = [];
      await truth.query('BEGIN');
      for (const [i, position] of positions.entries()) merged.push(await mergeOne(position, changes[i]!));
      await truth.query('COMMIT');
      return merged;
    },
    close: async () => {
      for (const client of [admin, truth, ...overlays]) await client.end();
      await server.close();
    },
  };
};

async function readChanges(client: Client): Promise<readonly Change[]> {
  const { rows } = await client.query({ name: 'read', text: 'SELECT number, before, after FROM change', values: [] });
  return rows as unknown as Change[]; // the query's columns
}
