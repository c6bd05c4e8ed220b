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
import { createFileLog, openFileLog } from './file-log.ts';
import { carryOutRepair, planRepair, type RepairOptions, type RepairPlan, type SavedSegment } from './repair-log.ts';
import { SPARE_NAME } from './tail.ts';

const COPY_FOLDER = '/copy';
const batches = Array.from({ length: 40 }, (_, i) => sampleBatch(i * 3, 3));
const offsets = batchOffsets(batches);

/** A log with a copy of its first `count` segments, all by default. */
async function makeCopied(count = Infinity): Promise<{ readonly disk: MemoryDisk; readonly paths: readonly string[] }> {
  const disk = await makeSampleDisk(batches);
  const paths = segmentPaths(disk);
  for (const path of paths.slice(0, count)) disk.put(`${COPY_FOLDER}/${basename(path)}`, disk.bytes(path));
  return { disk, paths };
}

async function plan(disk: Disk, from: string = COPY_FOLDER): Promise<RepairPlan> {
  return planRepair({ disk, folder: SAMPLE_FOLDER, from });
}

async function repair(
  disk: Disk,
  copy: Pick<RepairOptions, 'from'> = { from: COPY_FOLDER },
): Promise<readonly SavedSegment[]> {
  const options = { disk, folder: SAMPLE_FOLDER, ...copy };
  return carryOutRepair(options, await planRepair(options));
}

async function assertWhole(disk: MemoryDisk, expected = batches): Promise<void> {
  const log = await openFileLog(sampleOptions(disk));
  assert.equal(log.tornTail, undefined);
  assertSameBatches(await readAll(log), expected);
  await log.close();
}

test('a whole log needs nothing, with a copy or without', async () => {
  const { disk } = await makeCopied();
  const before = disk.operationCount;
  assert.deepEqual(await plan(disk), { segments: [], tornTail: undefined, damage: [] });
  assert.deepEqual(await planRepair({ disk, folder: SAMPLE_FOLDER, from: undefined }), {
    segments: [],
    tornTail: undefined,
    damage: [],
  });
  assert.equal(disk.operationCount, before);
});

test('a torn tail is cut, after the segment was saved as it was', async () => {
  const disk = await makeSampleDisk(batches);
  const path = segmentPaths(disk).at(-1)!;
  const bytes = disk.bytes(path);
  bytes[bytes.findLastIndex((byte) => byte !== 0)]! ^= 1;
  const torn = Buffer.from(bytes);
  const saved = await repair(disk, { from: undefined });
  assert.deepEqual(saved, [{ segment: basename(path), saved: `${basename(path)}.saved-1` }]);
  assert.ok(disk.bytes(`${path}.saved-1`).equals(torn));
  await assertWhole(disk, batches.slice(0, -1));
});

test('without a copy damage stays, and is told', async () => {
  const { disk, paths } = await makeCopied();
  disk.bytes(paths[0]!)[offsets[1]! + 60]! ^= 1;
  const before = disk.operationCount;
  const { segments, damage } = await planRepair({ disk, folder: SAMPLE_FOLDER, from: undefined });
  assert.deepEqual([segments, damage.length], [[], 1]);
  await assert.rejects(repair(disk, { from: undefined }), /leaves damage/);
  assert.equal(disk.operationCount, before);
});

const HARMS: Readonly<Record<string, (disk: MemoryDisk, paths: readonly string[]) => void>> = {
  'a flipped bit': (disk, paths) => (disk.bytes(paths[1]!)[100]! ^= 1),
  'a flipped bit in a header': (disk, paths) => (disk.bytes(paths[0]!)[20]! ^= 1),
  'zeros over a batch': (disk, paths) => disk.bytes(paths[0]!).fill(0, offsets[2], offsets[3]),
  'a segment cut short': (disk, paths) => disk.put(paths[1]!, disk.bytes(paths[1]!).subarray(0, 700)),
  'a segment cut to nothing': (disk, paths) => disk.put(paths[1]!, Buffer.alloc(0)),
  'the first segment gone': (disk, paths) => disk.remove(paths[0]!),
  'a middle segment gone': (disk, paths) => disk.remove(paths[2]!),
  'two segments swapped': (disk, paths) => {
    const first = Buffer.from(disk.bytes(paths[0]!));
    disk.put(paths[0]!, disk.bytes(paths[2]!));
    disk.put(paths[2]!, first);
  },
  'a flipped bit in the last batch': (disk, paths) => {
    const bytes = disk.bytes(paths.at(-1)!);
    bytes[bytes.findLastIndex((byte) => byte !== 0)]! ^= 1;
  },
  'a flipped bit in every header': (disk, paths) => {
    for (const path of paths) disk.bytes(path)[20]! ^= 1;
  },
  'damage in every segment': (disk, paths) => {
    for (const path of paths.slice(1)) disk.bytes(path)[90]! ^= 1;
  },
};

for (const [name, harm] of Object.entries(HARMS)) {
  test(`mended from a copy: ${name}`, async () => {
    const { disk, paths } = await makeCopied();
    harm(disk, paths);
    const harmed = new Map(segmentPaths(disk).map((path) => [basename(path), Buffer.from(disk.bytes(path))]));
    const before = disk.operationCount;
    const { segments, damage, tornTail } = await plan(disk);
    assert.ok(segments.length > 0);
    assert.deepEqual([damage, tornTail], [[], undefined]);
    assert.equal(disk.operationCount, before, 'a plan writes nothing');
    const saved = await repair(disk);
    const replaced = segments.map(({ segment }) => segment).filter((segment) => harmed.has(segment));
    assert.deepEqual(
      saved.map(({ segment }) => segment),
      replaced,
    );
    for (const { segment, saved: file } of saved) {
      assert.ok(disk.bytes(`${SAMPLE_FOLDER}/${file}`).equals(harmed.get(segment)!), segment);
    }
    await assertWhole(disk);
  });
}

test('a segment of another world is replaced, the first one too, and the others are left alone', async () => {
  for (const at of [0, 1]) {
    const { disk, paths } = await makeCopied();
    const stranger = { ...sampleOptions(disk), folder: '/other', worldId: new Uint8Array(16) };
    await (await createFileLog(stranger)).close();
    disk.put(paths[at]!, disk.bytes('/other/00000000000000000000.log'));
    const { segments } = await plan(disk);
    assert.deepEqual(
      segments.map(({ segment, isKept }) => [segment, isKept]),
      [[basename(paths[at]!), false]],
    );
    await repair(disk);
    await assertWhole(disk);
  }
});

test('what the copy does not reach is kept as it was', async () => {
  const { disk, paths } = await makeCopied(1);
  const copied = disk.bytes(`${COPY_FOLDER}/${basename(paths[0]!)}`);
  copied.fill(0, offsets[3]);
  disk.bytes(paths[0]!)[offsets[1]! + 60]! ^= 1;
  await repair(disk);
  await assertWhole(disk);
});

test('damage that the copy does not reach, or shares, is not mended, and nothing is written', async () => {
  const beyond = await makeCopied(1);
  beyond.disk.bytes(`${COPY_FOLDER}/${basename(beyond.paths[0]!)}`).fill(0, offsets[1]);
  beyond.disk.bytes(beyond.paths[0]!)[offsets[1]! + 60]! ^= 1;
  assert.match((await plan(beyond.disk)).damage[0]?.detail ?? '', /events 3 to 5 are lost/);
  const shared = await makeCopied();
  for (const path of [shared.paths[0]!, `${COPY_FOLDER}/${basename(shared.paths[0]!)}`]) {
    shared.disk.bytes(path)[offsets[1]! + 60]! ^= 1;
  }
  assert.equal((await plan(shared.disk)).damage.length, 1);
});

/** Another world with other events. */
async function makeStranger(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = await createFileLog({ ...sampleOptions(disk), worldId: new Uint8Array(16) });
  await appendAndWait(log, makeBatch(0, [sampleEvent(9, 30, 30)]));
  await log.close();
  return disk;
}

test('a copy of another world, or of another history of this one, is refused', async () => {
  const { disk, paths } = await makeCopied();
  disk.bytes(paths[0]!)[offsets[4]! + 60]! ^= 1;
  const fork = await makeSampleDisk([
    sampleBatch(0, 3),
    makeBatch(
      3,
      [1, 2, 3].map((seed) => sampleEvent(seed, 22, 9)),
    ),
    sampleBatch(6, 3),
  ]);
  const forkPath = segmentPaths(fork)[0]!;
  disk.put(`/fork/${basename(forkPath)}`, fork.bytes(forkPath));
  const failure = await assertFailure(plan(disk, '/fork'), 'COPY_UNFIT', `/fork/${basename(forkPath)}@${offsets[1]}`);
  assert.match(failure.message, /another history from event 3 on/);
  const stranger = { ...sampleOptions(disk), folder: '/other', worldId: new Uint8Array(16) };
  await (await createFileLog(stranger)).close();
  await assertFailure(plan(disk, '/other'), 'COPY_UNFIT', '/other');
  for (const path of paths) disk.bytes(path)[20]! ^= 1;
  disk.put(`/other/${basename(paths[0]!)}`, (await makeStranger()).bytes(paths[0]!));
  await assertFailure(plan(disk, '/other'), 'COPY_UNFIT', '/other');
  await assertFailure(plan(disk, '/nowhere'), 'WORLD_NOT_FOUND', '/nowhere');
});

test('a repair that is cut off at any operation leaves the damage or the mended log, and the next one ends it', async () => {
  for (let cutAt = 0; ; cutAt++) {
    const { disk, paths } = await makeCopied();
    disk.bytes(paths[1]!)[100]! ^= 1;
    disk.remove(paths[0]!);
    let count = 0;
    const isOver = await repair(
      faultyDisk(disk, ({ verb, mode }) => {
        if (verb === 'read' || mode === 'read') return undefined;
        return count++ === cutAt ? { code: 'EIO' } : undefined;
      }),
    ).then(
      () => true,
      () => false,
    );
    if (isOver) {
      assert.ok(cutAt > 5);
      return;
    }
    await repair(disk);
    await assertWhole(disk);
    assert.ok(!disk.list(SAMPLE_FOLDER).includes(SPARE_NAME));
  }
});
