import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSampleDisk, SAMPLE_FOLDER, sampleOptions, segmentPaths } from '@jitos/testkit/file-log-samples.ts';
import { appendAndWait, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { BatchCursor } from './batch-cursor.ts';
import { openFileLog } from './file-log.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_SIZE_BYTES } from './segment-format.ts';

test('a batch that a live writer puts where zeros were read, or half of it, is found by asking again', async () => {
  const disk = await makeSampleDisk([sampleBatch(0, 1)]);
  const [path] = segmentPaths(disk) as [string]; // one batch fills no segment
  const header = decodeSegmentHeader(disk.bytes(path).subarray(0, SEGMENT_HEADER_SIZE_BYTES));
  assert.ok('batchMark' in header);
  const file = disk.open(path, 'read');
  const cursor = new BatchCursor(file, header.batchMark, { offset: SEGMENT_HEADER_SIZE_BYTES, firstIdx: 0 });
  assert.equal((await cursor.next()).kind, 'batch');
  const log = await openFileLog({ ...sampleOptions(disk), folder: SAMPLE_FOLDER });
  await appendAndWait(log, sampleBatch(1, 1)); // after its zeros were read, with the batch before
  const second = await cursor.next();
  assert.ok(second.kind === 'batch');
  assert.equal((await cursor.next()).kind, 'end');
  await appendAndWait(log, sampleBatch(2, 1)); // after they were read on their own
  const third = await cursor.next();
  assert.ok(third.kind === 'batch');
  assert.deepEqual([second.place.firstIdx, third.place.firstIdx], [1, 2]);
  await log.close();
  file.close();
});
