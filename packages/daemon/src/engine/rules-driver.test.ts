import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { jsonValue } from '@jitos/testkit/kernel/json-value.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import {
  applyRewrite,
  checkRules,
  collapseWorkspace,
  createWorkspace,
  proposeRules,
  putNode,
  withdrawRules,
} from '@jitos/testkit/world/make-ops.ts';
import { encodeValue } from '@jitos/kernel';
import { replay } from './replay.ts';

const PACK = encodeValue(
  jsonValue({ nodes: { task: { key: 'id', fields: { n: { type: 'integer' } }, unique: [['n']] } } }),
);

async function grow(disk: MemoryDisk): Promise<void> {
  const world = await openDiskWorld({ disk });
  await world.loop.submit(createWorkspace());
  await world.loop.submit(
    applyRewrite(
      0,
      Array.from({ length: 5000 }, (_, i) => putNode('task', `k${i}`, { n: i })),
    ),
  );
  await world.loop.submit(collapseWorkspace(0));
  await world.close();
}

test('a proposal is checked step by step until it is in force, and a strict replay agrees', async () => {
  const disk = new MemoryDisk();
  await grow(disk);
  const world = await openDiskWorld({ disk });
  const proposed = await world.loop.submit(proposeRules(PACK));
  await world.rules.idle();
  const { installation, system, history } = world.loop.world;
  assert.equal(installation?.status, 'active');
  assert.equal(installation.checkedCount, 5000);
  assert.ok('idx' in proposed && history.size - proposed.idx > 4, 'it took several steps');
  assert.equal(system.rules.id, installation.rules.id);
  const replayed = await replay(world.log, { start: null, verify: 'decisions' });
  assert.ok(replayed !== null);
  assert.deepEqual(describeWorld(replayed), describeWorld(world.loop.world));
  await world.close();
});

test('a proposal that is withdrawn between two steps is checked no further, and a strict replay agrees', async () => {
  const disk = new MemoryDisk();
  await grow(disk);
  const world = await openDiskWorld({ disk });
  const proposed = await world.loop.submit(proposeRules(PACK));
  assert.ok('idx' in proposed);
  const withdrawn = await world.loop.submit(withdrawRules(proposed.idx));
  assert.ok('kind' in withdrawn && withdrawn.kind === 'RULES_WITHDRAWN');
  await world.rules.idle();
  const { installation, history, system } = world.loop.world;
  assert.equal(installation?.status, 'withdrawn');
  assert.ok(installation.checkedCount < 5000);
  assert.equal(history.size, withdrawn.idx + 1);
  assert.notEqual(system.rules.id, installation.rules.id);
  const replayed = await replay(world.log, { start: null, verify: 'decisions' });
  assert.ok(replayed !== null);
  assert.deepEqual(describeWorld(replayed), describeWorld(world.loop.world));
  await world.close();
});

test('a world that is opened half way goes on where it was, from its log or from a checkpoint', async () => {
  for (const cadence of [undefined, { events: 1, sizeBytes: Infinity }]) {
    const disk = new MemoryDisk();
    await grow(disk);
    const world = await openDiskWorld({ disk, ...(cadence && { cadence }) });
    const [, step] = await Promise.all([
      world.loop.submit(proposeRules(PACK)),
      world.loop.submit(checkRules(1000)),
      world.close(),
    ]);
    assert.ok('kind' in step && step.kind === 'RULES_CHECKED');
    const again = await openDiskWorld({ disk });
    await again.rules.idle();
    assert.equal(again.loop.world.installation?.status, 'active');
    assert.equal(again.loop.world.installation.checkedCount, 5000);
    await again.close();
  }
});
