/** Power cuts while segments are archived and brought back: every segment is somewhere, and the world starts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { applyRewrite, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import * as fc from 'fast-check';
import { Failure } from '../errors/failure.ts';
import { bringBackSegments, readArchive } from '../logs/file/archive-segments.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { errnoOf } from '../ports/disk.ts';
import { archiveHistory } from './archive-history.ts';
import { readEvents } from './history-reader.ts';

const ARCHIVE = '/archive';

function open(disk: MemoryDisk): Promise<DiskWorld> {
  return openDiskWorld({ disk, cadence: { events: 40, sizeBytes: Infinity }, onFailure: () => undefined });
}

async function archive(disk: MemoryDisk, world: DiskWorld, before: number | null): Promise<void> {
  const checkpoints = new FileCheckpoints({ disk, folder: WORLD_FOLDER, worldId: world.log.worldId });
  await archiveHistory({ disk, folder: WORLD_FOLDER, log: world.log, checkpoints, world }, { to: ARCHIVE, before });
}

async function bringBack(
  disk: MemoryDisk,
  { worldId, firstIdx }: { worldId: Uint8Array; firstIdx: number },
): Promise<void> {
  await bringBackSegments({
    disk,
    folder: WORLD_FOLDER,
    archive: ARCHIVE,
    worldId: Buffer.from(worldId).toString('hex'),
    firstIdx,
    onProgress: () => undefined,
  });
}

async function leavesOf({ log }: DiskWorld): Promise<readonly string[]> {
  const leaves: string[] = [];
  for await (const { leaf } of readEvents(log, log.firstIdx)) leaves.push(leaf);
  return leaves;
}

/** A world of a few small segments, closed. */
async function makeWorld(): Promise<{ readonly disk: MemoryDisk; readonly leaves: readonly string[] }> {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await world.loop.submit(createWorkspace());
  for (let i = 0; i < 150; i++) {
    await world.loop.submit(applyRewrite(0, [putNode('file', `f${i % 9}`, { i, text: 'x'.repeat(250) })]));
  }
  await world.checkpointer?.idle();
  const leaves = await leavesOf(world);
  await world.close();
  return { disk, leaves };
}

function mustBeThePower(error: unknown): void {
  assert.ok((error instanceof Failure && error.reason === 'LOG_FAILED') || errnoOf(error) === 'EIO', String(error));
}

/** The world starts and goes on; with what the archive has it holds every event that it ever held. */
async function assertWhole(disk: MemoryDisk, leaves: readonly string[]): Promise<number> {
  const world = await open(disk);
  const { firstIdx } = world.log;
  const { worldId } = world.log;
  assert.deepEqual((await leavesOf(world)).slice(0, leaves.length - firstIdx), leaves.slice(firstIdx));
  assert.equal(world.proofs.consistency(1, leaves.length).kind, 'consistency');
  await world.loop.submit(createWorkspace());
  await world.close();
  if (firstIdx === 0) return 0;
  assert.ok(readArchive({ disk, folder: ARCHIVE }) !== undefined, 'segments went before the archive said so');
  await bringBack(disk, { worldId, firstIdx });
  const again = await open(disk);
  assert.equal(again.log.firstIdx, 0);
  assert.deepEqual((await leavesOf(again)).slice(0, leaves.length), leaves);
  await again.close();
  return firstIdx;
}

test('after a power cut anywhere in archiving, every segment is somewhere and the world starts', async () => {
  const { disk: start, leaves } = await makeWorld();
  let moved = 0;
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(110), fc.option(fc.nat(160)), async (seed, cutAt, before) => {
      const disk = start.clone();
      const world = await open(disk);
      disk.powerCutAt = disk.operationCount + cutAt;
      await archive(disk, world, before).catch(mustBeThePower);
      await world.close().catch(mustBeThePower);
      const chance = createRandom(seed);
      const after = disk.afterPowerCut(() => chance.below(1_000_000) / 1_000_000);
      if ((await assertWhole(after, leaves)) > 0) moved += 1;
      else kept += 1;
    }),
    { numRuns: 120 },
  );
  assert.ok(moved > 10 && kept > 10, `moved ${moved} times, kept ${kept}`);
});

test('after a power cut anywhere in bringing segments back, they are brought back by the next try', async () => {
  const { disk: start, leaves } = await makeWorld();
  const world = await open(start);
  await archive(start, world, null);
  const { worldId, firstIdx } = world.log;
  await world.close();
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(60), async (seed, cutAt) => {
      const disk = start.clone();
      disk.powerCutAt = disk.operationCount + cutAt;
      await bringBack(disk, { worldId, firstIdx }).catch(mustBeThePower);
      const chance = createRandom(seed);
      await assertWhole(
        disk.afterPowerCut(() => chance.below(1_000_000) / 1_000_000),
        leaves,
      );
    }),
    { numRuns: 60 },
  );
});
