import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DiskOperation } from '@jitos/testkit/disk/faulty-disk.ts';
import { faultyDisk } from '@jitos/testkit/disk/faulty-disk.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { SAMPLE_FOLDER, SAMPLE_WORLD_ID, segmentPaths } from '@jitos/testkit/file-log-samples.ts';
import { appendAndWait, makeBatch, readAll, sampleBatch, sampleEvent, toHex } from '@jitos/testkit/log-samples.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Batch } from '../../ports/log.ts';
import { createFileLog } from './file-log.ts';
import { nodeDisk } from './node-disk.ts';
import { SEGMENT_GEOMETRY } from './tail.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const geometry = { sizeBytes: 64 * KIB, growthBytesMin: KIB, growthBytesMax: 8 * KIB };

test('zeros double from the least step to the greatest, then go on by it, and end with the segment', async () => {
  const disk = new MemoryDisk();
  const log = await createFileLog({ folder: SAMPLE_FOLDER, disk, sync: 'async', geometry, worldId: SAMPLE_WORLD_ID });
  const sizes = new Set<number>();
  const [path] = segmentPaths(disk) as [string]; // made just now
  while (segmentPaths(disk).length === 1) {
    await appendAndWait(log, sampleBatch(log.length, 1));
    sizes.add(disk.bytes(path).length / KIB);
  }
  assert.deepEqual([...sizes], [1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64]);
  await log.close();
});

test('a batch goes only into zeros that were synced before it', async () => {
  const disk = new MemoryDisk();
  let zeroedEnd = geometry.growthBytesMin;
  let syncedEnd = zeroedEnd;
  const watching = faultyDisk(disk, ({ verb, mode, path, offset = 0, sizeBytes = 0 }) => {
    if (!path.endsWith('00000.log')) return undefined;
    if (verb === 'write' && mode === 'write') zeroedEnd = offset + sizeBytes;
    else if (verb === 'sync') syncedEnd = zeroedEnd;
    else if (verb === 'write' && mode === 'durable') assert.ok(offset + sizeBytes <= syncedEnd);
    return undefined;
  });
  for (const sync of ['inline', 'async'] as const) {
    const folder = `${SAMPLE_FOLDER}/${sync}`;
    zeroedEnd = syncedEnd = geometry.growthBytesMin;
    const log = await createFileLog({ folder, disk: watching, sync, geometry, worldId: SAMPLE_WORLD_ID });
    while (disk.list(folder).filter((name) => name.endsWith('.log')).length === 1) {
      await appendAndWait(log, sampleBatch(log.length, 2));
    }
    assert.equal(syncedEnd, geometry.sizeBytes);
    await log.close();
  }
});

test('while there is time, a batch never waits for zeros or for the next segment’s file', async () => {
  const disk = new MemoryDisk();
  const operations: DiskOperation[] = [];
  const recording = faultyDisk(disk, (operation) => void operations.push(operation));
  const log = await createFileLog({
    folder: SAMPLE_FOLDER,
    disk: recording,
    sync: 'inline',
    geometry,
    worldId: SAMPLE_WORLD_ID,
  });
  let waitCount = 0;
  while (log.length < 1500) {
    const pending = log.append(sampleBatch(log.length, 1));
    if (pending !== undefined) waitCount++;
    await pending;
    await new Promise(setImmediate); // what the background needs is done by then
  }
  const rotationCount = segmentPaths(disk).length - 1;
  assert.ok(rotationCount >= 3);
  assert.equal(waitCount, rotationCount, 'only a new segment is waited for, and its zeros are there');
  const isZeroing = ({ verb, mode }: DiskOperation): boolean => verb === 'write' && mode === 'create';
  const zeroedBytes = operations.filter(isZeroing).reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  assert.ok(zeroedBytes > (rotationCount - 1) * geometry.sizeBytes);
  await log.close();
});

test('a new world takes one MiB, and a batch of any legal size fits', async () => {
  const temp = makeTempFolder();
  try {
    const disk = nodeDisk();
    const folder = join(temp.path, 'world');
    const log = await createFileLog({ folder, disk, sync: 'async', worldId: SAMPLE_WORLD_ID });
    const first = disk.open(join(folder, '00000000000000000000.log'), 'read');
    assert.equal(first.sizeBytes(), MIB);
    await appendAndWait(log, sampleBatch(0, 1), hugeBatch(1), hugeBatch(4), hugeBatch(7), sampleBatch(10, 1));
    assert.ok(first.sizeBytes() <= SEGMENT_GEOMETRY.sizeBytes);
    first.close();
    const read = await readAll(log);
    assert.deepEqual(
      read.map(({ firstIdx, events }) => [firstIdx, events.length]),
      [
        [0, 1],
        [1, 3],
        [4, 3],
        [7, 3],
        [10, 1],
      ],
    );
    assert.ok(toHex(read[3]!.events[2]!.body) === toHex(HUGE_EVENT.body));
    const names = disk.list(folder).filter((name) => name.endsWith('.log'));
    assert.deepEqual(names.sort(), ['00000000000000000000.log', '00000000000000000007.log']);
    await log.close();
  } finally {
    temp.remove();
  }
});

const HUGE_EVENT = sampleEvent(1, 100, 8 * MIB);

/** 24 MiB: two of them and little else fill a segment. */
function hugeBatch(firstIdx: number): Batch {
  return makeBatch(firstIdx, [HUGE_EVENT, HUGE_EVENT, HUGE_EVENT]);
}
