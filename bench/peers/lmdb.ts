/** LMDB through lmdb-js: one synchronous transaction a commit, flushed before it returns. */
import { join } from 'node:path';
import type { OpenAppendStore } from '../workloads/durable-append.ts';
import { importPeer } from './import-peer.ts';

interface Store {
  putSync(key: number, value: Uint8Array, options: { append: true }): void;
  transactionSync(work: () => void): void;
  close(): Promise<void>;
}

interface Options {
  readonly path: string;
  readonly keyEncoding: 'uint32';
  readonly encoding: 'binary';
  /** Without it a commit returns before its flush. */
  readonly overlappingSync: false;
}

export const openAppendStore: OpenAppendStore = async (dir) => {
  const { open } = await importPeer<{ open: (options: Options) => Store }>('lmdb');
  const store = open({ path: join(dir, 'lmdb'), keyEncoding: 'uint32', encoding: 'binary', overlappingSync: false });
  let next = 0;
  return {
    append: (rows) =>
      store.transactionSync(() => {
        for (const row of rows) store.putSync(next++, row, { append: true });
      }),
    close: () => store.close(),
  };
};
