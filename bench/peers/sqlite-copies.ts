/** Overlays as copies of a SQLite file. */
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OpenOverlays } from '../workloads/open-overlays.ts';
import { makeBaseFile, writeOverlay } from './sqlite-overlays.ts';

/** What `stat` counts in. */
const BLOCK_SIZE_BYTES = 512;

export const openOverlays: OpenOverlays = (dir, nodeCount) => {
  const base = join(dir, 'base');
  const pathOf = (number: number): string => join(dir, `overlay-${number}`);
  makeBaseFile(base, nodeCount);
  const inOverlay = <Result>(number: number, work: (database: DatabaseSync) => Result): Result => {
    const database = new DatabaseSync(pathOf(number));
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  return {
    create: (number) => copyFileSync(base, pathOf(number)),
    write: (number, keys, value) => inOverlay(number, (database) => writeOverlay(database, keys, value)),
    read: (number, key) =>
      inOverlay(number, (database) => {
        const row = database.prepare('SELECT value FROM node WHERE number = ?').get(key);
        return row!['value'] as string; // the column is a text
      }),
    sizeBytes: (number) => statSync(pathOf(number)).blocks * BLOCK_SIZE_BYTES,
  };
};
