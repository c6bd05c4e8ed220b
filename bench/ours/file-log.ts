/** The daemon's file log: each row is the body of an event whose header is as long as that of a rewrite. */
import { join } from 'node:path';
import { createFileLog, type FileLog } from '@jitos/daemon/logs/file/file-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import type { StoredEvent } from '@jitos/daemon/ports/log.ts';
import { bytesFrom, ZERO_DIGEST } from '@jitos/kernel';
import type { OpenAppendStore } from '../workloads/durable-append.ts';

export const HEADER_SIZE_BYTES = 172;
const HEADER = bytesFrom(new Uint8Array(HEADER_SIZE_BYTES));
const WORLD_ID = new Uint8Array(16);

/** The kernel hands over byte strings. The rows come again and again, so that each is made one once. */
const eventByRow = new WeakMap<Uint8Array, StoredEvent>();

function rowEvent(row: Uint8Array): StoredEvent {
  let event = eventByRow.get(row);
  if (event === undefined) {
    event = { header: HEADER, body: bytesFrom(row) };
    eventByRow.set(row, event);
  }
  return event;
}

/** A new log in a folder of its own, waiting for the disk as in production. */
export function createLog(dir: string): Promise<FileLog> {
  return createFileLog({ folder: join(dir, 'world'), disk: nodeDisk(), sync: 'adaptive', worldId: WORLD_ID });
}

export const openAppendStore: OpenAppendStore = async (dir) => {
  const log = await createLog(dir);
  return {
    append: (rows) => {
      const events = rows.map(rowEvent);
      return log.append({ firstIdx: log.length, treeRootBefore: ZERO_DIGEST, events });
    },
    close: () => log.close(),
  };
};
