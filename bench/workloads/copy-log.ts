/**
 * Copies a world's log into an empty folder: as `jitosctl backup` does, or as `cp` does. A round is one whole copy; its
 * figure is the size of the log's segments over the time, for everybody.
 *
 * A cold round begins with the segments out of the page cache, as far as the kernel takes that advice; what the disk
 * keeps in a cache of its own, or of its host, is still there.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backupLog } from '@jitos/daemon/logs/file/backup-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { EVENT_LENGTHS_SIZE_BYTES } from '@jitos/daemon/ports/log.ts';
import { HEADER_SIZE_BYTES, openAppendStore } from '../ours/file-log.ts';
import { seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface CopyLogOptions {
  readonly how: 'backup' | 'cp' | 'cp and sync';
  readonly logSizeMiB: number;
  readonly cold: boolean;
}

const MIB = 2 ** 20;
const ROWS_PER_BATCH = 64;
const ROW_SIZE_BYTES = 256;
/** Of a row with the header and the lengths that make it an event. */
const EVENT_SIZE_BYTES = ROW_SIZE_BYTES + HEADER_SIZE_BYTES + EVENT_LENGTHS_SIZE_BYTES;

const run = promisify(execFile);

export const open: OpenWorkload<CopyLogOptions> = async ({ how, logSizeMiB, cold }, dir) => {
  const folder = join(dir, 'world');
  await fillLog(dir, logSizeMiB * MIB);
  const segments = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(folder, name));
  const sizeMiB = segments.reduce((sum, path) => sum + statSync(path).size, 0) / MIB;
  const into = join(dir, 'copy');
  return {
    round: async () => {
      await run('sync', ['--file-system', dir]);
      if (cold) for (const path of segments) await dropFromCache(path);
      const start = performance.now();
      await COPIES[how](folder, segments, into);
      const elapsedMs = performance.now() - start;
      rmSync(into, { recursive: true });
      return { operations: segments.length, values: { 'MiB/s': sizeMiB / (elapsedMs / 1000) } };
    },
  };
};

type Copy = (folder: string, segments: readonly string[], into: string) => Promise<unknown>;

const COPIES: { readonly [How in CopyLogOptions['how']]: Copy } = {
  backup: (folder, _, into) => backupLog({ disk: nodeDisk(), folder, into }),
  cp: (_, segments, into) => {
    mkdirSync(into);
    return run('cp', [...segments, into]);
  },
  'cp and sync': async (folder, segments, into) => {
    await COPIES.cp(folder, segments, into);
    await run(
      'sync',
      readdirSync(into).map((name) => join(into, name)),
    );
  },
};

async function fillLog(dir: string, sizeBytes: number): Promise<void> {
  const integers = seededIntegers(10);
  const row = (): Uint8Array => Uint8Array.from({ length: ROW_SIZE_BYTES }, () => integers(256));
  const rows = Array.from({ length: ROWS_PER_BATCH }, row);
  const log = await openAppendStore(dir);
  for (let left = sizeBytes; left > 0; left -= ROWS_PER_BATCH * EVENT_SIZE_BYTES) await log.append(rows);
  await log.close();
}

/** `dd` with nothing to copy only gives the advice (POSIX_FADV_DONTNEED). */
async function dropFromCache(path: string): Promise<void> {
  await run('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}
