import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFrom } from '@jitos/kernel';
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
import { crc32c } from './crc32c.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import { readFileLog } from './read-only-log.ts';
import type { TornTail } from './walk-log.ts';

const BATCH_HEADER_BYTES = 56;
const batches = [sampleBatch(0, 2), sampleBatch(2, 1), sampleBatch(3, 3)];
const offsets = batchOffsets([...batches, sampleBatch(6, 1)]);
const [, secondOffset, lastOffset, endOffset] = offsets as [number, number, number, number]; // one for each of four
const FIRST = `${SAMPLE_FOLDER}/00000000000000000000.log`;

test('a last batch cut short at any byte is cut off, told, and written over', async () => {
  const whole = await makeSampleDisk(batches);
  const fillers = { zeros: () => 0, garbage: (i: number) => (i * 73 + 41) & 255 };
  for (const [name, filler] of Object.entries(fillers)) {
    for (let cut = lastOffset; cut < endOffset; cut++) {
      const disk = whole.clone();
      const bytes = disk.bytes(FIRST);
      for (let i = cut; i < endOffset; i++) bytes[i] = filler(i);
      const told: TornTail[] = [];
      const log = await openFileLog({ ...sampleOptions(disk), onTornTail: (tail) => told.push(tail) });
      assert.equal(log.length, 3, `${name} from ${cut}`);
      assertSameBatches(await readAll(log), batches.slice(0, 2));
      const isTorn = name === 'garbage' || cut > lastOffset;
      assert.deepEqual(told, log.tornTail === undefined ? [] : [log.tornTail]);
      assert.equal(log.tornTail?.offset, isTorn ? lastOffset : undefined);
      assert.ok(
        disk
          .bytes(FIRST)
          .subarray(lastOffset)
          .every((byte) => byte === 0),
      );
      await appendAndWait(log, sampleBatch(3, 1));
      await log.close();
      const again = await openFileLog(sampleOptions(disk));
      assert.equal(again.tornTail, undefined);
      assertSameBatches(await readAll(again), [...batches.slice(0, 2), sampleBatch(3, 1)]);
      await again.close();
    }
  }
});

test('a file that ends within its last batch is a torn tail too', async () => {
  const whole = await makeSampleDisk(batches);
  for (let end = lastOffset; end < endOffset; end += 7) {
    const disk = whole.clone();
    disk.put(FIRST, disk.bytes(FIRST).subarray(0, end));
    const log = await openFileLog(sampleOptions(disk));
    await appendAndWait(log, batches[2]!);
    assertSameBatches(await readAll(log), batches);
    await log.close();
  }
});

test('any bit flipped in a batch that others follow is damage, told with its place, and nothing is written', async () => {
  const whole = await makeSampleDisk(batches);
  for (let offset = secondOffset; offset < lastOffset; offset++) {
    const bits = offset < secondOffset + BATCH_HEADER_BYTES ? [0, 1, 2, 3, 4, 5, 6, 7] : [offset % 8];
    for (const bit of bits) {
      const disk = whole.clone();
      disk.bytes(FIRST)[offset]! ^= 1 << bit;
      const before = Buffer.from(disk.bytes(FIRST));
      const failure = await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_DAMAGED', `${FIRST}@${secondOffset}`);
      assert.match(failure.message, /events 2 to 2 are lost.*log check/);
      assert.ok(disk.bytes(FIRST).equals(before));
      assert.equal(disk.operationCount, 0);
    }
  }
});

test('any bit flipped in the last batch makes it a torn tail', async () => {
  const whole = await makeSampleDisk(batches);
  for (let offset = lastOffset; offset < endOffset; offset++) {
    const disk = whole.clone();
    disk.bytes(FIRST)[offset]! ^= 1 << (offset % 8);
    const log = await openFileLog(sampleOptions(disk));
    assertSameBatches(await readAll(log), batches.slice(0, 2));
    assert.equal(log.tornTail?.firstIdx, 3);
    await log.close();
  }
});

test('any bit flipped in a segment header is damage', async () => {
  const whole = await makeSampleDisk(batches);
  for (let bit = 0; bit < 64 * 8; bit++) {
    const disk = whole.clone();
    disk.bytes(FIRST)[bit >> 3]! ^= 1 << (bit & 7);
    await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_DAMAGED', `${FIRST}@0`);
    assert.equal(disk.operationCount, 0);
  }
});

test('a segment of another version is told apart from damage', async () => {
  const disk = await makeSampleDisk(batches);
  const bytes = disk.bytes(FIRST);
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(crc32c(bytes, 0, 60), 60);
  const before = disk.operationCount;
  const failure = await assertFailure(openFileLog(sampleOptions(disk)), 'DATA_FORMAT_UNKNOWN', `${FIRST}@0`);
  assert.match(failure.message, /version 1.*open this folder with the version/);
  assert.equal(disk.operationCount, before);
});

test('zeros over a batch in the middle are damage, and garbage behind the end is a torn tail', async () => {
  const zeroed = await makeSampleDisk(batches);
  zeroed.bytes(FIRST).fill(0, secondOffset, lastOffset);
  await assertFailure(openFileLog(sampleOptions(zeroed)), 'LOG_DAMAGED', `${FIRST}@${secondOffset}`);
  const spotted = await makeSampleDisk(batches);
  spotted.bytes(FIRST)[endOffset + 100] = 1;
  const log = await openFileLog(sampleOptions(spotted));
  assert.deepEqual([log.length, log.tornTail?.offset, log.tornTail?.sizeBytes], [6, endOffset, 101]);
  assert.equal(spotted.bytes(FIRST)[endOffset + 100], 0);
  await log.close();
});

test('a whole batch in the place of another is damage, and at the end a torn tail', async () => {
  const alike = [0, 1, 2].map((idx) => makeBatch(idx, [sampleEvent(idx, 10, 10)]));
  const [begin, second, third, end] = batchOffsets([...alike, sampleBatch(3, 1)]);
  const whole = await makeSampleDisk(alike);
  const inside = whole.clone();
  inside.bytes(FIRST).copy(inside.bytes(FIRST), second, begin, second);
  const failure = await assertFailure(openFileLog(sampleOptions(inside)), 'LOG_DAMAGED', `${FIRST}@${second}`);
  assert.match(failure.message, /begins at idx 0 where 1 is due/);
  const atEnd = whole.clone();
  atEnd.bytes(FIRST).copy(atEnd.bytes(FIRST), third, begin, second);
  const log = await openFileLog(sampleOptions(atEnd));
  assert.deepEqual([log.length, log.tornTail?.sizeBytes], [2, end! - third!]);
  await log.close();
});

test('the images of batches inside a torn one are not taken for later batches', async () => {
  const small = [makeBatch(0, [sampleEvent(0, 9, 9)]), makeBatch(1, [sampleEvent(1, 9, 9)])];
  const imagesEnd = batchOffsets([...small, sampleBatch(2, 1)])[2];
  const ownPast = (await makeSampleDisk(small)).bytes(FIRST).subarray(64, imagesEnd);
  const foreign = new MemoryDisk();
  const foreignLog = await createFileLog({ ...sampleOptions(foreign), worldId: new Uint8Array(16).fill(1) });
  await appendAndWait(foreignLog, sampleBatch(0, 5), sampleBatch(5, 1));
  await foreignLog.close();
  const body = Buffer.concat([ownPast, foreign.bytes(FIRST).subarray(64, 1000)]);
  const disk = await makeSampleDisk([
    ...small,
    makeBatch(2, [{ header: bytesFrom(Buffer.of(0)), body: bytesFrom(body) }]),
  ]);
  assert.deepEqual(segmentPaths(disk), [FIRST]);
  disk.bytes(FIRST)[imagesEnd! + 1]! ^= 1;
  const log = await openFileLog(sampleOptions(disk));
  assert.deepEqual([log.length, log.tornTail?.firstIdx], [2, 2]);
  await log.close();
});

test('a later batch is found wherever it begins, across the blocks of the search too', async () => {
  const blockBytes = 1024 * 1024;
  const geometry = { sizeBytes: 4 * blockBytes, growthBytesMin: blockBytes, growthBytesMax: blockBytes };
  for (let cut = -4; cut <= 1; cut++) {
    const disk = new MemoryDisk();
    const options = { ...sampleOptions(disk), geometry };
    const log = await createFileLog({ ...options, worldId: SAMPLE_WORLD_ID });
    const filling = sampleEvent(1, 0, blockBytes + cut - BATCH_HEADER_BYTES - 8);
    await appendAndWait(log, makeBatch(0, [filling]), sampleBatch(1, 1));
    await log.close();
    disk.bytes(FIRST)[64 + 60]! ^= 1;
    const failure = await assertFailure(openFileLog(options), 'LOG_DAMAGED', `${FIRST}@64`);
    assert.match(failure.message, new RegExp(`whole ones follow at ${64 + blockBytes + cut};`));
  }
});

test('segments that are missing, foreign, misnamed or too many are damage', async () => {
  const many = Array.from({ length: 60 }, (_, i) => sampleBatch(i * 3, 3));
  const whole = await makeSampleDisk(many);
  const paths = segmentPaths(whole);
  assert.ok(paths.length >= 4);
  const [first, second, third, fourth] = paths as [string, string, string, string]; // at least four, as just asserted
  const cases: [string, (disk: MemoryDisk) => void, RegExp][] = [
    ['no first', (disk) => disk.remove(first), /segment 1 of the log where segment 0 is due/],
    ['no third', (disk) => disk.remove(third), /the next segment begins at idx/],
    ['first in the place of the second', (disk) => disk.put(second, disk.bytes(first)), /name is not that/],
    ['two bytes', (disk) => disk.put(third, new Uint8Array(2)), /cut off/],
    ['not a segment', (disk) => disk.put(fourth, new Uint8Array(100).fill(65)), /JITOSLOG/],
    [
      'a batch too many',
      (disk) => disk.put(`${SAMPLE_FOLDER}/00000000000000000001.log`, disk.bytes(first)),
      /the next seg/,
    ],
  ];
  for (const [name, damage, message] of cases) {
    const disk = whole.clone();
    damage(disk);
    const before = disk.operationCount;
    const failure = await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_DAMAGED');
    assert.match(failure.message, message, name);
    assert.equal(disk.operationCount, before, name);
  }
  const foreign = new MemoryDisk();
  const log = await createFileLog({ ...sampleOptions(foreign), worldId: new Uint8Array(16) });
  await appendAndWait(log, ...many);
  await log.close();
  const mixed = whole.clone();
  mixed.put(second, foreign.bytes(second));
  const failure = await assertFailure(openFileLog(sampleOptions(mixed)), 'LOG_DAMAGED', `${second}@0`);
  assert.match(failure.message, /another world/);
});

test('a torn end of a segment that another follows is damage', async () => {
  const many = Array.from({ length: 60 }, (_, i) => sampleBatch(i * 3, 3));
  const disk = await makeSampleDisk(many);
  const [first, second] = segmentPaths(disk) as [string, string]; // sixty batches fill more than one
  const { length } = await readFileLog({ disk: withOnly(disk, first), folder: SAMPLE_FOLDER });
  const bytes = disk.bytes(first);
  bytes[bytes.findLastIndex((byte) => byte !== 0)]! ^= 1;
  const failure = await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_DAMAGED');
  assert.match(failure.message, new RegExp(`begins at idx ${length}, not ${length - 3}`));
  assert.ok(failure.place.startsWith(`${first}@`));
  assert.equal(second, `${SAMPLE_FOLDER}/${String(length).padStart(20, '0')}.log`);
});

test('an empty segment at the end, a spare left behind and other files do no harm', async () => {
  const many = Array.from({ length: 60 }, (_, i) => sampleBatch(i * 3, 3));
  const disk = await makeSampleDisk(many);
  const last = segmentPaths(disk).at(-1)!;
  disk.bytes(last).fill(0, 64);
  disk.put(`${SAMPLE_FOLDER}/spare.tmp`, Buffer.from('half a segment'));
  disk.put(`${SAMPLE_FOLDER}/notes.txt`, Buffer.from('hello'));
  const log = await openFileLog(sampleOptions(disk));
  assert.ok(log.length > 0 && log.length < 180);
  assert.ok(!disk.list(SAMPLE_FOLDER).includes('spare.tmp'));
  assert.ok(disk.list(SAMPLE_FOLDER).includes('notes.txt'));
  await appendAndWait(log, sampleBatch(log.length, 2));
  assertSameBatches((await readAll(log)).slice(-1), [sampleBatch(log.length - 2, 2)]);
  await log.close();
});

test('opening writes the last batch once more, so that what is read lasts', async () => {
  const disk = await makeSampleDisk(batches);
  const path = FIRST;
  const image = Buffer.from(disk.bytes(path));
  disk.put(path, Buffer.from(image).fill(0, lastOffset));
  const file = disk.open(path, 'write');
  file.writeSync(image, image.length, 0); // seen by reads, but the process died before it was synced
  const log = await openFileLog(sampleOptions(disk));
  assert.equal(log.length, 6);
  const after = disk.afterPowerCut(() => 0.99); // every sector old
  assertSameBatches(await readAll(await readFileLog({ disk: after, folder: SAMPLE_FOLDER })), batches);
  await log.close();
});

test('opening makes the name of the newest segment last, for who took it may have died before', async () => {
  const disk = await makeSampleDisk([]);
  const dying = faultyDisk(disk, ({ verb }) =>
    verb === 'syncFolder' && segmentPaths(disk).length === 2 ? { code: 'EIO' } : undefined,
  );
  const first = await openFileLog(sampleOptions(dying));
  const append = async (): Promise<void> => first.append(sampleBatch(first.length, 3));
  await assertFailure(
    (async () => {
      for (;;) await append();
    })(),
    'LOG_FAILED',
  );
  await first.close();
  assert.equal(segmentPaths(disk).length, 2);
  const again = await openFileLog(sampleOptions(disk));
  await appendAndWait(again, sampleBatch(again.length, 1));
  const kept = await readAll(again);
  const after = disk.afterPowerCut(() => 0); // of names, only those that were synced
  assertSameBatches(await readAll(await readFileLog({ disk: after, folder: SAMPLE_FOLDER })), kept);
  await again.close();
});

test('a folder without a log, and one that has one already', async () => {
  const disk = new MemoryDisk();
  await assertFailure(openFileLog(sampleOptions(disk)), 'WORLD_NOT_FOUND', SAMPLE_FOLDER);
  await assertFailure(readFileLog(sampleOptions(disk)), 'WORLD_NOT_FOUND', SAMPLE_FOLDER);
  disk.makeFolder(SAMPLE_FOLDER);
  await assertFailure(openFileLog(sampleOptions(disk)), 'WORLD_NOT_FOUND', SAMPLE_FOLDER);
  assert.deepEqual(disk.list(SAMPLE_FOLDER), []);
  const make = { ...sampleOptions(disk), worldId: SAMPLE_WORLD_ID };
  const log = await createFileLog(make);
  assert.deepEqual(log.worldId, SAMPLE_WORLD_ID);
  await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_LOCKED', SAMPLE_FOLDER);
  await log.close();
  await assertFailure(createFileLog(make), 'WORLD_EXISTS', SAMPLE_FOLDER);
  await assert.rejects(createFileLog({ ...make, worldId: new Uint8Array(15) }), /16 bytes/);
});

function withOnly(disk: MemoryDisk, path: string): MemoryDisk {
  const copy = new MemoryDisk();
  copy.put(path, disk.bytes(path));
  return copy;
}
