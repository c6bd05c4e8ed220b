/** The daemon's file log: each row is the body of an event whose header is as long as that of a rewrite. */
import { join } from 'node:path';
import { createFileLog, type FileLog } from '@jitos/daemon/logs/file/file-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { ZERO_DIGEST } from '@jitos/kernel';
import type { OpenAppendStore } from '../workloads/durable-append.ts';

const HEADER = new Uint8Array(172);
const WORLD_ID = new Uint8Array(16);

/** A new log in a folder of its own, waiting for the disk as in production. */
export function createLog(dir: string): Promise<FileLog> {
  return createFileLog({ folder: join(dir, 'world'), disk: nodeDisk(), sync: 'adaptive', worldId: WORLD_ID });
}

export const openAppendStore: OpenAppendStore = async (dir) => {
  const log = await createLog(dir);
  return {
    append: (rows) => {
      const events = rows.map((body) => ({ header: HEADER, body }));
      return log.append({ firstIdx: log.length, treeRootBefore: ZERO_DIGEST, events });
    },
    close: () => log.close(),
  };
};
