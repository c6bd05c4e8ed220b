import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestToHex, worldDigest, WorldReader, worldRecords, type Command } from '@jitos/kernel';
import { diskFault } from '@jitos/testkit/disk/disk-fault.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import { applyRewrite, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { CHECKPOINT_HEADER_SIZE_BYTES, checkpointName } from '../logs/file/checkpoint-format.ts';
import { CHECKPOINT_DRAFT_NAME } from '../logs/file/checkpoint-writer.ts';
import { listCheckpoints } from '../logs/file/checkpoint-reader.ts';
import { isRewritesName, RUN_HEADER_SIZE_BYTES } from '../logs/file/rewrite-run-format.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { readEvent } from './history-reader.ts';
import { sha256 } from './sha256.ts';

const OFTEN = { events: 60, sizeBytes: Infinity };

function pathOf(idx: number): string {
  return `${WORLD_FOLDER}/${checkpointName(idx)}`;
}

function digestOf({ loop }: DiskWorld): string {
  return digestToHex(worldDigest(loop.world, sha256));
}

/** Runs plausible commands, the same ones for the same `seed`. */
async function live({ loop }: DiskWorld, seed: number, count: number): Promise<void> {
  const dice = tapeDice(Array.from({ length: 4000 }, (_, i) => ((i + seed) * 7919) % 10_000));
  const past: Command[] = [];
  for (let i = 0; i < count; i++) {
    const command = generateCommand(dice, loop.world, past);
    past.push(command);
    await loop.submit(command);
  }
}

/** A disk with a world that has written several checkpoints, closed, and its digest. */
async function diskWithCheckpoints(): Promise<{ disk: MemoryDisk; digest: string; idxs: readonly number[] }> {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence: OFTEN });
  for (let round = 0; round < 4; round++) {
    await live(world, round, 90);
    await world.checkpointer?.idle();
  }
  await live(world, 9, 20);
  await world.checkpointer?.idle();
  const digest = digestOf(world);
  await world.close();
  return { disk, digest, idxs: listCheckpoints(disk, WORLD_FOLDER) };
}

test('two checkpoints are kept, and a world opens from the newest to the very same state', async () => {
  const { disk, digest, idxs } = await diskWithCheckpoints();
  assert.equal(idxs.length, 2);
  const skipped: number[] = [];
  const world = await openDiskWorld({ disk, onSkipped: (idx) => skipped.push(idx) });
  assert.equal(world.startIdx, idxs[0]);
  assert.equal(digestOf(world), digest);
  assert.deepEqual(skipped, []);
  await world.close();
});

test('a damaged checkpoint is passed over for the older one, and both for the whole history', async () => {
  const { disk, digest, idxs } = await diskWithCheckpoints();
  const [newest, older] = idxs as [number, number];
  const whys: string[] = [];
  const onSkipped = (idx: number, why: string): void =>
    void whys.push(`${idx === newest ? 'newest' : 'older'}: ${why}`);
  const bytes = disk.bytes(pathOf(newest));
  bytes[bytes.length >> 1]! ^= 1;
  const fromOlder = await openDiskWorld({ disk, onSkipped });
  assert.equal(fromOlder.startIdx, older);
  assert.equal(digestOf(fromOlder), digest);
  await fromOlder.close();
  disk.bytes(pathOf(older))[CHECKPOINT_HEADER_SIZE_BYTES + 20]! ^= 1;
  const fromStart = await openDiskWorld({ disk, onSkipped });
  assert.equal(fromStart.startIdx, 0);
  assert.equal(digestOf(fromStart), digest);
  await fromStart.close();
  assert.equal(whys.length, 3);
  for (const why of whys) assert.match(why, /^(?:newest|older): the checksum of the block at \d+ is wrong$/);
});

test('no checkpoint is believed that the history does not record', async () => {
  const { disk, digest, idxs } = await diskWithCheckpoints();
  const [newest, older] = idxs as [number, number];
  // The older one's bytes under the newest one's name: whole, true, and not the state at that event.
  disk.put(pathOf(newest), Buffer.from(disk.bytes(pathOf(older))));
  const stranger = new MemoryDisk();
  const other = await openDiskWorld({ disk: stranger, cadence: OFTEN });
  await other.loop.submit(createWorkspace());
  const foreignIdx = (): number | undefined =>
    listCheckpoints(stranger, WORLD_FOLDER).find((idx) => !idxs.includes(idx));
  while (foreignIdx() === undefined) {
    await other.loop.submit(applyRewrite(0, [putNode('task', 'k', { n: other.loop.world.history.size })]));
    await other.checkpointer?.idle();
  }
  await other.close();
  const foreign = foreignIdx()!; // the loop ended
  disk.put(pathOf(foreign), Buffer.from(stranger.bytes(pathOf(foreign))));
  const whys = new Map<number, string>();
  const world = await openDiskWorld({ disk, onSkipped: (idx, why) => whys.set(idx, why) });
  assert.equal(world.startIdx, older);
  assert.equal(digestOf(world), digest);
  await world.close();
  assert.equal(whys.get(newest), `the file is the checkpoint at event ${older}`);
});

test('a whole checkpoint of another state under the right header is not believed', async () => {
  const { disk, digest, idxs } = await diskWithCheckpoints();
  const [newest, older] = idxs as [number, number];
  const world = await openDiskWorld({ disk });
  const files = new FileCheckpoints({ disk, folder: WORLD_FOLDER, worldId: world.log.worldId });
  const reader = await files.open(newest);
  const loaded = new WorldReader(sha256);
  for await (const records of reader.records()) for (const record of records) loaded.take(record);
  assert.ok(loaded.world !== undefined);
  const writer = files.begin(newest, reader.header.worldDigest);
  reader.close();
  for (const records of worldRecords({ ...loaded.world, quantumMs: 7 })) {
    for (const record of records) await writer.add(record);
  }
  await writer.finish();
  await world.close();
  const whys = new Map<number, string>();
  const again = await openDiskWorld({ disk, onSkipped: (idx, why) => whys.set(idx, why) });
  assert.match(whys.get(newest) ?? '', /^the world in it has digest [0-9a-f]{64}, the history has [0-9a-f]{64}$/);
  assert.equal(again.startIdx, older);
  assert.equal(digestOf(again), digest);
  await again.close();
});

test('what stands after the last event of the log is no checkpoint of it', async () => {
  const { disk, idxs } = await diskWithCheckpoints();
  const beyond = 1_000_000;
  disk.put(pathOf(beyond), Buffer.from(disk.bytes(pathOf(idxs[0]!))));
  const whys = new Map<number, string>();
  const world = await openDiskWorld({ disk, onSkipped: (idx, why) => whys.set(idx, why) });
  assert.equal(world.startIdx, idxs[0]);
  assert.match(whys.get(beyond) ?? '', /^the log ends before it/);
  await world.close();
});

test('segments before the checkpoint are not read on opening, and checked when they are', async () => {
  const { disk, digest } = await diskWithCheckpoints();
  const segments = disk.list(WORLD_FOLDER).filter((name) => name.endsWith('.log'));
  assert.ok(segments.length > 3);
  disk.bytes(`${WORLD_FOLDER}/${segments.toSorted()[0]}`)[200]! ^= 1;
  const world = await openDiskWorld({ disk });
  assert.equal(digestOf(world), digest);
  await assert.rejects(readEvent(world.log, 0), { reason: 'LOG_DAMAGED' });
  const { event } = await readEvent(world.log, world.startIdx - 1);
  assert.equal(event.idx, world.startIdx - 1);
  await world.close();
});

test('a draft that a crash left behind is removed', async () => {
  const { disk } = await diskWithCheckpoints();
  disk.put(`${WORLD_FOLDER}/${CHECKPOINT_DRAFT_NAME}`, Buffer.from('half of one'));
  const world = await openDiskWorld({ disk });
  assert.ok(!disk.list(WORLD_FOLDER).includes(CHECKPOINT_DRAFT_NAME));
  await world.close();
});

test('an index that is lost is made again from before the checkpoint', async () => {
  const { disk } = await diskWithCheckpoints();
  const before = await openDiskWorld({ disk });
  const pages = before.rewrites.page('system', -1, 1000);
  assert.ok(pages.length > 5);
  await before.close();
  for (const name of disk.list(WORLD_FOLDER)) if (isRewritesName(name)) disk.remove(`${WORLD_FOLDER}/${name}`);
  const world = await openDiskWorld({ disk });
  assert.ok(world.startIdx > pages[0]!.eventIdx);
  assert.deepEqual(world.rewrites.page('system', -1, 1000), pages);
  await world.close();
});

test('an index whose newest rewrite is damaged is made again, too', async () => {
  const { disk } = await diskWithCheckpoints();
  const before = await openDiskWorld({ disk });
  const pages = before.rewrites.page('system', -1, 1000);
  await before.close();
  const runs = disk.list(WORLD_FOLDER).filter(isRewritesName);
  assert.ok(runs.length > 1);
  for (const name of runs) {
    const bytes = disk.bytes(`${WORLD_FOLDER}/${name}`);
    bytes[RUN_HEADER_SIZE_BYTES + 9]! ^= 1;
  }
  const world = await openDiskWorld({ disk });
  assert.deepEqual(world.rewrites.page('system', -1, 1000), pages);
  await world.close();
});

test('a checkpoint that can not be written is told of, and the world goes on', async () => {
  const disk = new MemoryDisk();
  const failures: unknown[] = [];
  const world = await openDiskWorld({ disk, cadence: OFTEN, onFailure: (error) => failures.push(error) });
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    if (path.endsWith(CHECKPOINT_DRAFT_NAME)) throw diskFault('ENOSPC', path);
    return open(path, mode);
  };
  await live(world, 0, 150);
  await world.checkpointer?.idle();
  assert.equal(failures.length, 1);
  assert.deepEqual(listCheckpoints(disk, WORLD_FOLDER), []);
  disk.open = open;
  await live(world, 1, 200);
  await world.checkpointer?.idle();
  assert.ok(listCheckpoints(disk, WORLD_FOLDER).length > 0);
  await world.close();
});

test('closing gives up the checkpoint that is being written, and leaves no draft', async () => {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence: { events: 2, sizeBytes: Infinity } });
  await world.loop.submit(createWorkspace());
  const ops = Array.from({ length: 5000 }, (_, i) => putNode('task', `k${i}`, { n: i }));
  await world.loop.submit(applyRewrite(0, ops));
  await world.close();
  assert.deepEqual(listCheckpoints(disk, WORLD_FOLDER), []);
  assert.ok(!disk.list(WORLD_FOLDER).includes(CHECKPOINT_DRAFT_NAME));
  const again = await openDiskWorld({ disk });
  assert.equal(again.loop.world.workspaceCount, 1);
  await again.close();
});
