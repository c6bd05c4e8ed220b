/** Disks that say that all went well when it did not: what a log then may lose, and what it may never do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lyingDisk, type Lie } from '@jitos/testkit/disk/lying-disk.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { SAMPLE_FOLDER, SAMPLE_WORLD_ID, sampleOptions } from '@jitos/testkit/file-log-samples.ts';
import { assertSameBatches, batchToPlain, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import * as fc from 'fast-check';
import { Failure } from '../../errors/failure.ts';
import type { Batch } from '../../ports/log.ts';
import { checkLog } from './check-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import type { SyncMode } from './sync-policy.ts';

interface Deceit {
  /** The append that it strikes, of those that there are. */
  readonly append: number;
  /** The write or sync that it strikes, counted from where that append begins. */
  readonly at: number;
  readonly lie: Lie;
  readonly counts: readonly number[];
  readonly sync: SyncMode;
}

/** Within the first few tiny segments' bytes. */
const offset = fc.integer({ min: 0, max: 2000 });

const LIES: Readonly<Record<Lie['kind'], fc.Arbitrary<Lie>>> = {
  unsynced: fc.constant({ kind: 'unsynced' }),
  short: fc.record({ kind: fc.constant('short' as const), sizeBytes: fc.integer({ min: 0, max: 600 }) }),
  misdirected: fc.record({ kind: fc.constant('misdirected' as const), offset }),
  repeated: fc.record({ kind: fc.constant('repeated' as const), offset }),
  flipped: fc.record({ kind: fc.constant('flipped' as const), bit: fc.integer({ min: 0, max: 5000 }) }),
};

function deceit(lie: fc.Arbitrary<Lie>): fc.Arbitrary<Deceit> {
  return fc.record({
    append: fc.nat(),
    at: fc.integer({ min: 0, max: 2 }),
    lie,
    counts: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 12 }),
    sync: fc.constantFrom<SyncMode>('inline', 'async'),
  });
}

/** How often a lie was of no consequence, cost the end of the history, and was found out. */
interface Tally {
  harmless: number;
  shortened: number;
  damaged: number;
}

for (const kind of ['short', 'misdirected', 'repeated', 'flipped'] as const) {
  test(`after a ${kind} write a log tells damage or a shorter history, and never another one`, async () => {
    const tally: Tally = { harmless: 0, shortened: 0, damaged: 0 };
    await fc.assert(
      fc.asyncProperty(deceit(LIES[kind]), async (one) => {
        const disk = new MemoryDisk();
        const appended = await deceive(disk, one);
        await assertHonest(disk, appended, tally);
      }),
      { numRuns: 300 },
    );
    assert.ok(tally.harmless > 0 && tally.damaged > 0, JSON.stringify(tally));
  });
}

test('a sync that lies costs nothing while the power lasts, and after a cut the end of the history at most', async () => {
  const tally: Tally = { harmless: 0, shortened: 0, damaged: 0 };
  await fc.assert(
    fc.asyncProperty(deceit(LIES.unsynced), fc.integer(), async (one, seed) => {
      const disk = new MemoryDisk();
      const appended = await deceive(disk, one);
      const log = await openFileLog(sampleOptions(disk.clone()));
      assertSameBatches(await readAll(log), appended);
      await log.close();
      let state = seed >>> 0;
      const cut = disk.afterPowerCut(() => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
      await assertHonest(cut, appended, tally);
    }),
    { numRuns: 300 },
  );
  assert.ok(tally.harmless > 0 && tally.shortened > 0, JSON.stringify(tally));
});

/** Runs a log on a disk that lies once, or of an unsynced one from then on. Answers what was acknowledged. */
async function deceive(disk: MemoryDisk, { append, at, lie, counts, sync }: Deceit): Promise<readonly Batch[]> {
  let count = -Infinity; // making a log reads it back, and finds a lie at once
  const plan = (): Lie | undefined => {
    const now = count++;
    return now === at || (lie.kind === 'unsynced' && now > at) ? lie : undefined;
  };
  const log = await createFileLog({ ...sampleOptions(lyingDisk(disk, plan)), sync, worldId: SAMPLE_WORLD_ID });
  const appended: Batch[] = [];
  for (const [i, eventCount] of counts.entries()) {
    if (i === append % counts.length) count = 0;
    const batch = sampleBatch(log.length, eventCount);
    await log.append(batch);
    appended.push(batch);
  }
  await assertReadsHonestly(readAll(log), appended);
  await log.close();
  return appended;
}

/** A reader gets what was appended, or `LOG_DAMAGED`. */
async function assertReadsHonestly(reading: Promise<readonly Batch[]>, appended: readonly Batch[]): Promise<void> {
  try {
    assertSameBatches(await reading, appended);
  } catch (fault) {
    if (!(fault instanceof Failure)) throw fault;
    assert.equal(fault.reason, 'LOG_DAMAGED', fault.message);
  }
}

/** Opening gives a prefix of what was appended, or refuses and changes nothing; `checkLog` agrees. */
async function assertHonest(disk: MemoryDisk, appended: readonly Batch[], tally: Tally): Promise<void> {
  const { damageCount } = await checkLog({ disk, folder: SAMPLE_FOLDER, onDamage: () => undefined });
  const before = disk.operationCount;
  try {
    const log = await openFileLog(sampleOptions(disk));
    const kept = (await readAll(log)).map(batchToPlain);
    await log.close();
    assert.deepEqual(kept, appended.slice(0, kept.length).map(batchToPlain));
    assert.equal(damageCount, 0);
    if (kept.length === appended.length) tally.harmless += 1;
    else tally.shortened += 1;
  } catch (fault) {
    if (!(fault instanceof Failure)) throw fault;
    assert.ok(['LOG_DAMAGED', 'DATA_FORMAT_UNKNOWN'].includes(fault.reason), fault.message);
    assert.ok(damageCount > 0);
    assert.equal(disk.operationCount, before);
    tally.damaged += 1;
  }
}
