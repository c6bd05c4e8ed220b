/**
 * Hyperbee, a B-tree in a Hypercore. Its root is the tree hash of the core, which covers every entry ever appended.
 *
 * It writes through RocksDB without a sync at a commit, and has no way to ask for one: `durable` changes nothing.
 */
import { join } from 'node:path';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';

interface Hypercore {
  ready(): Promise<void>;
  treeHash(): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Hyperbee {
  put(key: Uint8Array, value: Uint8Array): Promise<void>;
  batch(): { put(key: Uint8Array, value: Uint8Array): Promise<void>; flush(): Promise<void> };
}

interface Encodings {
  readonly keyEncoding: 'binary';
  readonly valueEncoding: 'binary';
}

export const openCommitTree: OpenCommitTree = async (dir) => {
  const { default: Hypercore } = await importPeer<{ default: new (path: string) => Hypercore }>('hypercore');
  const { default: Hyperbee } = await importPeer<{ default: new (core: Hypercore, encodings: Encodings) => Hyperbee }>(
    'hyperbee',
  );
  const core = new Hypercore(join(dir, 'core'));
  await core.ready();
  const bee = new Hyperbee(core, { keyEncoding: 'binary', valueEncoding: 'binary' });
  return {
    load: async (entries) => {
      const batch = bee.batch();
      for (const { keyBytes, valueBytes } of entries) await batch.put(keyBytes, valueBytes);
      await batch.flush();
    },
    commit: async (updates) => {
      for (const { keyBytes, valueBytes } of updates) {
        await bee.put(keyBytes, valueBytes);
        await core.treeHash();
      }
    },
    close: () => core.close(),
  };
};
