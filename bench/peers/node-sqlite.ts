/** SQLite as Node carries it: WAL, and a sync at every commit (`synchronous=FULL`). */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OpenAppendStore } from '../workloads/durable-append.ts';

export const openAppendStore: OpenAppendStore = (dir) => {
  const database = new DatabaseSync(join(dir, 'sqlite'));
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (idx INTEGER PRIMARY KEY, row BLOB)',
  );
  const insert = database.prepare('INSERT INTO log (row) VALUES (?)');
  return {
    append: (rows) => {
      if (rows.length > 1) database.exec('BEGIN');
      for (const row of rows) insert.run(row);
      if (rows.length > 1) database.exec('COMMIT');
    },
    close: () => database.close(),
  };
};
