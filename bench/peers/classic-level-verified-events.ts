/** An event's whole work on LevelDB through classic-level: one batch a commit, `sync: true`. */
import { join } from 'node:path';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';
import { openVerifiedEvents } from './verified-events.ts';

interface Put {
  readonly type: 'put';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Level {
  open(): Promise<void>;
  getSync(key: Uint8Array): Uint8Array | undefined;
  batch(puts: readonly Put[], options: { sync: true }): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly keyEncoding: 'view';
  readonly valueEncoding: 'view';
}

/** The first byte of a key says what it is of. */
const EVENT = 1;
const NODE = 2;
const BUCKET = 3;
const BRANCH = 4;

export const openCommitTree: OpenCommitTree = async (dir, { keyCount }) => {
  const { ClassicLevel } = await importPeer<{ ClassicLevel: new (path: string, options: Options) => Level }>(
    'classic-level',
  );
  const level = new ClassicLevel(join(dir, 'level'), { keyEncoding: 'view', valueEncoding: 'view' });
  await level.open();
  let next = 0;
  let puts: Put[] = [];
  const put = (key: Uint8Array, value: Uint8Array): void => void puts.push({ type: 'put', key, value });
  const setNode = (id: Uint8Array, value: Uint8Array, digest: Uint8Array): void =>
    put(Buffer.concat([Uint8Array.of(NODE), id]), Buffer.concat([value, digest]));
  return openVerifiedEvents(
    {
      transaction: (work) => {
        puts = [];
        work();
        return level.batch(puts, { sync: true });
      },
      addEvent: (header, body) => put(numberKey(EVENT, next++), Buffer.concat([header, body])),
      addNode: setNode,
      setNode,
      getBucket: (number) => level.getSync(numberKey(BUCKET, number)),
      putBucket: (number, entries) => put(numberKey(BUCKET, number), entries),
      putBranch: (depth, number, digests) => put(numberKey(BRANCH + depth, number), digests),
      close: () => level.close(),
    },
    keyCount,
  );
};

function numberKey(of: number, number: number): Uint8Array {
  const key = Buffer.alloc(9);
  key.writeUInt8(of);
  key.writeDoubleBE(number, 1);
  return key;
}
