import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultyDisk } from '@jitos/testkit/disk/faulty-disk.ts';
import type { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  batchOffsets,
  makeSampleDisk,
  SAMPLE_FOLDER,
  SAMPLE_WORLD_ID,
  segmentPaths,
} from '@jitos/testkit/file-log-samples.ts';
import { assertSameBatches, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { checkDerivedFiles, checkLog, type DerivedFile, type LogCheck } from './check-log.ts';
import type { Damage } from './log-failures.ts';
import { readFileLog } from './read-only-log.ts';
import { openFileRewriteIndex } from './rewrite-index.ts';

const batches = Array.from({ length: 40 }, (_, i) => sampleBatch(i * 3, 3));

async function check(disk: MemoryDisk): Promise<LogCheck & { readonly damage: Damage[] }> {
  const damage: Damage[] = [];
  const before = disk.operationCount;
  const result = await checkLog({ disk, folder: SAMPLE_FOLDER, onDamage: (one) => damage.push(one) });
  assert.equal(disk.operationCount, before, 'a check writes nothing');
  assert.equal(result.damageCount, damage.length);
  return { ...result, damage };
}

test('a whole log is whole', async () => {
  const disk = await makeSampleDisk(batches);
  const { damage, log, ...result } = await check(disk);
  assert.deepEqual(damage, []);
  const segmentCount = segmentPaths(disk).length;
  assert.ok(segmentCount > 3);
  assert.deepEqual(result, { segmentCount, length: 120, damageCount: 0, tornTail: undefined });
  assert.ok(log !== undefined);
  assertSameBatches(await readAll(log), batches);
});

test('all damage is found in one walk, each with its place', async () => {
  const disk = await makeSampleDisk(batches);
  const paths = segmentPaths(disk);
  const name = (path: string): string => path.slice(SAMPLE_FOLDER.length + 1);
  const offsets = batchOffsets(batches);
  disk.bytes(paths[0]!)[offsets[1]! + 60]! ^= 1;
  disk.bytes(paths[0]!)[offsets[2]! + 3]! ^= 1;
  disk.bytes(paths[0]!).fill(0, offsets[4], offsets[5]);
  disk.bytes(paths[1]!)[20]! ^= 1;
  disk.remove(paths[2]!);
  const last = disk.bytes(paths.at(-1)!);
  last[last.findLastIndex((byte) => byte !== 0)]! ^= 1;
  const { damage, length, tornTail } = await check(disk);
  assert.deepEqual(
    damage.map(({ segment, offset }) => `${segment}@${offset}`),
    [
      `${name(paths[0]!)}@${offsets[1]}`,
      `${name(paths[0]!)}@${offsets[4]}`,
      `${name(paths[1]!)}@0`,
      `${name(paths[3]!)}@0`,
    ],
  );
  assert.match(damage[0]!.detail, /checksum is wrong; events 3 to 8 are lost/);
  assert.match(damage[1]!.detail, /the next segment begins at idx 15, not 12/);
  assert.match(damage[3]!.detail, /this is segment 3 of the log where segment 2 is due/);
  assert.equal(length, 117);
  assert.equal(tornTail?.firstIdx, 117);
});

test('a run of the rewrite index that is not as it was written is told, and left as it is', async () => {
  const disk = await makeSampleDisk(batches);
  const log = { worldId: SAMPLE_WORLD_ID, length: 120 };
  const checkDerived = (): readonly DerivedFile[] => {
    const before = disk.operationCount;
    const files = checkDerivedFiles({ disk, folder: SAMPLE_FOLDER, log });
    assert.equal(disk.operationCount, before, 'a check writes nothing');
    return files;
  };
  assert.deepEqual(checkDerived(), []);
  const index = openFileRewriteIndex({ folder: SAMPLE_FOLDER, disk, log, eventsPerRun: 10 });
  const entries = [1, 2, 15, 19].map((eventIdx, rewriteIdx) => ({ eventIdx, rewriteIdx, views: [0] }));
  index.append(entries, 25);
  await index.close();
  const [first, second] = ['rewrites-0-10.run', 'rewrites-10-20.run'];
  const whole = { file: first, fault: undefined, isRemade: true };
  assert.deepEqual(checkDerived(), [whole, { ...whole, file: second }]);
  const bytes = disk.bytes(`${SAMPLE_FOLDER}/${second}`);
  bytes[bytes.length - 100]! ^= 1;
  const advice = 'stop the daemon, delete it, and start it again, and look at the disk';
  const changed = `block 0 of 1 is not as it was written; ${advice}`;
  assert.deepEqual(checkDerived(), [whole, { file: second, fault: changed, isRemade: false }]);
  bytes[20]! ^= 1;
  const fault = 'it is cut short, or does not begin as one of this world does';
  assert.deepEqual(checkDerived(), [whole, { file: second, fault, isRemade: true }]);
});

test('of a run that a running daemon merges meanwhile nothing is said', async () => {
  const disk = await makeSampleDisk(batches);
  let isFirst = true;
  const forgetful = {
    ...faultyDisk(disk, () => undefined),
    list: (folder: string): readonly string[] => {
      const names = disk.list(folder);
      const gone = isFirst ? ['rewrites-0-10.run'] : [];
      isFirst = false;
      return [...names, ...gone];
    },
  };
  const files = checkDerivedFiles({ disk: forgetful, folder: SAMPLE_FOLDER, log: { worldId: SAMPLE_WORLD_ID } });
  assert.deepEqual(files, []);
});

test('a log is read without the lock, up to the last whole batch, and nothing is written', async () => {
  const disk = await makeSampleDisk(batches);
  const last = disk.bytes(segmentPaths(disk).at(-1)!);
  last[last.findLastIndex((byte) => byte !== 0)]! ^= 1;
  const before = disk.operationCount;
  const lock = disk.lock(`${SAMPLE_FOLDER}/lock.db`);
  const log = await readFileLog({ disk, folder: SAMPLE_FOLDER });
  assert.deepEqual(log.worldId, SAMPLE_WORLD_ID);
  assert.equal(log.length, 117);
  assert.equal(log.tornTail?.firstIdx, 117);
  assertSameBatches(await readAll(log), batches.slice(0, -1));
  assertSameBatches(await readAll(log, 58), batches.slice(19, -1));
  assert.equal(disk.operationCount, before);
  lock.release();
});
