/** An event's whole work on SQLite as Node carries it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { openSqliteEvents } from './sqlite-verified-events.ts';

export const openCommitTree: OpenCommitTree = (dir, { keyCount }) =>
  openSqliteEvents(new DatabaseSync(join(dir, 'sqlite')), keyCount);
