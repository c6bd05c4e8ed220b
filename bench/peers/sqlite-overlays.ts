/**
 * Overlays as copies of a SQLite file, each with a table of what it has changed, merged by hand into the file that is the
 * truth: what an overlay found before its change is held against what is there now, and every merge leaves a receipt.
 *
 * 64 merges share a transaction, synced (WAL, `synchronous=FULL`).
 */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BASE_VALUE, type OpenOverlayStore } from '../workloads/merge-overlays.ts';

const MERGES_AT_ONCE = 64;

interface Change {
  readonly number: number;
  readonly before: string;
  readonly after: string;
}

/** A file with every key at its base value, and no change. */
export function makeBaseFile(path: string, nodeCount: number): void {
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE node (number INTEGER PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE change (number INTEGER PRIMARY KEY, before TEXT NOT NULL, after TEXT NOT NULL);
    CREATE TABLE receipt (idx INTEGER PRIMARY KEY, overlay INTEGER NOT NULL, conflicts TEXT NOT NULL);
    BEGIN`);
  const insert = database.prepare('INSERT INTO node VALUES (?, ?)');
  for (let number = 0; number < nodeCount; number++) insert.run(number, BASE_VALUE);
  database.exec('COMMIT');
  database.close();
}

/** Sets these keys in an overlay, and notes what they were. */
export function writeOverlay(database: DatabaseSync, numbers: readonly number[], value: string): void {
  const note = database.prepare('INSERT INTO change SELECT number, value, ? FROM node WHERE number = ?');
  const update = database.prepare('UPDATE node SET value = ? WHERE number = ?');
  database.exec('BEGIN');
  for (const number of numbers) {
    note.run(value, number);
    update.run(value, number);
  }
  database.exec('COMMIT');
}

export const openOverlayStore: OpenOverlayStore = (dir, { nodeCount }) => {
  const base = join(dir, 'base');
  const truth = join(dir, 'truth');
  const pathOf = (position: number): string => join(dir, `overlay-${position}`);
  makeBaseFile(base, nodeCount);
  let merger: Merger | undefined;
  let isWritten = false;
  return {
    mergesAtOnce: MERGES_AT_ONCE,
    prepare: (overlays) => {
      merger?.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(truth + suffix, { force: true });
      copyFileSync(base, truth);
      merger = new Merger(truth);
      for (const [position, { numbers, value }] of isWritten ? [] : overlays.entries()) {
        copyFileSync(base, pathOf(position));
        const database = new DatabaseSync(pathOf(position));
        database.exec('PRAGMA synchronous=OFF');
        writeOverlay(database, numbers, value);
        database.close();
      }
      isWritten = true;
    },
    merge: (positions) => merger!.merge(positions, pathOf), // it is prepared
    close: () => merger?.close(),
  };
};

class Merger {
  readonly #truth: DatabaseSync;
  readonly #get;
  readonly #set;
  readonly #addReceipt;

  constructor(path: string) {
    this.#truth = new DatabaseSync(path);
    this.#truth.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
    this.#get = this.#truth.prepare('SELECT value FROM node WHERE number = ?');
    this.#set = this.#truth.prepare('UPDATE node SET value = ? WHERE number = ?');
    this.#addReceipt = this.#truth.prepare('INSERT INTO receipt (overlay, conflicts) VALUES (?, ?)');
  }

  merge(positions: readonly number[], pathOf: (position: number) => string): boolean[] {
    this.#truth.exec('BEGIN');
    const merged = positions.map((position) => this.#mergeOne(position, readChanges(pathOf(position))));
    this.#truth.exec('COMMIT');
    return merged;
  }

  #mergeOne(position: number, changes: readonly Change[]): boolean {
    const conflicts = changes.filter(({ number, before, after }) => {
      const there = this.#get.get(number)?.['value'];
      return there !== before && there !== after;
    });
    if (conflicts.length === 0) for (const { number, after } of changes) this.#set.run(after, number);
    this.#addReceipt.run(position, conflicts.map(({ number }) => number).join(' '));
    return conflicts.length === 0;
  }

  close(): void {
    this.#truth.close();
  }
}

function readChanges(path: string): readonly Change[] {
  const overlay = new DatabaseSync(path, { readOnly: true });
  // The columns of the table are those of the type.
  const changes = overlay.prepare('SELECT number, before, after FROM change').all() as unknown as Change[];
  overlay.close();
  return changes;
}
