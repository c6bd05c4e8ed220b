/** LevelDB through classic-level: one batch a commit, `sync: true`. */
import { join } from 'node:path';
import type { OpenAppendStore } from '../workloads/durable-append.ts';
import { importPeer } from './import-peer.ts';

interface Level {
  open(): Promise<void>;
  put(key: Uint8Array, value: Uint8Array, options: { sync: true }): Promise<void>;
  batch(puts: { type: 'put'; key: Uint8Array; value: Uint8Array }[], options: { sync: true }): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly keyEncoding: 'view';
  readonly valueEncoding: 'view';
}

export const openAppendStore: OpenAppendStore = async (dir) => {
  const { ClassicLevel } = await importPeer<{ ClassicLevel: new (path: string, options: Options) => Level }>(
    'classic-level',
  );
  const level = new ClassicLevel(join(dir, 'level'), { keyEncoding: 'view', valueEncoding: 'view' });
  await level.open();
  let next = 0;
  const nextKey = (): Uint8Array => {
    const key = new Uint8Array(8);
    new DataView(key.buffer).setBigUint64(0, BigInt(next++));
    return key;
  };
  return {
    append: (rows) => {
      if (rows.length === 1 && rows[0] !== undefined) return level.put(nextKey(), rows[0], { sync: true });
      return level.batch(
        rows.map((value) => ({ type: 'put', key: nextKey(), value })),
        { sync: true },
      );
    },
    close: () => level.close(),
  };
};
