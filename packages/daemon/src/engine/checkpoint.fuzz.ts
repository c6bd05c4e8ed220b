/** Power cuts while commands flow and checkpoints are written: what was acknowledged is there, wherever it is read from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldDigest, type Command, type World } from '@jitos/kernel';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import * as fc from 'fast-check';
import { Failure } from '../errors/failure.ts';
import { errnoOf } from '../ports/disk.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';

const CADENCE = { events: 12, sizeBytes: Infinity };

/** The worlds after each event that was acknowledged, by history size; ends with the power, or the commands. */
async function live(disk: MemoryDisk, seed: number, commandCount: number): Promise<ReadonlyMap<number, World>> {
  const acknowledged = new Map<number, World>();
  const dice = createRandom(seed);
  let world: DiskWorld;
  try {
    world = await openDiskWorld({ disk, cadence: CADENCE, onFailure: () => undefined });
  } catch (error) {
    assertPowerIsOff(error);
    return acknowledged;
  }
  const { loop } = world;
  loop.subscribe((committed) => acknowledged.set(committed.world.history.size, committed.world));
  const past: Command[] = [];
  try {
    while (past.length < commandCount) {
      // A few at a time, so that a checkpoint stands in the middle of a batch, too.
      const burst = Array.from({ length: 1 + dice.below(6) }, () => generateCommand(dice, loop.world, past));
      past.push(...burst);
      await Promise.all(burst.map((command) => loop.submit(command)));
    }
    await world.close();
  } catch (error) {
    assertPowerIsOff(error);
  }
  await world.checkpointer?.close();
  return acknowledged;
}

function assertPowerIsOff(error: unknown): void {
  assert.ok((error instanceof Failure && error.reason === 'LOG_FAILED') || errnoOf(error) === 'EIO', String(error));
}

async function assertRecovers(disk: MemoryDisk, acknowledged: ReadonlyMap<number, World>): Promise<number> {
  const skipped: string[] = [];
  const world = await openDiskWorld({ disk, onSkipped: (_, why) => skipped.push(why) });
  const size = world.loop.world.history.size;
  assert.ok(size >= Math.max(0, ...acknowledged.keys()), 'an acknowledged event is missing');
  const digest = worldDigest(world.loop.world, sha256);
  const expected = acknowledged.get(size);
  if (expected !== undefined) assert.equal(digest, worldDigest(expected, sha256));
  const folded = await replay(world.log, { verify: 'decisions' });
  assert.ok(folded !== null);
  assert.equal(digest, worldDigest(folded, sha256), 'the checkpoint leads elsewhere than the history');
  assert.deepEqual(skipped, [], 'a checkpoint has its name before it is whole');
  await world.close();
  return world.startIdx;
}

test('after a power cut anywhere, checkpoints lead where the history does', async () => {
  let startedFromCheckpoint = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 5, max: 60 }), fc.nat(400), async (seed, commandCount, cutAt) => {
      const disk = new MemoryDisk();
      disk.powerCutAt = cutAt;
      const acknowledged = await live(disk, seed, commandCount);
      const chance = createRandom(seed + 1);
      const after = disk.afterPowerCut(() => chance.below(1_000_000) / 1_000_000);
      if ((await assertRecovers(after, acknowledged)) > 0) startedFromCheckpoint += 1;
    }),
    { numRuns: 150 },
  );
  assert.ok(startedFromCheckpoint > 20, `only ${startedFromCheckpoint} runs started from a checkpoint`);
});

test('after the process died anywhere, the next one goes on from what lies there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(fc.nat(200), { minLength: 1, maxLength: 4 }), async (seed, cuts) => {
      const disk = new MemoryDisk();
      let acknowledged: ReadonlyMap<number, World> = new Map();
      for (const [round, cut] of cuts.entries()) {
        disk.powerCutAt = disk.operationCount + cut;
        const more = await live(disk, seed + round, 40);
        acknowledged = new Map([...acknowledged, ...more]);
        disk.afterProcessDeath();
      }
      await assertRecovers(disk, acknowledged);
    }),
    { numRuns: 60 },
  );
});
