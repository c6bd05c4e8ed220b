import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  assertFailure,
  batchOffsets,
  makeSampleDisk,
  SAMPLE_FOLDER,
  SAMPLE_WORLD_ID,
  segmentPaths,
} from '@jitos/testkit/file-log-samples.ts';
import { sampleBatch, toHex } from '@jitos/testkit/log-samples.ts';
import { bytesFrom, bytesToDigest } from '@jitos/kernel';
import { checkpointName, encodeCheckpointHeader } from './checkpoint-format.ts';
import { inspectEvent, inspectHeaders, inspectSegment, type LogFolder } from './inspect-log.ts';

const batches = Array.from({ length: 40 }, (_, i) => sampleBatch(i * 3, 3));

function logOn(disk: MemoryDisk): LogFolder {
  return { disk, folder: SAMPLE_FOLDER };
}

test('headers are shown in order, damaged ones with what is wrong, and nothing is written', async () => {
  const disk = await makeSampleDisk(batches);
  const worldDigest = bytesToDigest(bytesFrom(Buffer.alloc(32, 7), 0, 32));
  const checkpoint = encodeCheckpointHeader({ idx: 9, worldId: SAMPLE_WORLD_ID, worldDigest });
  disk.put(`${SAMPLE_FOLDER}/${checkpointName(9)}`, checkpoint);
  disk.put(`${SAMPLE_FOLDER}/${checkpointName(12)}`, checkpoint.subarray(0, 50));
  disk.bytes(segmentPaths(disk)[1]!)[30]! ^= 1;
  const before = disk.operationCount;
  const { segments, checkpoints } = await inspectHeaders(logOn(disk));
  assert.equal(segments.length, segmentPaths(disk).length);
  assert.deepEqual(
    [segments[0]?.header?.firstIdx, segments[0]?.header?.ordinal, segments[0]?.fault],
    [0, 0, undefined],
  );
  assert.deepEqual(segments[0]?.header?.worldId, SAMPLE_WORLD_ID);
  assert.deepEqual([segments[1]?.header, segments[1]?.fault], [undefined, "the header's checksum is wrong"]);
  assert.deepEqual(
    [segments[2]?.header?.ordinal, segments[2]?.sizeBytes],
    [2, disk.bytes(segmentPaths(disk)[2]!).length],
  );
  assert.deepEqual(
    checkpoints.map(({ header, fault }) => [header?.idx, header?.worldDigest, fault]),
    [
      [9, worldDigest, undefined],
      [undefined, undefined, 'the header is cut off after 50 bytes'],
    ],
  );
  assert.equal(disk.operationCount, before);
});

test('every event of the history is found, with the bytes that were appended', async () => {
  const disk = await makeSampleDisk(batches);
  for (const { firstIdx, treeRootBefore, events } of batches) {
    for (const [i, { header, body }] of events.entries()) {
      const look = await inspectEvent(logOn(disk), firstIdx + i);
      assert.deepEqual([toHex(look.event.header), toHex(look.event.body)], [toHex(header), toHex(body)]);
      assert.deepEqual([look.place.firstIdx, look.place.count], [firstIdx, 3]);
      assert.equal(look.batch.treeRootBefore, treeRootBefore);
      assert.ok(segmentPaths(disk).includes(`${SAMPLE_FOLDER}/${look.segment}`));
    }
  }
  const failure = await assertFailure(inspectEvent(logOn(disk), 120), 'EVENT_NOT_FOUND', 'event 120');
  assert.match(failure.message, /the history has 120 events/);
});

test('a segment shows its whole batches on both sides of a damaged one, which alone is lost', async () => {
  const disk = await makeSampleDisk(batches);
  const offsets = batchOffsets(batches);
  disk.bytes(segmentPaths(disk)[0]!)[offsets[1]! + 60]! ^= 1;
  const look = await inspectSegment(logOn(disk), 4);
  assert.deepEqual(
    look.batches.slice(0, 2).map(({ firstIdx, offset }) => [firstIdx, offset]),
    [
      [0, offsets[0]],
      [6, offsets[2]],
    ],
  );
  assert.match(look.damage[0]?.detail ?? '', /events 3 to 5 are lost/);
  assert.equal(look.tornTail, undefined);
  assert.equal((await inspectEvent(logOn(disk), 6)).place.offset, offsets[2]);
  await assertFailure(inspectEvent(logOn(disk), 4), 'LOG_DAMAGED', `${segmentPaths(disk)[0]}@${offsets[1]}`);
});

test('the last segment shows its torn tail, and one whose header is damaged is not shown', async () => {
  const disk = await makeSampleDisk(batches);
  const last = disk.bytes(segmentPaths(disk).at(-1)!);
  last[last.findLastIndex((byte) => byte !== 0)]! ^= 1;
  const look = await inspectSegment(logOn(disk), 117);
  assert.deepEqual([look.tornTail?.firstIdx, look.damage], [117, []]);
  await assertFailure(inspectEvent(logOn(disk), 117), 'EVENT_NOT_FOUND');
  disk.bytes(segmentPaths(disk)[0]!)[20]! ^= 1;
  await assertFailure(inspectSegment(logOn(disk), 0), 'LOG_DAMAGED', `${segmentPaths(disk)[0]}@0`);
  disk.remove(segmentPaths(disk)[0]!);
  await assertFailure(inspectSegment(logOn(disk), 0), 'EVENT_NOT_FOUND');
});
