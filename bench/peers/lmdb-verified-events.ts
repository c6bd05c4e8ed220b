/** An event's whole work on LMDB through lmdb-js: one synchronous transaction a commit, flushed before it returns. */
import { join } from 'node:path';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';
import { openVerifiedEvents } from './verified-events.ts';

interface Store<Key> {
  get(key: Key): Uint8Array | undefined;
  putSync(key: Key, value: Uint8Array, options?: { append: true }): void;
}

interface Environment {
  openDB<Key>(options: {
    readonly name: string;
    readonly keyEncoding: 'uint32' | 'binary';
    readonly encoding: 'binary';
  }): Store<Key>;
  transactionSync(work: () => void): void;
  close(): Promise<void>;
}

interface Options {
  readonly path: string;
  /** Without it a commit returns before its flush. */
  readonly overlappingSync: false;
}

/** Branches of all levels are one store: a level has fewer than this. */
const BRANCHES_PER_LEVEL_MAX = 1 << 24;

export const openCommitTree: OpenCommitTree = async (dir, { keyCount }) => {
  const { open } = await importPeer<{ open: (options: Options) => Environment }>('lmdb');
  const environment = open({ path: join(dir, 'lmdb'), overlappingSync: false });
  const numbered = (name: string): Store<number> =>
    environment.openDB({ name, keyEncoding: 'uint32', encoding: 'binary' });
  const events = numbered('event');
  const buckets = numbered('bucket');
  const branches = numbered('branch');
  const nodes = environment.openDB<Uint8Array>({ name: 'node', keyEncoding: 'binary', encoding: 'binary' });
  let next = 0;
  const setNode = (id: Uint8Array, value: Uint8Array, digest: Uint8Array): void =>
    nodes.putSync(id, Buffer.concat([value, digest]));
  return openVerifiedEvents(
    {
      transaction: (work) => environment.transactionSync(work),
      addEvent: (header, body) => events.putSync(next++, Buffer.concat([header, body]), { append: true }),
      addNode: setNode,
      setNode,
      getBucket: (number) => buckets.get(number),
      putBucket: (number, entries) => buckets.putSync(number, entries),
      putBranch: (level, number, digests) => branches.putSync(level * BRANCHES_PER_LEVEL_MAX + number, digests),
      close: () => environment.close(),
    },
    keyCount,
  );
};
