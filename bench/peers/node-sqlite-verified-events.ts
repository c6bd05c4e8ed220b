/** An event's whole work on SQLite as Node carries it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { openVerifiedEvents } from './sqlite-verified-events.ts';

export const openCommitTree: OpenCommitTree = (dir, { keyCount }) =>
  openVerifiedEvents(new DatabaseSync(join(dir, 'sqlite')), keyCount);
