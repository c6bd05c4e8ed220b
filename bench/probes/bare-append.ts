/**
 * The floor under every durable append: one synchronous write and one fdatasync into a file that was filled with
 * zeros before, so that a commit changes no file size and allocates nothing. No framing, no checksum, no recovery.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAppendStore } from '../workloads/durable-append.ts';

/** When the file is full the loop starts over at its beginning. */
const FILE_SIZE_BYTES = 16 << 20;

export const openAppendStore: OpenAppendStore = (dir) => {
  const file = openSync(join(dir, 'bare'), 'w');
  writeSync(file, new Uint8Array(FILE_SIZE_BYTES));
  fsyncSync(file);
  let offset = 0;
  return {
    append: (rows) => {
      const bytes = rows.length === 1 && rows[0] !== undefined ? rows[0] : Buffer.concat(rows);
      if (offset + bytes.length > FILE_SIZE_BYTES) offset = 0;
      offset += writeSync(file, bytes, 0, bytes.length, offset);
      fdatasyncSync(file);
    },
    close: () => closeSync(file),
  };
};
