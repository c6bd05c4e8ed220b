import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { SAMPLE_WORLD_ID, sampleOptions } from '@jitos/testkit/file-log-samples.ts';
import { assertSameBatches, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import * as fc from 'fast-check';
import { Failure } from '../../errors/failure.ts';
import type { Batch } from '../../ports/log.ts';
import type { FileLog } from './file-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import type { SyncMode } from './sync-policy.ts';

/** One life of the process: it appends batches of these sizes until it is done or dies, alone or with the system. */
interface Life {
  readonly counts: readonly number[];
  readonly diesAfter: number;
  readonly death: 'power' | 'process';
  readonly sync: SyncMode;
}

const life: fc.Arbitrary<Life> = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 25 }),
  diesAfter: fc.integer({ min: 0, max: 60 }),
  death: fc.constantFrom('power', 'process'),
  sync: fc.constantFrom('inline', 'async'),
});

test('what was acknowledged is there after any death, and nothing that was never appended', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), fc.integer(), async (lives, seed) => {
      const chance = seededChance(seed);
      let disk = new MemoryDisk();
      let history: Batch[] = [];
      for (const { counts, diesAfter, death, sync } of lives) {
        disk.powerCutAt = disk.operationCount + diesAfter;
        const { acknowledged, pending } = await live(disk, sync, counts, history);
        disk = death === 'power' ? disk.afterPowerCut(chance) : disk.afterProcessDeath();
        history = await recoveredHistory(disk, acknowledged, pending);
      }
    }),
    { numRuns: 200 },
  );
});

interface Outcome {
  readonly acknowledged: Batch[];
  /** The batch whose append failed: it may have become history or not. */
  readonly pending: Batch | undefined;
}

async function live(disk: MemoryDisk, sync: SyncMode, counts: readonly number[], before: Batch[]): Promise<Outcome> {
  const acknowledged = [...before];
  let pending: Batch | undefined;
  try {
    const log = await openOrCreate(disk, sync);
    assertSameBatches(await readAll(log), before);
    for (const count of counts) {
      pending = sampleBatch(log.length, count);
      await log.append(pending);
      acknowledged.push(pending);
      pending = undefined;
    }
  } catch (fault) {
    if (!(fault instanceof Failure)) throw fault;
    assert.equal(fault.reason, 'LOG_FAILED', fault.message);
  }
  return { acknowledged, pending };
}

/** What a writer finds when it comes back; what it has read it must find for ever. */
async function recoveredHistory(disk: MemoryDisk, acknowledged: Batch[], pending: Batch | undefined): Promise<Batch[]> {
  const log = await openOrCreate(disk, 'inline');
  const history = await readAll(log);
  await log.close();
  const hasPending = pending !== undefined && history.length > acknowledged.length;
  assertSameBatches(history, hasPending ? [...acknowledged, pending] : acknowledged);
  return history;
}

async function openOrCreate(disk: MemoryDisk, sync: SyncMode): Promise<FileLog> {
  const options = { ...sampleOptions(disk), sync };
  try {
    return await openFileLog(options);
  } catch (fault) {
    if (!(fault instanceof Failure) || fault.reason !== 'WORLD_NOT_FOUND') throw fault;
    return createFileLog({ ...options, worldId: SAMPLE_WORLD_ID });
  }
}

/** Numbers in [0, 1) that follow from a seed. */
function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
