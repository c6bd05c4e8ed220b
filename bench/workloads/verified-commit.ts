/**
 * Verified commits: an existing key gets a new value, and the new root is asked for before the next commit begins.
 *
 * Keys are SHA-256 digests of `key:<number>`, values 32-byte digests. The choice of keys is seeded, so it is the same
 * for every entrant.
 */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withBytesToDisk } from '../harness/disk-meter.ts';
import { oneByOne, seededIntegers, type OpenWorkload, type Sample } from '../harness/workload.ts';

export interface Entry {
  /** 32 characters, one byte each. */
  readonly key: string;
  readonly value: string;
  /** The same as bytes. */
  readonly keyBytes: Uint8Array;
  readonly valueBytes: Uint8Array;
}

export interface CommitTree {
  /** Adds entries that are not there yet; not measured. */
  load(entries: readonly Entry[]): void | Promise<void>;
  /** Carries out the updates with a root after each of them. With `durable`, they are one transaction. */
  commit(updates: readonly Entry[]): void | Promise<void>;
  close(): void | Promise<void>;
}

export interface TreeOptions {
  readonly durable: boolean;
  /** Keys that will be loaded. */
  readonly keyCount: number;
}

/** The export `openCommitTree` of an adapter. */
export type OpenCommitTree = (dir: string, options: TreeOptions) => CommitTree | Promise<CommitTree>;

export interface VerifiedCommitOptions extends TreeOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly updatesPerCommit: number;
  /** Its folder is in memory, where a sync costs nothing: what a store's commits take when the disk takes no part. */
  readonly inTmpfs: boolean;
}

/** A file system in memory that every Linux has. */
const TMPFS = '/dev/shm';

const LOAD_CHUNK = 10_000;

/** Updates made before the clock starts; a round that needs more starts over. */
const UPDATES_PREPARED = 16_384;

export const open: OpenWorkload<VerifiedCommitOptions> = async (options, dir) => {
  // The bench names a module that is an adapter.
  const { openCommitTree } = (await import(options.adapter)) as { readonly openCommitTree: OpenCommitTree };
  const tree = await openCommitTree(options.inTmpfs ? makeTmpfsFolder() : dir, options);
  for (let from = 0; from < options.keyCount; from += LOAD_CHUNK) {
    const length = Math.min(LOAD_CHUNK, options.keyCount - from);
    await tree.load(Array.from({ length }, (_, i) => entry(from + i, 'first')));
  }
  // A lazy tree computes its first root here, off the clock.
  await tree.commit([entry(0, 'first')]);
  const integers = seededIntegers(2);
  let round = 0;
  return {
    round: async (budgetMs) => {
      round++;
      const commits = prepareCommits(options, integers, `round ${round}`);
      let next = 0;
      const work = (): Promise<Sample> =>
        oneByOne(budgetMs, options.updatesPerCommit, () => tree.commit(commits[next++ % commits.length] ?? []));
      return await (options.durable && !options.inTmpfs ? withBytesToDisk(dir, work) : work());
    },
    close: () => tree.close(),
  };
};

/** Removed when the process ends, however it does. */
function makeTmpfsFolder(): string {
  const folder = mkdtempSync(join(TMPFS, 'jitos-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function prepareCommits(options: VerifiedCommitOptions, integers: (bound: number) => number, salt: string): Entry[][] {
  const one = (): Entry => entry(integers(options.keyCount), salt);
  return Array.from({ length: Math.ceil(UPDATES_PREPARED / options.updatesPerCommit) }, () =>
    Array.from({ length: options.updatesPerCommit }, one),
  );
}

function entry(number: number, salt: string): Entry {
  // 'binary' is Node's older name for latin1: 32 characters, one byte each.
  const key = hash('sha256', `key:${number}`, 'binary');
  const value = hash('sha256', `${salt} ${number}`, 'binary');
  return { key, value, keyBytes: Buffer.from(key, 'latin1'), valueBytes: Buffer.from(value, 'latin1') };
}
