import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';

const PATH = `${WORLD_FOLDER}/tree-0.hashes`;

async function fill(world: DiskWorld, count: number): Promise<void> {
  const replies = Array.from({ length: count }, () =>
    world.loop.submit({
      type: 'createWorkspace',
      from: null,
      principal: 'p',
      requestId: null,
      validUntil: null,
      meta: null,
    }),
  );
  await Promise.all(replies);
  await world.checkpointer?.idle();
}

/** Each of these proofs is held against the head that the world has from folding. */
async function assertLevel({ loop, proofs }: DiskWorld): Promise<void> {
  const { size } = loop.world.history;
  for (let idx = 0; idx < size; idx += 7) {
    assert.equal((await proofs.inclusion(idx)).idx, idx);
    assert.equal(proofs.consistency(idx).kind, 'consistency');
  }
}

const cadence = { events: 100, sizeBytes: Infinity };

test('the hashes go with the history, and are found again', async () => {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk });
  await assertLevel(world);
  await fill(world, 50);
  await assertLevel(world);
  await world.close();
  const again = await openDiskWorld({ disk });
  await assertLevel(again);
  await again.close();
});

test('a world that opens from a checkpoint takes missing hashes from the log', async () => {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence });
  for (let i = 0; i < 5; i++) await fill(world, 60);
  const size = world.loop.world.history.size;
  await world.close();
  disk.remove(PATH);
  const again = await openDiskWorld({ disk, cadence });
  assert.ok(again.startIdx > 100 && again.startIdx < size);
  await assertLevel(again);
  await again.close();
});

test('hashes of another history are dropped and taken anew', async () => {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence });
  for (let i = 0; i < 3; i++) await fill(world, 60);
  await world.close();
  const bytes = disk.bytes(PATH);
  for (let offset = 64; offset < bytes.length; offset += 32) bytes[offset]! ^= 1;
  const again = await openDiskWorld({ disk, cadence });
  await assertLevel(again);
  await again.close();
});
