/** File logs on a disk in memory, and where their batches stand: what tests of damage start from. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import type { Reason } from '@jitos/daemon/errors/reason.ts';
import type { FileLogOptions } from '@jitos/daemon/logs/file/file-log.ts';
import { createFileLog } from '@jitos/daemon/logs/file/file-log.ts';
import type { Disk } from '@jitos/daemon/ports/disk.ts';
import type { Batch } from '@jitos/daemon/ports/log.ts';
import { batchSizeBytes } from '@jitos/daemon/ports/log.ts';
import { MemoryDisk } from './disk/memory-disk.ts';
import { appendAndWait } from './log-samples.ts';

export const SAMPLE_FOLDER = '/world';
export const SAMPLE_WORLD_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
export const TINY_GEOMETRY = { sizeBytes: 2048, growthBytesMin: 512, growthBytesMax: 1024 };
export const SEGMENT_HEADER_BYTES = 64;

/** The program of `append-child.ts`. */
export const APPEND_CHILD: string = fileURLToPath(new URL('./append-child.ts', import.meta.url));

/** Options for opening the log of `SAMPLE_FOLDER` on a disk. */
export function sampleOptions(disk: Disk): FileLogOptions {
  return { folder: SAMPLE_FOLDER, disk, sync: 'inline', geometry: TINY_GEOMETRY };
}

/** A closed log of these batches, in tiny segments. */
export async function makeSampleDisk(batches: readonly Batch[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = await createFileLog({ ...sampleOptions(disk), worldId: SAMPLE_WORLD_ID });
  await appendAndWait(log, ...batches);
  await log.close();
  return disk;
}

/** Paths of the segments of a disk, in order. */
export function segmentPaths(disk: MemoryDisk): string[] {
  return disk
    .list(SAMPLE_FOLDER)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => `${SAMPLE_FOLDER}/${name}`);
}

/** Where each batch of a one-segment log begins. */
export function batchOffsets(batches: readonly Batch[]): number[] {
  let offset = SEGMENT_HEADER_BYTES;
  return batches.map(({ events }) => {
    const begin = offset;
    offset += batchSizeBytes(events);
    return begin;
  });
}

/** Awaits the failure of a promise and checks its code and place. */
export async function assertFailure(work: Promise<unknown>, reason: Reason, place?: string): Promise<Failure> {
  const failure = await work.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  assert.ok(failure instanceof Failure, `a Failure was due, not ${String(failure)}`);
  assert.equal(failure.reason, reason, failure.message);
  if (place !== undefined) assert.equal(failure.place, place, failure.message);
  return failure;
}
