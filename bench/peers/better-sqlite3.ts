/** SQLite through better-sqlite3: WAL, and a sync at every commit (`synchronous=FULL`). */
import { join } from 'node:path';
import type { OpenAppendStore } from '../workloads/durable-append.ts';
import { importPeer } from './import-peer.ts';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { run(row: Uint8Array): void };
  transaction<Argument>(work: (argument: Argument) => void): (argument: Argument) => void;
  close(): void;
}

export const openAppendStore: OpenAppendStore = async (dir) => {
  const { default: Database } = await importPeer<{ default: new (path: string) => Database }>('better-sqlite3');
  const database = new Database(join(dir, 'sqlite'));
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (idx INTEGER PRIMARY KEY, row BLOB)',
  );
  const insert = database.prepare('INSERT INTO log (row) VALUES (?)');
  const insertAll = database.transaction((rows: readonly Uint8Array[]) => {
    for (const row of rows) insert.run(row);
  });
  return {
    append: (rows) => (rows.length === 1 && rows[0] !== undefined ? insert.run(rows[0]) : insertAll(rows)),
    close: () => database.close(),
  };
};
