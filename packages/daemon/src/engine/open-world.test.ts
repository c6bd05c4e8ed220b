import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bytes, Command, EncodedValue, Op } from '@jitos/kernel';
import { HeldLog } from '@jitos/testkit/engine/held-log.ts';
import { MemoryLog, type MemoryLogStore } from '../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../logs/memory/memory-rewrite-index.ts';
import type { RewriteIndex } from '../ports/rewrite-index.ts';
import { openWorld, type OpenWorld } from './open-world.ts';

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;
const CREATE: Command = { ...LOCAL, type: 'createWorkspace', from: null };

/** Sets the one field of the one node to a small number. */
function put(view: number, value: number): Command {
  const encoded = String.fromCharCode(value) as EncodedValue; // 0–23 is its own canonical form
  const patches = [{ name: 'f', value: encoded }];
  const op: Op = { op: 'PutNode', kind: 'demo', key: 'k' as Bytes, patches, expect: null }; // ASCII
  return { ...LOCAL, type: 'applyRewrite', view, ops: [op] };
}

function collapse(workspace: number): Command {
  return { ...LOCAL, type: 'collapseWorkspace', workspace, policyId: null, footprint: null };
}

function open(store: MemoryLogStore, rewrites: RewriteIndex = new MemoryRewriteIndex()): Promise<OpenWorld> {
  const log = new MemoryLog({ store, sync: 'async' });
  return openWorld({ name: 'w', log, openRewriteIndex: () => rewrites });
}

test('each rewrite is in the index once, whether it comes while the world is served or is found on opening', async () => {
  const store: MemoryLogStore = { batches: [] };
  const kept = new MemoryRewriteIndex();
  const first = await open(store, kept);
  for (const command of [CREATE, put(0, 1), put(0, 2)]) await first.loop.submit(command);
  assert.deepEqual(first.rewrites.page(0, -1, 9), [
    { rewriteIdx: 0, eventIdx: 2 },
    { rewriteIdx: 1, eventIdx: 3 },
  ]);
  await first.close();
  const withKept = await open(store, kept);
  assert.equal(withKept.rewrites.length, 2);
  await withKept.close();
  const withNone = await open(store);
  assert.deepEqual(withNone.rewrites.page(0, -1, 9), first.rewrites.page(0, -1, 9));
  for (const command of [put(0, 3), CREATE, put(1, 1)]) await withNone.loop.submit(command);
  await withNone.close();
  const withSome = await open(store, kept);
  assert.deepEqual(kept.last(9), withNone.rewrites.last(9));
  assert.deepEqual([kept.length, kept.eventIdxEnd], [4, 7]);
  await withSome.close();
});

test('an index of another history is made anew', async () => {
  const store: MemoryLogStore = { batches: [] };
  const first = await open(store);
  for (const command of [CREATE, CREATE, put(0, 1), put(1, 2)]) await first.loop.submit(command);
  await first.close();
  for (const eventIdx of [1, 4]) {
    const foreign = new MemoryRewriteIndex();
    foreign.append([{ rewriteIdx: 0, eventIdx, views: [1] }], eventIdx + 1);
    const again = await open(store, foreign);
    assert.deepEqual(again.rewrites.page(0, -1, 9), [{ rewriteIdx: 0, eventIdx: 3 }]);
    assert.deepEqual(again.rewrites.page(1, -1, 9), [{ rewriteIdx: 1, eventIdx: 4 }]);
    await again.close();
  }
});

test('a workspace takes its snapshots off the shelf when it ends, not when its collapse aborts', async () => {
  const world = await open({ batches: [] });
  const { loop, shelf } = world;
  const { system } = loop.world;
  for (const command of [CREATE, CREATE, CREATE, put(0, 1), put(1, 2)]) await loop.submit(command);
  for (const view of [0, 1, 2]) shelf.put(view, system);
  const onShelf = (): boolean[] => [0, 1, 2].map((view) => shelf.get(view, system.id) !== undefined);
  await loop.submit(collapse(0));
  assert.deepEqual(onShelf(), [false, true, true]);
  await loop.submit(collapse(1));
  assert.equal(loop.world.commitStatus, 'ABORTED');
  assert.deepEqual(onShelf(), [false, true, true]);
  await loop.submit({ ...LOCAL, type: 'discardWorkspace', workspace: 2, reason: null });
  assert.deepEqual(onShelf(), [false, true, false]);
  await world.close();
});

test('a new world is served only when its first event is durable', async () => {
  const log = new HeldLog();
  let isServed = false;
  const opening = openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
  const served = opening.then(() => (isServed = true));
  await log.pending();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isServed, false);
  log.land();
  await served;
});

test('closing answers what waits first', async () => {
  const world = await open({ batches: [] });
  const reply = world.loop.submit(CREATE);
  await world.close();
  assert.ok('kind' in (await reply));
  assert.equal(world.log.length, 2);
});
