/** Okra, a deterministic prolly tree in Zig over LMDB, through its native binding. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Entry, OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';

interface Tree {
  set(key: Uint8Array, value: Uint8Array): void;
  getRoot(): unknown;
  close(): void;
}

interface Transaction {
  commit(): void;
}

interface Environment {
  close(): Promise<void>;
}

interface Okra {
  readonly Environment: new (path: string, options: { mapSize: number }) => Environment;
  readonly Transaction: new (environment: Environment, options: { readOnly: false }) => Transaction;
  readonly Tree: new (transaction: Transaction, name: null) => Tree;
}

/** Sizes from 2³² are cut to 32 bits by the binding. */
const MAP_SIZE_BYTES = 2 ** 31;

/** With `durable` each commit is a transaction; without, all happen inside one that stays open, so none is a commit to anyone else. */
export const openCommitTree: OpenCommitTree = async (dir, { durable }) => {
  const okra = await importPeer<Okra>('@canvas-js/okra-node');
  const path = join(dir, 'okra');
  mkdirSync(path);
  const environment = new okra.Environment(path, { mapSize: MAP_SIZE_BYTES });
  const begin = (): { tree: Tree; end: () => void } => {
    const transaction = new okra.Transaction(environment, { readOnly: false });
    const tree = new okra.Tree(transaction, null);
    const end = (): void => {
      tree.close();
      transaction.commit();
    };
    return { tree, end };
  };
  let standing: ReturnType<typeof begin> | undefined;
  return {
    load: (entries) => {
      const { tree, end } = begin();
      for (const { keyBytes, valueBytes } of entries) tree.set(keyBytes, valueBytes);
      end();
    },
    commit: (updates: readonly Entry[]) => {
      const { tree, end } = durable ? begin() : (standing ??= begin());
      for (const { keyBytes, valueBytes } of updates) {
        tree.set(keyBytes, valueBytes);
        tree.getRoot();
      }
      if (durable) end();
    },
    close: async () => {
      standing?.end();
      await environment.close();
    },
  };
};
