import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { allWorlds } from '@jitos/testkit/engine/all-worlds.ts';
import { openDiskWorld, WORLD_FOLDER } from '@jitos/testkit/engine/disk-world.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import { applyRewrite, collapseWorkspace, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { FileCheckpoints } from '../../logs/file/file-checkpoints.ts';
import { readFileLog } from '../../logs/file/read-only-log.ts';
import type { History } from '../replay-history.ts';
import { PastHistory } from './past-history.ts';

/** Many rewrites of one workspace, one after another, and one collapse: a fold changes most nodes in place. */
async function writeHistory(cadence: number): Promise<History> {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence: { events: cadence, sizeBytes: Infinity } });
  await world.loop.submit(createWorkspace());
  for (let i = 0; i < 400; i++) {
    await world.loop.submit(applyRewrite(0, [putNode('task', `k${i % 90}`, { i })]));
    await world.checkpointer?.idle();
  }
  await world.loop.submit(collapseWorkspace(0));
  await world.close();
  const log = await readFileLog({ disk, folder: WORLD_FOLDER });
  const checkpoints = new FileCheckpoints({ disk, folder: WORLD_FOLDER, worldId: log.worldId });
  return { log, checkpoints, onSkipped: (_, why) => assert.fail(why) };
}

for (const [name, cadence] of [
  ['without checkpoints', Infinity],
  ['with two', 150],
] as const) {
  test(`what is kept on the way stays as it was, in whatever order it is asked for, ${name}`, async () => {
    const history = await writeHistory(cadence);
    const worlds = await allWorlds(history.log);
    const past = new PastHistory(history);
    const last = history.log.length - 1;
    assert.equal(past.length, worlds.length);
    const steps = Array.from({ length: 40 }, (_, i) => i);
    const order = [
      last,
      ...steps.map((i) => last - i),
      100,
      300,
      ...steps.map((i) => 250 - 3 * i),
      ...steps,
      399,
      128,
      129,
    ];
    for (const idx of order) {
      assert.deepEqual(describeWorld(await past.worldAt(idx, () => undefined)), describeWorld(worlds[idx]!), `${idx}`);
    }
  });
}

test('going back step by step folds little, and a world that is kept nothing', async () => {
  const past = new PastHistory(await writeHistory(Infinity));
  let folded = 0;
  const ask = async (idx: number): Promise<number> => {
    let asked = 0;
    await past.worldAt(idx, (count) => (asked = count));
    folded += asked;
    return asked;
  };
  assert.equal(await ask(399), 400);
  assert.equal(await ask(399), 0);
  folded = 0;
  for (let idx = 398; idx >= 300; idx--) await ask(idx);
  assert.ok(folded < 99 * 64, `${folded} events were folded`);
  past.forget();
  assert.equal(await ask(300), 301);
});
