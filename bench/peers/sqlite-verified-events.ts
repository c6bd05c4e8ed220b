/** The rows of an event's whole work in SQLite: WAL, and a sync at every commit (`synchronous=FULL`). */
import type { CommitTree } from '../workloads/verified-commit.ts';
import { openVerifiedEvents } from './verified-events.ts';

/** What both drivers have. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: readonly (string | number | Uint8Array)[]): unknown;
  get(...values: readonly (string | number | Uint8Array)[]): unknown;
}

const SCHEMA = `
  PRAGMA journal_mode=WAL;
  PRAGMA synchronous=FULL;
  CREATE TABLE event (idx INTEGER PRIMARY KEY, header BLOB NOT NULL, body BLOB NOT NULL);
  CREATE TABLE node (id BLOB PRIMARY KEY, value BLOB NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE bucket (number INTEGER PRIMARY KEY, entries BLOB NOT NULL);
  CREATE TABLE branch (level INTEGER, number INTEGER, digests BLOB NOT NULL, PRIMARY KEY (level, number)) WITHOUT ROWID;
`;

export function openSqliteEvents(database: Database, keyCount: number): CommitTree {
  database.exec(SCHEMA);
  const insertEvent = database.prepare('INSERT INTO event (header, body) VALUES (?, ?)');
  const insertNode = database.prepare('INSERT INTO node (id, value, digest) VALUES (?, ?, ?)');
  const updateNode = database.prepare('UPDATE node SET value = ?, digest = ? WHERE id = ?');
  const getBucket = database.prepare('SELECT entries FROM bucket WHERE number = ?');
  const putBucket = database.prepare('INSERT OR REPLACE INTO bucket (number, entries) VALUES (?, ?)');
  const putBranch = database.prepare('INSERT OR REPLACE INTO branch (level, number, digests) VALUES (?, ?, ?)');
  return openVerifiedEvents(
    {
      transaction: (work) => {
        database.exec('BEGIN');
        work();
        database.exec('COMMIT');
      },
      addEvent: (header, body) => void insertEvent.run(header, body),
      addNode: (id, value, digest) => void insertNode.run(id, value, digest),
      setNode: (id, value, digest) => void updateNode.run(value, digest, id),
      // The query's one column.
      getBucket: (number) => (getBucket.get(number) as { readonly entries: Uint8Array } | undefined)?.entries,
      putBucket: (number, entries) => void putBucket.run(number, entries),
      putBranch: (level, number, digests) => void putBranch.run(level, number, digests),
      close: () => database.close(),
    },
    keyCount,
  );
}
