import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldDigest } from '@jitos/kernel';
import { fillWithCheckpoints } from '@jitos/testkit/engine/checkpointed-folder.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER } from '@jitos/testkit/engine/disk-world.ts';
import { allWorlds } from '@jitos/testkit/engine/all-worlds.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { applyRewrite, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { worldFolder } from './host.ts';
import { worldAt, type History } from './replay-history.ts';
import { sha256 } from './sha256.ts';

test('the world after any event is what folding up to it gives, from wherever it is made', async () => {
  const temp = makeTempFolder();
  try {
    const [older, newest] = await fillWithCheckpoints(temp.path, 'lab');
    const folder = worldFolder(temp.path, 'lab');
    const log = await readFileLog({ disk: nodeDisk(), folder });
    const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
    const history: History = { log, checkpoints, onSkipped: (_, why) => assert.fail(why) };
    const worlds = await allWorlds(log);
    for (const idx of [0, 1, older - 2, older - 1, older, older + 1, newest - 1, newest, log.length - 1]) {
      const expected = worldDigest(worlds[idx]!, sha256);
      for (const near of [null, worlds[0]!, worlds[idx]!, worlds[idx + 1] ?? null]) {
        assert.equal(worldDigest(await worldAt(history, idx, near), sha256), expected, `event ${idx}`);
      }
    }
    assert.equal(await worldAt(history, older + 5, worlds[older + 5]), worlds[older + 5]);
    let folded = 0;
    const told = { onEvent: () => (folded += 1) };
    await worldAt(history, older + 5, worlds[older + 3], told);
    assert.equal(folded, 2, 'what is near is nearer than the checkpoint');
    await worldAt(history, newest + 1, worlds[older + 3], told);
    assert.equal(folded, 4, 'the checkpoint is nearer');
  } finally {
    temp.remove();
  }
});

test('of a history only what is read is checked, if that is what is asked for', async () => {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence: { events: 100, sizeBytes: Infinity } });
  for (let n = 0; n < 60; n++) {
    const number = world.loop.world.workspaceCount;
    await world.loop.submit(createWorkspace());
    await world.loop.submit(applyRewrite(number, [putNode('task', `k${n}`, { text: 'x'.repeat(500) })]));
    await world.checkpointer?.idle();
  }
  const { length } = world.log;
  await world.close();
  const [first] = disk
    .list(WORLD_FOLDER)
    .filter((name) => name.endsWith('.log'))
    .toSorted();
  disk.bytes(`${WORLD_FOLDER}/${first}`)[200]! ^= 1;
  const files = { disk, folder: WORLD_FOLDER };
  await assert.rejects(readFileLog(files), { reason: 'LOG_DAMAGED' });
  const log = await readFileLog({ ...files, checkFromIdx: Infinity });
  assert.equal(log.length, length);
  const checkpoints = new FileCheckpoints({ ...files, worldId: log.worldId });
  const history: History = { log, checkpoints, onSkipped: (_, why) => assert.fail(why) };
  assert.equal((await worldAt(history, length - 1)).history.size, length);
  await assert.rejects(worldAt(history, 1), { reason: 'LOG_DAMAGED' });
});
