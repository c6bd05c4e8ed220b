import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameBatches, makeBatch, sampleBatch, sampleEvent } from '@jitos/testkit/log-samples.ts';
import type { Batch } from '../../ports/log.ts';
import { batchSizeBytes } from '../../ports/log.ts';
import { decodeBatch, decodeBatchHead, encodeBatch, findBatchFault } from './batch-codec.ts';
import { crc32c } from './crc32c.ts';

const MARK = 0x8badf00d;

function encode(batch: Batch): Buffer {
  const sizeBytes = batchSizeBytes(batch.events);
  const bytes = Buffer.alloc(sizeBytes + 3, 0xff);
  encodeBatch(bytes, batch, sizeBytes, MARK);
  assert.ok(
    bytes.subarray(sizeBytes).every((byte) => byte === 0xff),
    'it writes its own bytes only',
  );
  return bytes.subarray(0, sizeBytes);
}

test('a batch comes back as it went, at any idx', () => {
  for (const firstIdx of [0, 1, 2 ** 32 - 1, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER - 3]) {
    const batch = sampleBatch(firstIdx, 3);
    const bytes = encode(batch);
    const head = decodeBatchHead(bytes, MARK);
    assert.ok(typeof head !== 'string');
    assert.deepEqual(head, { sizeBytes: bytes.length, count: 3, firstIdx });
    assert.equal(findBatchFault(bytes, head), undefined);
    assertSameBatches([decodeBatch(bytes, head)], [batch]);
  }
});

test('no head that claims more than a bound is believed, however right its checksum', () => {
  const head = (sizeBytes: number, count: number, firstIdx: bigint): Buffer => {
    const bytes = Buffer.alloc(56);
    bytes.writeUInt32LE(MARK, 0);
    bytes.writeUInt32LE(sizeBytes, 4);
    bytes.writeUInt32LE(count, 8);
    bytes.writeBigUInt64LE(firstIdx, 12);
    return bytes;
  };
  const refusal = (bytes: Buffer, mark: number): string => {
    const answer = decodeBatchHead(bytes, mark);
    assert.ok(typeof answer === 'string');
    return answer;
  };
  const mib32 = 32 * 1024 * 1024;
  assert.ok(typeof decodeBatchHead(head(mib32, 65_536, 2n ** 53n - 65_537n), MARK) !== 'string');
  assert.ok(typeof decodeBatchHead(head(64, 1, 0n), MARK) !== 'string');
  assert.match(refusal(head(mib32 + 1, 1, 0n), MARK), /claims 33554433 bytes/);
  assert.match(refusal(head(mib32, 65_537, 0n), MARK), /claims 65537 events/);
  assert.match(refusal(head(64, 0, 0n), MARK), /claims 0 events/);
  assert.match(refusal(head(63, 1, 0n), MARK), /1 events in 63 bytes/);
  assert.match(refusal(head(mib32, 65_536, 2n ** 53n - 65_536n), MARK), /claims idx/);
  assert.match(refusal(head(64, 1, 2n ** 64n - 1n), MARK), /claims idx/);
  assert.match(refusal(head(64, 1, 0n), MARK + 1), /no batch/);
});

test('events that do not fill their batch, or are over a bound, are refused, however right the checksum', () => {
  const batch = makeBatch(5, [sampleEvent(1, 4096, 100), sampleEvent(2, 0, 0)]);
  const whole = encode(batch);
  const damaged = (headerSize: number, bodySize: number, cut = 0): string | undefined => {
    const bytes = Buffer.from(whole.subarray(0, whole.length - cut));
    bytes.writeUInt32LE(bytes.length, 4);
    bytes.writeUInt32LE(headerSize, 56);
    bytes.writeUInt32LE(bodySize, 60);
    bytes.writeUInt32LE(crc32c(bytes, 56, bytes.length, crc32c(bytes, 0, 52)), 52);
    const head = decodeBatchHead(bytes, MARK);
    assert.ok(typeof head !== 'string');
    return findBatchFault(bytes, head);
  };
  assert.equal(damaged(4096, 100), undefined);
  assert.match(damaged(4097, 99) ?? '', /event 5 is over a bound/);
  assert.match(damaged(0, 8 * 1024 * 1024 + 1) ?? '', /event 5 is over a bound/);
  assert.match(damaged(4096, 101) ?? '', /event 6 is cut off/);
  assert.match(damaged(4096, 4000) ?? '', /event 6 is cut off/);
  assert.match(damaged(4096, 100, 8) ?? '', /event 6 is cut off/);
  const single = (bodySize: number): string | undefined => {
    const bytes = encode(makeBatch(5, [sampleEvent(1, 10, 10)]));
    bytes.writeUInt32LE(bodySize, 60);
    bytes.writeUInt32LE(crc32c(bytes, 56, bytes.length, crc32c(bytes, 0, 52)), 52);
    const head = decodeBatchHead(bytes, MARK);
    assert.ok(typeof head !== 'string');
    return findBatchFault(bytes, head);
  };
  assert.equal(single(10), undefined);
  assert.match(single(9) ?? '', /do not fill/);
  assert.match(single(11) ?? '', /do not fill/);
});
