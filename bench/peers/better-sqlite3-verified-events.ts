/** An event's whole work on SQLite through better-sqlite3. */
import { join } from 'node:path';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';
import { openSqliteEvents, type Database } from './sqlite-verified-events.ts';

export const openCommitTree: OpenCommitTree = async (dir, { keyCount }) => {
  const { default: Database } = await importPeer<{ default: new (path: string) => Database }>('better-sqlite3');
  return openSqliteEvents(new Database(join(dir, 'sqlite')), keyCount);
};
