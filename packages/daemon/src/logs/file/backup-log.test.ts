import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { faultyDisk } from '@jitos/testkit/disk/faulty-disk.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  assertFailure,
  batchOffsets,
  makeSampleDisk,
  SAMPLE_FOLDER,
  SAMPLE_WORLD_ID,
  sampleOptions,
  segmentPaths,
} from '@jitos/testkit/file-log-samples.ts';
import {
  appendAndWait,
  assertSameBatches,
  makeBatch,
  readAll,
  sampleBatch,
  sampleEvent,
} from '@jitos/testkit/log-samples.ts';
import type { Disk } from '../../ports/disk.ts';
import { backupLog, copyLog, MANIFEST_NAME, readManifest, type CopyReport } from './backup-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import { readFileLog } from './read-only-log.ts';

const INTO = '/backup';
const batches = Array.from({ length: 40 }, (_, i) => sampleBatch(i * 3, 3));
const offsets = batchOffsets(batches);

function backup(disk: Disk): Promise<CopyReport> {
  return backupLog({ disk, folder: SAMPLE_FOLDER, into: INTO });
}

async function assertBackup(disk: MemoryDisk, expected = batches): Promise<void> {
  assertSameBatches(await readAll(await readFileLog({ disk, folder: INTO })), expected);
  const { events, worldId } = await readManifest({ disk, folder: INTO });
  assert.deepEqual([events, worldId], [expected.length * 3, Buffer.from(SAMPLE_WORLD_ID).toString('hex')]);
}

/** A log that stays open for writing, with its first `count` batches. */
async function makeOpenLog(
  count: number,
): Promise<{ readonly disk: MemoryDisk; readonly append: (to: number) => Promise<void> }> {
  const disk = new MemoryDisk();
  const log = await createFileLog({ ...sampleOptions(disk), worldId: SAMPLE_WORLD_ID });
  let done = 0;
  const append = async (to: number): Promise<void> => {
    await appendAndWait(log, ...batches.slice(done, to));
    done = to;
  };
  await append(count);
  return { disk, append };
}

test('a log that is being written to is copied up to its last whole batch, then only what has changed', async () => {
  const { disk, append } = await makeOpenLog(20);
  const first = await backup(disk);
  await assertBackup(disk, batches.slice(0, 20));
  assert.deepEqual([first.events, first.copiedSegments], [60, first.segments]);
  assert.ok(first.segments > 2);
  const again = await backup(disk);
  assert.deepEqual([again.events, again.copiedSegments, again.copiedBytes], [60, 0, 0]);
  await append(40);
  const later = await backup(disk);
  assert.deepEqual([later.events, later.segments - later.copiedSegments], [120, first.segments - 1]);
  await assertBackup(disk);
});

test('a torn tail is left behind', async () => {
  const disk = await makeSampleDisk(batches);
  const bytes = disk.bytes(segmentPaths(disk).at(-1)!);
  bytes[bytes.findLastIndex((byte) => byte !== 0)]! ^= 1;
  assert.equal((await backup(disk)).events, 117);
  await assertBackup(disk, batches.slice(0, -1));
});

test('what is copied is durable where it came from, and what is told to be copied is durable where it went', async () => {
  const { disk } = await makeOpenLog(20);
  const lastPath = segmentPaths(disk).at(-1)!;
  let isSynced = false;
  let isEarly = false;
  const watched = faultyDisk(disk, ({ verb, path }) => {
    if (verb === 'sync' && path === lastPath) isSynced = true;
    if (verb === 'write' && path.startsWith(INTO) && !isSynced) isEarly = true;
    return undefined;
  });
  await backup(watched);
  assert.deepEqual([isSynced, isEarly], [true, false]);
  await assertBackup(
    disk.afterPowerCut(() => 0),
    batches.slice(0, 20),
  );
});

test('a backup that rotted is made good, and one that went missing is copied again', async () => {
  const disk = await makeSampleDisk(batches);
  await backup(disk);
  const paths = segmentPaths(disk).map((path) => `${INTO}/${basename(path)}`);
  disk.bytes(paths[0]!)[offsets[1]! + 60]! ^= 1;
  disk.bytes(paths[1]!)[20]! ^= 1;
  disk.remove(paths[2]!);
  assert.equal((await backup(disk)).copiedSegments, 3);
  await assertBackup(disk);
});

test('a damaged segment never takes the place of its good copy', async () => {
  const disk = await makeSampleDisk(batches);
  await backup(disk);
  const path = segmentPaths(disk)[0]!;
  disk.bytes(path)[offsets[1]! + 60]! ^= 1;
  await assertFailure(backup(disk), 'LOG_DAMAGED', `${path}@${offsets[1]}`);
  await assertBackup(disk);
});

test('a damaged log is not taken for a backup', async () => {
  for (const at of [0, 1]) {
    const disk = await makeSampleDisk(batches);
    disk.bytes(segmentPaths(disk)[at]!)[64 + 60]! ^= 1;
    await assertFailure(backup(disk), 'LOG_DAMAGED', `${segmentPaths(disk)[at]}@64`);
    await assertFailure(readManifest({ disk, folder: INTO }), 'COPY_UNFIT', `${INTO}/${MANIFEST_NAME}`);
  }
});

test('a backup of another world, of another history, or of more events is not written over', async () => {
  const disk = await makeSampleDisk(batches.slice(0, 19));
  const paths = segmentPaths(disk);
  const unfit = async (source: MemoryDisk, file: number, detail: RegExp): Promise<void> => {
    const target = disk.clone();
    target.makeFolder(INTO);
    for (const path of segmentPaths(source)) target.put(`${INTO}/${basename(path)}`, source.bytes(path));
    const before = target.operationCount;
    const failure = await assertFailure(backup(target), 'COPY_UNFIT');
    assert.ok(failure.place.startsWith(`${INTO}/${basename(segmentPaths(source)[file]!)}`), failure.place);
    assert.match(failure.message, detail);
    assert.equal(target.operationCount, before + 2, 'the folder was made to last, and the log');
  };
  const longer = await makeSampleDisk(batches);
  await unfit(longer, paths.length, /no such segment/);
  await unfit(await makeSampleDisk(batches.slice(0, 20)), paths.length - 1, /more events than the log/);
  const fork = [
    ...batches.slice(0, 18),
    makeBatch(
      54,
      [1, 2, 3].map((seed) => sampleEvent(seed, 23, 5)),
    ),
  ];
  await unfit(await makeSampleDisk(fork), paths.length - 1, /another history from event 54 on/);
  const stranger = new MemoryDisk();
  await (await createFileLog({ ...sampleOptions(stranger), worldId: new Uint8Array(16) })).close();
  await unfit(stranger, 0, /another world/);
});

test('two backups into one folder keep off each other', async () => {
  const disk = await makeSampleDisk(batches);
  disk.makeFolder(INTO);
  const lock = disk.lock(`${INTO}/lock.db`);
  await assertFailure(backup(disk), 'LOG_LOCKED', INTO);
  lock.release();
  await backup(disk);
});

test('a backup that is cut off at any operation is completed by the next one, and whole segments are never lost', async () => {
  const { disk: early, append } = await makeOpenLog(20);
  await backup(early);
  await append(40);
  for (let cutAt = 0; ; cutAt++) {
    const disk = early.clone();
    let count = 0;
    const isOver = await backup(
      faultyDisk(disk, ({ verb, mode }) => {
        if (verb === 'read' || (verb === 'open' && mode === 'read')) return undefined;
        return count++ === cutAt ? { code: 'EIO', writtenBytes: 100 } : undefined;
      }),
    ).then(
      () => true,
      () => false,
    );
    const kept = await readAll(await readFileLog({ disk, folder: INTO }));
    assert.ok(kept.length >= 20);
    assertSameBatches(kept, batches.slice(0, kept.length));
    await backup(disk);
    await assertBackup(disk);
    if (isOver) {
      assert.ok(cutAt > 10);
      return;
    }
  }
});

test('a copy opens as a log, and goes on', async () => {
  const disk = await makeSampleDisk(batches);
  await copyLog({ disk, folder: SAMPLE_FOLDER, into: INTO });
  assert.ok(!disk.list(INTO).includes(MANIFEST_NAME));
  const log = await openFileLog({ ...sampleOptions(disk), folder: INTO });
  await appendAndWait(log, sampleBatch(120, 3));
  assertSameBatches(await readAll(log), [...batches, sampleBatch(120, 3)]);
  await log.close();
});
