import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskOperation } from '@jitos/testkit/disk/faulty-disk.ts';
import { faultyDisk } from '@jitos/testkit/disk/faulty-disk.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { eraseRange, ZeroedFile } from './zeros.ts';

const PATH = '/folder/file';
const CHUNK = 256 * 1024;

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder('/folder');
  return disk;
}

test('growths that overlap end at the furthest, and a nearer one adds nothing', async () => {
  const disk = newDisk();
  const zeros = ZeroedFile.create(disk, PATH);
  await Promise.all([zeros.growTo(CHUNK * 2 + 5), zeros.growTo(1000)]);
  assert.equal(zeros.zeroedEnd, CHUNK * 2 + 5);
  assert.equal(disk.bytes(PATH).length, CHUNK * 2 + 5);
  const before = disk.operationCount;
  await zeros.growTo(10);
  assert.deepEqual([zeros.zeroedEnd, disk.operationCount], [CHUNK * 2 + 5, before]);
  await zeros.close();
});

test('a growth that fails gives back what it took, and the next goes on from where it was', async () => {
  const disk = newDisk();
  const zeros = ZeroedFile.create(disk, PATH);
  await zeros.growTo(1000);
  disk.capacityBytes = CHUNK + 2000;
  const background = zeros.growTo(CHUNK * 3);
  const foreground = zeros.growTo(2000);
  await assert.rejects(background, { code: 'ENOSPC' });
  await foreground;
  assert.deepEqual([zeros.zeroedEnd, disk.bytes(PATH).length, zeros.isGrowing], [2000, 2000, false]);
  await zeros.close();
});

test('erasing writes where there is something, and nowhere else', async () => {
  const disk = newDisk();
  const bytes = Buffer.alloc(CHUNK * 4);
  bytes.fill(7, 50, 200);
  bytes[CHUNK * 2 + 150] = 1;
  bytes.fill(9, CHUNK * 3);
  disk.put(PATH, bytes);
  const writes: DiskOperation[] = [];
  const watching = faultyDisk(disk, (operation) => {
    if (operation.verb === 'write') writes.push(operation);
    return undefined;
  });
  const expected = Buffer.from(bytes).fill(0, 100, CHUNK * 3);
  await eraseRange(watching.open(PATH, 'durable'), 100, CHUNK * 3);
  assert.ok(disk.bytes(PATH).equals(expected));
  assert.deepEqual(
    writes.map(({ offset, sizeBytes }) => [offset, sizeBytes]),
    [
      [100, CHUNK],
      [100 + CHUNK * 2, CHUNK - 100],
    ],
  );
});
