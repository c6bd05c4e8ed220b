/**
 * What a disk was given to write, as the block device counts it (Linux): whole blocks, zeros written ahead and the file
 * system's own journal included.
 *
 * The counter is the disk's, so it tells of one program only where no other writes. What a program leaves in the page cache
 * is its own all the same: the file system is synced before and after.
 */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Sample } from './workload.ts';

const SECTOR_SIZE_BYTES = 512;
/** The seventh number of a device's `stat` counts sectors written. */
const SECTORS_WRITTEN_AT = 6;

const run = promisify(execFile);

/** A round's sample, with the bytes that the disk of `dir` was given for each of its operations. */
export async function withBytesToDisk(dir: string, round: () => Sample | Promise<Sample>): Promise<Sample> {
  const before = await bytesGivenTo(dir);
  const sample = await round();
  const after = before === undefined ? undefined : await bytesGivenTo(dir);
  if (before === undefined || after === undefined) return sample;
  return { ...sample, values: { ...sample.values, 'B to disk': (after - before) / sample.operations } };
}

/** Undefined where the folder is not on a block device, or nobody counts. */
async function bytesGivenTo(dir: string): Promise<number | undefined> {
  const path = `/sys/dev/block/${deviceOf(dir)}/stat`;
  try {
    readFileSync(path);
    await run('sync', ['--file-system', dir]);
    const sectors = Number(readFileSync(path, 'utf8').trim().split(/\s+/)[SECTORS_WRITTEN_AT]);
    return Number.isNaN(sectors) ? undefined : sectors * SECTOR_SIZE_BYTES;
  } catch {
    return undefined;
  }
}

/** As in `254:0`. Linux packs both numbers into one (`gnu_dev_major`, `gnu_dev_minor`). */
function deviceOf(dir: string): string {
  const { dev } = statSync(dir, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
