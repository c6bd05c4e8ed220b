import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmall } from '@jitos/testkit/disk/small-mount.ts';
import { assertFailure } from '@jitos/testkit/file-log-samples.ts';
import {
  appendAndWait,
  assertSameBatches,
  makeBatch,
  readAll,
  sampleBatch,
  sampleEvent,
} from '@jitos/testkit/log-samples.ts';
import { Failure } from '../../errors/failure.ts';
import type { Batch } from '../../ports/log.ts';
import { checkLog } from './check-log.ts';
import type { FileLog } from './file-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import { nodeDisk } from './node-disk.ts';
import { readFileLog } from './read-only-log.ts';

const MIB = 1024 * 1024;
const disk = nodeDisk();
const worldId = new Uint8Array(16).fill(3);

test('on a real disk that is full, appends are refused, reads go on, and appends resume when there is room', async () => {
  const mount = mountSmall(4 * MIB);
  try {
    const ballast = join(mount.path, 'ballast');
    writeFileSync(ballast, new Uint8Array(MIB));
    const folder = join(mount.path, 'world');
    const log = await createFileLog({ folder, disk, sync: 'adaptive', worldId });
    await fill(log);
    const before = await readAll(log);
    assert.ok(before.length > 20, 'most of three MiB in batches of 100 KiB');
    await assertFailure(fillOne(log), 'LOG_FULL');
    rmSync(ballast);
    await appendAndWait(log, nextBatch(log));
    await fill(log);
    const after = await readAll(log);
    assertSameBatches(after.slice(0, before.length), before);
    assert.ok(after.length > before.length + 8, 'the MiB that the ballast held');
    await log.close();
    const again = await openFileLog({ folder, disk, sync: 'adaptive' });
    assert.deepEqual([again.length, again.tornTail], [log.length, undefined]);
    await assertFailure(fillOne(again), 'LOG_FULL');
    await again.close();
  } finally {
    mount.remove();
  }
});

test('a world is not made on a disk without room, and is when there is', async () => {
  const mount = mountSmall(MIB + 64 * 1024);
  try {
    const ballast = join(mount.path, 'ballast');
    writeFileSync(ballast, new Uint8Array(MIB));
    const options = { folder: join(mount.path, 'world'), disk, sync: 'adaptive', worldId } as const;
    await assertFailure(createFileLog(options), 'LOG_FULL', options.folder);
    rmSync(ballast);
    const log = await createFileLog(options);
    await appendAndWait(log, sampleBatch(0, 1));
    await log.close();
  } finally {
    mount.remove();
  }
});

test('a real read-only disk is told as such to writers, and served to readers', async () => {
  const mount = mountSmall(4 * MIB);
  try {
    const folder = join(mount.path, 'world');
    const log = await createFileLog({ folder, disk, sync: 'adaptive', worldId });
    await appendAndWait(log, sampleBatch(0, 3));
    await log.close();
    mount.remount('ro');
    await assertFailure(openFileLog({ folder, disk, sync: 'adaptive' }), 'LOG_READ_ONLY', folder);
    const other = join(mount.path, 'other');
    await assertFailure(createFileLog({ folder: other, disk, sync: 'adaptive', worldId }), 'LOG_READ_ONLY', other);
    assertSameBatches(await readAll(await readFileLog({ disk, folder })), [sampleBatch(0, 3)]);
    const onDamage = (): void => assert.fail('there is no damage');
    assert.equal((await checkLog({ disk, folder, onDamage })).length, 3);
    mount.remount('rw');
    const again = await openFileLog({ folder, disk, sync: 'adaptive' });
    await appendAndWait(again, sampleBatch(3, 1));
    await again.close();
  } finally {
    mount.remove();
  }
});

function nextBatch(log: FileLog): Batch {
  return makeBatch(log.length, [sampleEvent(log.length, 10, 100 * 1024)]);
}

async function fillOne(log: FileLog): Promise<void> {
  await log.append(nextBatch(log));
}

/** Appends until the disk is full. */
async function fill(log: FileLog): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      await fillOne(log);
    } catch (fault) {
      if (fault instanceof Failure && fault.reason === 'LOG_FULL') return;
      throw fault;
    }
  }
  assert.fail('the disk was never full');
}
