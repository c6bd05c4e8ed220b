import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskFault, DiskOperation, FaultPlan } from '@jitos/testkit/disk/faulty-disk.ts';
import { faultyDisk } from '@jitos/testkit/disk/faulty-disk.ts';
import type { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  assertFailure,
  makeSampleDisk,
  SAMPLE_FOLDER,
  sampleOptions,
  segmentPaths,
} from '@jitos/testkit/file-log-samples.ts';
import { forwardDisk } from '@jitos/testkit/sim/forward-disk.ts';
import { appendAndWait, assertSameBatches, collect, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import type { Batch } from '../../ports/log.ts';
import type { FileLog } from './file-log.ts';
import { openFileLog } from './file-log.ts';
import type { SyncMode } from './sync-policy.ts';

const first = sampleBatch(0, 2);
const FIRST = `${SAMPLE_FOLDER}/00000000000000000000.log`;
const SYNC_MODES: readonly SyncMode[] = ['inline', 'async'];

/** A log with one batch, on a disk whose next faults the test chooses by setting `plan`. */
async function openFaulty(sync: SyncMode): Promise<{
  log: FileLog;
  disk: MemoryDisk;
  faults: { plan: FaultPlan };
}> {
  const disk = await makeSampleDisk([first]);
  const faults: { plan: FaultPlan } = { plan: () => undefined };
  const faulty = faultyDisk(disk, (operation) => faults.plan(operation));
  return { log: await openFileLog({ ...sampleOptions(faulty), sync }), disk, faults };
}

/** Appends, whether the fault comes thrown or in a promise. */
async function append(log: FileLog, batch: Batch): Promise<void> {
  await log.append(batch);
}

const onDurableWrite =
  (fault: DiskFault) =>
  ({ verb, mode }: DiskOperation): DiskFault | undefined =>
    verb === 'write' && mode === 'durable' ? fault : undefined;

for (const sync of SYNC_MODES) {
  test(`after a failed sync the log refuses everything (${sync})`, async () => {
    for (const writtenBytes of [0, 10, 10_000]) {
      const { log, faults, disk } = await openFaulty(sync);
      faults.plan = onDurableWrite({ code: 'EIO', writtenBytes });
      const failure = await assertFailure(append(log, sampleBatch(2, 1)), 'LOG_FAILED');
      assert.match(failure.place, new RegExp(`^${FIRST}@\\d+$`));
      assert.match(failure.message, /EIO.*unknown.*check the disk/);
      assert.equal(log.length, 2);
      faults.plan = () => undefined;
      await assertFailure(append(log, sampleBatch(2, 1)), 'LOG_FAILED');
      await assertFailure((async () => collect(log.batches(0)))(), 'LOG_FAILED');
      await log.close();
      const again = await openFileLog(sampleOptions(disk));
      assert.equal(again.length, writtenBytes === 10_000 ? 3 : 2); // known only now
      await again.close();
    }
  });

  test(`a write for which there was no room leaves no trace, and is taken when there is (${sync})`, async () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      for (const writtenBytes of [0, 1, 60, 10_000]) {
        const { log, faults, disk } = await openFaulty(sync);
        faults.plan = (operation) => {
          const fault = onDurableWrite({ code, writtenBytes })(operation);
          if (fault !== undefined) faults.plan = () => undefined;
          return fault;
        };
        const failure = await assertFailure(append(log, sampleBatch(2, 6)), 'LOG_FULL');
        assert.match(failure.message, new RegExp(`${code}.*nothing was written.*free some space`));
        assertSameBatches(await readAll(log), [first]);
        const copy = disk.clone();
        const crashed = await openFileLog(sampleOptions(copy));
        assert.deepEqual([crashed.length, crashed.tornTail], [2, undefined]);
        await appendAndWait(log, sampleBatch(2, 1), sampleBatch(3, 4));
        assertSameBatches(await readAll(log), [first, sampleBatch(2, 1), sampleBatch(3, 4)]);
        await log.close();
        const again = await openFileLog(sampleOptions(disk));
        assert.deepEqual([again.length, again.tornTail], [7, undefined]);
      }
    }
  });

  test(`a half-written batch that can't be erased fails the log (${sync})`, async () => {
    const { log, faults } = await openFaulty(sync);
    faults.plan = onDurableWrite({ code: 'ENOSPC', writtenBytes: 10 });
    await assertFailure(append(log, sampleBatch(2, 6)), 'LOG_FAILED');
    faults.plan = () => undefined;
    await assertFailure(append(log, sampleBatch(2, 6)), 'LOG_FAILED');
    await log.close();
  });

  test(`a disk that turns read-only refuses, and takes again when it is writable (${sync})`, async () => {
    const { log, faults } = await openFaulty(sync);
    for (const code of ['EROFS', 'EACCES']) {
      faults.plan = onDurableWrite({ code });
      const failure = await assertFailure(append(log, sampleBatch(log.length, 1)), 'LOG_READ_ONLY');
      assert.match(failure.message, new RegExp(`${code}.*writable`));
      faults.plan = () => undefined;
      await append(log, sampleBatch(log.length, 1));
    }
    assert.equal(log.length, 4);
    await log.close();
  });

  test(`a full disk in the making of room changes nothing, at whichever step (${sync})`, async () => {
    const refused = await eachStepOfManyAppends(sync, 'ENOSPC', 'LOG_FULL');
    assert.ok(refused >= 5, `growth, a new file, its zeros, its header, its name: not ${refused}`);
  });

  test(`any other fault in the making of room fails the log, and what it had is there after (${sync})`, async () => {
    const refused = await eachStepOfManyAppends(sync, 'EIO', 'LOG_FAILED');
    assert.ok(refused >= 5);
  });
}

/**
 * Appends batches through several segments, over and over, each time with one fault at the next step that makes room;
 * answers in how many of those rounds an append was refused.
 */
async function eachStepOfManyAppends(sync: SyncMode, code: string, reason: Reason): Promise<number> {
  let refusedCount = 0;
  for (let step = 0; ; step++) {
    const { log, faults, disk } = await openFaulty(sync);
    const kept = [first];
    let stepsLeft = step;
    let keptWhenHit = Infinity;
    faults.plan = (operation) => {
      if (!makesRoom(operation) || stepsLeft-- !== 0) return undefined;
      keptWhenHit = kept.length;
      return { code, writtenBytes: 100 };
    };
    const failures: Failure[] = [];
    while (kept.length < 40) {
      const batch = sampleBatch(log.length, 2);
      const failure = await failureOf(append(log, batch));
      if (failure === undefined) kept.push(batch);
      else failures.push(failure);
      if (failure?.reason !== 'LOG_FAILED') continue;
      await assertFailure(append(log, batch), 'LOG_FAILED'); // for good
      break;
    }
    await log.close();
    const again = await openFileLog(sampleOptions(disk));
    assertSameBatches(await readAll(again), kept);
    await again.close();
    if (keptWhenHit === Infinity) return refusedCount;
    assert.ok(failures.length <= 1, 'one fault is one refusal at most');
    const mayPass = reason === 'LOG_FULL' || keptWhenHit >= 35; // in the background, or too late for an append to meet it
    assert.ok(failures.length === 1 || mayPass);
    for (const failure of failures) assert.equal(failure.reason, isFinal(failure) ? 'LOG_FAILED' : reason);
    refusedCount += failures.length;
  }
}

/** Everything that changes the disk but the writing of a batch. */
function makesRoom({ verb, mode, path }: DiskOperation): boolean {
  if (verb === 'read' || mode === 'read') return false;
  return !(verb === 'write' && mode === 'durable' && path.endsWith('.log'));
}

/** A new segment that has its name and can't be made to last is beyond a second try, full disk or not. */
function isFinal(failure: Failure): boolean {
  return failure.message.includes('could not be taken into use');
}

async function failureOf(work: Promise<void>): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (fault) {
    if (fault instanceof Failure) return fault;
    throw fault;
  }
}

test('on a disk that fills up and empties, appends stop, reads go on, and appends resume', async () => {
  const disk = await makeSampleDisk([first]);
  const log = await openFileLog({ ...sampleOptions(disk), sync: 'async' });
  const kept = [first];
  for (let round = 0; round < 6; round++) {
    disk.capacityBytes = disk.capacityBytes === Infinity ? 3000 : disk.capacityBytes + 1700;
    for (;;) {
      const batch = sampleBatch(log.length, 3);
      const failure = await failureOf(append(log, batch));
      if (failure !== undefined) {
        assert.equal(failure.reason, 'LOG_FULL');
        break;
      }
      kept.push(batch);
    }
    assertSameBatches(await readAll(log), kept);
  }
  assert.ok(segmentPaths(disk).length > 3);
  await log.close();
  const again = await openFileLog(sampleOptions(disk)); // the disk is still full
  assertSameBatches(await readAll(again), kept);
  await again.close();
});

test('a sector that can not be read is damage, at open and later', async () => {
  const { log, faults, disk } = await openFaulty('inline');
  faults.plan = ({ verb }) => (verb === 'read' ? { code: 'EIO' } : undefined);
  const failure = await assertFailure(readAll(log), 'LOG_DAMAGED', `${FIRST}@64`);
  assert.match(failure.message, /EIO.*log check/);
  await log.close();
  const faulty = faultyDisk(disk, (operation) => faults.plan(operation));
  await assertFailure(openFileLog(sampleOptions(faulty)), 'LOG_DAMAGED', `${FIRST}@0`);
  faults.plan = ({ verb }) => (verb === 'open' ? { code: 'EMFILE' } : undefined);
  await assertFailure(openFileLog(sampleOptions(faulty)), 'LOG_FAILED');
});

test('a clock that jumps changes nothing but how a write waits', async () => {
  const disk = await makeSampleDisk([first]);
  const jumps = [0, 1e12, -1e12, 1e15, 5, -1e15, 3, 3];
  let count = 0;
  const nowMs = (): number => jumps[count++ % jumps.length]!;
  const log = await openFileLog({ ...sampleOptions(disk), sync: 'adaptive', nowMs });
  const kept = [first];
  while (kept.length < 200) {
    const batch = sampleBatch(log.length, 3);
    await log.append(batch);
    kept.push(batch);
  }
  await log.close();
  assert.ok(count > 200, 'the clock was asked');
  const again = await openFileLog(sampleOptions(disk));
  assertSameBatches(await readAll(again), kept);
  await again.close();
});

test('closing holds the folder until the write that is under way has ended', async () => {
  const disk = await makeSampleDisk([first]);
  const gate = Promise.withResolvers<void>();
  let isGated = false;
  const slow = forwardDisk(disk, (file, _, mode) => ({
    write: async (...write) => {
      if (isGated && mode === 'durable') await gate.promise;
      await file.write(...write);
    },
  }));
  const log = await openFileLog({ ...sampleOptions(slow), sync: 'async' });
  isGated = true;
  const appended = append(log, sampleBatch(2, 1));
  const closed = log.close();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  await assertFailure(openFileLog(sampleOptions(disk)), 'LOG_LOCKED');
  gate.resolve();
  await Promise.all([appended, closed]);
  const again = await openFileLog(sampleOptions(disk));
  assert.equal(again.length, 3);
  await again.close();
});

test('a clock that went back is forgotten at the next slow writes', async () => {
  const disk = await makeSampleDisk([first]);
  let atMs = 0;
  let stepMs = 0.01;
  const log = await openFileLog({ ...sampleOptions(disk), sync: 'adaptive', nowMs: () => (atMs += stepMs) });
  const appendOne = (): Promise<void> | undefined => log.append(sampleBatch(log.length, 1));
  for (let quick = 0; quick < 60; quick++) await appendOne();
  stepMs = -1e12;
  await appendOne();
  stepMs = 5;
  const waits: boolean[] = [];
  for (let slow = 0; slow < 10; slow++) {
    const pending = appendOne();
    waits.push(pending !== undefined);
    await pending;
  }
  assert.ok(waits.at(-1), 'slow writes are left to the thread pool');
  await log.close();
});
