/** A log whose segments are no longer those that were written: what each of them leaves to be read, or is told as. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  assertFailure,
  makeSampleDisk,
  SAMPLE_FOLDER,
  sampleOptions,
  segmentPaths,
} from '@jitos/testkit/file-log-samples.ts';
import { appendAndWait, assertSameBatches, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { checkLog } from './check-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';

const batches = Array.from({ length: 48 }, (_, i) => sampleBatch(i * 3, 3));
const whole = await makeSampleDisk(batches);
const paths = segmentPaths(whole);
const lastPath = paths.at(-1) ?? '';

/** Opening refuses with a place among `places`, and changes nothing, whether or not early segments are believed. */
async function assertDamaged(disk: MemoryDisk, places: readonly string[], what: string): Promise<void> {
  const before = disk.operationCount;
  const { damageCount } = await checkLog({ disk, folder: SAMPLE_FOLDER, onDamage: () => undefined });
  assert.ok(damageCount > 0, what);
  const failure = await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_DAMAGED');
  assert.ok(
    places.some((path) => failure.place.startsWith(`${path}@`)),
    `${what}: ${failure.place}`,
  );
  assert.match(failure.message, /nothing was changed; list all damage with `npx jitosctl log check`/);
  assert.equal(disk.operationCount, before, `${what}: something was written`);
  await assertFailure(readBelieving(disk), 'LOG_DAMAGED');
}

/** Reads all of a log whose early segments were believed when it was opened. */
async function readBelieving(disk: MemoryDisk): Promise<void> {
  const log = await openFileLog({ ...sampleOptions(disk), checkFromIdx: 144 });
  try {
    await readAll(log);
  } finally {
    await log.close();
  }
}

/** The history begins as it did. Answers how many of its batches are left. */
async function openShorter(disk: MemoryDisk): Promise<number> {
  const log = await openFileLog(sampleOptions(disk));
  const kept = await readAll(log);
  await log.close();
  assertSameBatches(kept, batches.slice(0, kept.length));
  return kept.length;
}

test('a segment that is deleted is damage, and the last one a shorter history', async () => {
  assert.ok(paths.length >= 5);
  for (const [i, path] of paths.entries()) {
    const disk = whole.clone();
    disk.remove(path);
    if (path === lastPath) assert.ok((await openShorter(disk)) < batches.length);
    else await assertDamaged(disk, [paths[i - 1] ?? '', paths[i + 1] ?? ''], `deleted ${i}`);
  }
});

test('a segment that is truncated anywhere is damage, and the last one a shorter history', async () => {
  const end = whole.bytes(paths[1]!).findLastIndex((byte) => byte !== 0) + 1;
  for (let sizeBytes = 0; sizeBytes < end; sizeBytes += 61) {
    const disk = whole.clone();
    disk.put(paths[1]!, disk.bytes(paths[1]!).subarray(0, sizeBytes));
    await assertDamaged(disk, [paths[1]!, paths[2]!], `truncated to ${sizeBytes}`);
  }
  const lastEnd = whole.bytes(lastPath).findLastIndex((byte) => byte !== 0) + 1;
  const left = new Set<number>();
  for (let sizeBytes = 64; sizeBytes < lastEnd; sizeBytes += 61) {
    const disk = whole.clone();
    disk.put(lastPath, disk.bytes(lastPath).subarray(0, sizeBytes));
    left.add(await openShorter(disk));
  }
  assert.ok(left.size > 2, 'batch after batch is lost');
});

test('two segments that are swapped are damage', async () => {
  for (let i = 0; i < paths.length - 1; i++) {
    for (let j = i + 1; j < paths.length; j++) {
      const [one, other] = [paths[i]!, paths[j]!];
      const disk = whole.clone();
      disk.put(one, whole.bytes(other));
      disk.put(other, whole.bytes(one));
      await assertDamaged(disk, [one, other], `swapped ${i} and ${j}`);
    }
  }
});

test('a segment from another world is damage, wherever it stands', async () => {
  const foreign = new MemoryDisk();
  const log = await createFileLog({ ...sampleOptions(foreign), worldId: new Uint8Array(16).fill(1) });
  await appendAndWait(log, ...batches);
  await log.close();
  for (const [i, path] of paths.entries()) {
    const disk = whole.clone();
    disk.put(path, foreign.bytes(path));
    await assertDamaged(disk, [path, paths[i + 1] ?? path], `foreign ${i}`);
  }
});
