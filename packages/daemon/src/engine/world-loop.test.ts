import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  apply,
  createWorld,
  encodeValue,
  worldDigest,
  ZERO_DIGEST,
  type Bytes,
  type Command,
  type Op,
  type World,
} from '@jitos/kernel';
import type { Clock } from '../ports/clock.ts';
import { HeldLog } from '@jitos/testkit/engine/held-log.ts';
import { Failure } from '../errors/failure.ts';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import type { RewriteIndex } from '../ports/rewrite-index.ts';
import { decodeStored } from './history-reader.ts';
import { openWorld } from './open-world.ts';
import { sha256 } from './sha256.ts';
import { WorldLoop, type Script } from './world-loop.ts';
import { WorldTime } from './world-time.ts';

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;
const CREATE: Command = { ...LOCAL, type: 'createWorkspace', from: null };

function add(view: number, text: string): Command {
  const op: Op = { op: 'AddNode', kind: 'demo', payload: text as Bytes, expect: null }; // ASCII
  return { ...LOCAL, type: 'applyRewrite', view, ops: [op] };
}

/** A loop whose first event is durable and whose further appends are held. */
async function heldLoop(clock?: Clock): Promise<{ log: HeldLog; loop: WorldLoop }> {
  const log = new HeldLog();
  const { world, encoded } = createWorld({ quantumMs: 1000 }, sha256);
  const landed = log.append({ firstIdx: 0, treeRootBefore: sha256(new Uint8Array(0)), events: [encoded] });
  log.land();
  await landed;
  return { log, loop: new WorldLoop(log, world, clock && { time: new WorldTime(clock, world) }) };
}

/** Lets everything that can run without the log run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a reply leaves, and the world moves, only when the event is durable', async () => {
  const { log, loop } = await heldLoop();
  const before = loop.world;
  let hasLeft = false;
  let heard = 0;
  loop.subscribe(() => (heard += 1));
  const submitted = loop.submit(CREATE).finally(() => (hasLeft = true));
  await log.pending();
  await settle();
  assert.equal(hasLeft, false);
  assert.equal(loop.world, before);
  assert.equal(heard, 0);
  log.land();
  await submitted;
  assert.equal(loop.world.workspaceCount, 1);
  assert.equal(heard, 1);
});

test('a refusal waits for the events that were decided before it', async () => {
  const { log, loop } = await heldLoop();
  let hasLeft = false;
  const created = loop.submit(CREATE);
  const refused = loop.submit(add(7, 'nowhere')).finally(() => (hasLeft = true));
  await log.pending();
  await settle();
  assert.equal(hasLeft, false);
  log.land();
  await created;
  const refusal = await refused;
  assert.ok('ok' in refusal);
  assert.equal(refusal.reason, 'WORKSPACE_NOT_FOUND');
});

test('a refusal on its own needs no disk', async () => {
  const { loop } = await heldLoop();
  const reply = await loop.submit(add(0, 'nowhere'));
  assert.ok('ok' in reply);
});

test('while a batch is in flight the next is decided on top of it, and appended after it', async () => {
  const { log, loop } = await heldLoop();
  const first = loop.submit(CREATE);
  await log.pending();
  const second = loop.submit(add(0, 'one'));
  await settle();
  log.land();
  await first;
  const batch = await log.pending();
  assert.equal(batch.firstIdx, 2);
  log.land();
  const reply = await second;
  assert.ok('kind' in reply && reply.kind === 'REWRITE_APPLIED');
  assert.equal(loop.world.rewriteCount, 1);
});

test('commands submitted together share a batch', async () => {
  const { log, loop } = await heldLoop();
  const replies = Promise.all([loop.submit(CREATE), loop.submit(add(0, 'a')), loop.submit(add(0, 'b'))]);
  const batch = await log.pending();
  assert.equal(batch.events.length, 3);
  log.land();
  await replies;
});

test('time is advanced before the first command of a tick, in its batch, and not while nobody asks', async () => {
  let nowMs = 0;
  const { log, loop } = await heldLoop({ monotonicMs: () => nowMs, wallMs: () => nowMs });
  nowMs = 2500;
  await settle();
  const created = loop.submit(CREATE);
  const { events } = await log.pending();
  assert.deepEqual(
    events.map((stored, i) => decodeStored(stored, 1 + i).event.kind),
    ['TICK', 'SWS_CREATED'],
  );
  log.land();
  await created;
  assert.deepEqual(loop.world.clock, { tick: 2, wallMs: 2500 });
  const again = loop.submit(CREATE);
  assert.equal((await log.pending()).events.length, 1);
  log.land();
  await again;
});

test('a tick that was lost with its batch is told again, once the log keeps something', async () => {
  let nowMs = 0;
  const { log, loop } = await heldLoop({ monotonicMs: () => nowMs, wallMs: () => nowMs });
  nowMs = 1000;
  const lost = loop.submit(CREATE);
  await log.pending();
  log.fail(new Failure('LOG_FULL', '', 'no room'));
  await assert.rejects(lost, { reason: 'LOG_FULL' });
  for (const kinds of [['TICK', 'SWS_CREATED'], ['SWS_CREATED']]) {
    const { size } = loop.world.history;
    const created = loop.submit(CREATE);
    const { events } = await log.pending();
    assert.deepEqual(
      events.map((stored, i) => decodeStored(stored, size + i).event.kind),
      kinds,
    );
    log.land();
    await created;
  }
  assert.equal(loop.world.clock.tick, 1);
});

test('while the disk is full time waits, and what needs no disk is answered', async () => {
  let nowMs = 0;
  const { log, loop } = await heldLoop({ monotonicMs: () => nowMs, wallMs: () => nowMs });
  const asked = { ...CREATE, requestId: 'r' };
  const created = loop.submit(asked);
  await log.pending();
  log.land();
  const event = await created;
  const lost = loop.submit(CREATE);
  await log.pending();
  log.fail(new Failure('LOG_FULL', '', 'no room'));
  await assert.rejects(lost, { reason: 'LOG_FULL' });
  nowMs = 1000;
  assert.deepEqual(await loop.submit(asked), event);
  assert.ok('ok' in (await loop.submit(add(9, 'nowhere'))));
  const late = loop.submit({ ...CREATE, validUntil: 0 });
  const kept = [loop.submit(CREATE), loop.submit(CREATE)];
  assert.equal((await log.pending()).events.length, 3, 'the tick, before what is to be kept');
  log.land();
  await Promise.all(kept);
  assert.equal(((await late) as { reason?: string }).reason, 'COMMAND_EXPIRED', 'decided at the time of now');
});

test('a full disk loses what hangs on the batch, and writes resume by themselves', async () => {
  const { log, loop } = await heldLoop();
  const durable = loop.world;
  const lost = loop.submit(CREATE);
  await log.pending();
  const alsoLost = loop.submit(add(0, 'on top'));
  await settle();
  log.fail(new Failure('LOG_FULL', '', 'no room'));
  await assert.rejects(lost, { reason: 'LOG_FULL' });
  await assert.rejects(alsoLost, { reason: 'LOG_FULL' });
  assert.equal(loop.world, durable);
  assert.equal(loop.failure, undefined);
  assert.equal(loop.refusal?.reason, 'LOG_FULL');
  await loop.submit({ ...CREATE, requestId: '' });
  assert.equal(loop.refusal?.reason, 'LOG_FULL', 'a command that writes nothing shows nothing');
  const again = loop.submit(CREATE);
  const batch = await log.pending();
  assert.equal(batch.firstIdx, 1);
  log.land();
  const reply = await again;
  assert.equal(loop.refusal, undefined);
  assert.ok('kind' in reply && reply.kind === 'SWS_CREATED');
  assert.equal(reply.view, 0);
});

test('after a failed sync the loop takes nothing more', async () => {
  const { log, loop } = await heldLoop();
  const lost = loop.submit(CREATE);
  await log.pending();
  log.fail(new Failure('LOG_FAILED', '', 'sync failed'));
  await assert.rejects(lost, { reason: 'LOG_FAILED' });
  await assert.rejects(loop.submit(CREATE), { reason: 'LOG_FAILED' });
  assert.equal(loop.failure?.reason, 'LOG_FAILED');
  assert.equal(await loop.died, loop.failure);
  await loop.drain();
});

test('a script sees its own replies, and its result waits for all of them', async () => {
  const { log, loop } = await heldLoop();
  function* script(): Script<number> {
    const created = yield CREATE;
    assert.ok('kind' in created && created.kind === 'SWS_CREATED');
    yield add(created.view, 'mine');
    return created.view;
  }
  const run = loop.run(LOCAL.principal, script());
  const batch = await log.pending();
  assert.equal(batch.events.length, 2);
  log.land();
  assert.equal(await run, 0);
});

test('a script that throws rejects its own run and no other', async () => {
  const { log, loop } = await heldLoop();
  function* broken(): Script<void> {
    yield CREATE;
    throw new Error('changed its mind');
  }
  const broke = assert.rejects(loop.run(LOCAL.principal, broken()), /changed its mind/);
  const whole = loop.submit(CREATE);
  await log.pending();
  log.land();
  await broke;
  const reply = await whole;
  assert.ok('kind' in reply && reply.view === 1);
});

test('a repeated request answers with the event it wrote, and acts once', async () => {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: noIndex });
  const command: Command = { ...CREATE, requestId: 'r-1' };
  const [first, second] = await Promise.all([loop.submit(command), loop.submit(command)]);
  const third = await loop.submit(command);
  assert.deepEqual(second, first);
  assert.deepEqual(third, first);
  assert.equal(loop.world.workspaceCount, 1);
  const reused = await loop.submit({ ...add(0, 'x'), requestId: 'r-1' });
  assert.ok('ok' in reused && reused.reason === 'REQUEST_ID_REUSED');
});

test('what the log holds folds to the live world, whatever the batches were', async () => {
  const store = { batches: [] };
  const log = new MemoryLog({ store, sync: 'async' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: noIndex });
  await loop.submit(CREATE);
  await Promise.all(Array.from({ length: 500 }, (_, i) => loop.submit(add(0, `node ${i}`))));
  await loop.submit({ ...LOCAL, type: 'collapseWorkspace', workspace: 0, policyId: null, footprint: null });
  let folded: World | null = null;
  let idx = 0;
  for await (const batch of log.batches(0)) {
    for (const stored of batch.events) folded = apply(folded, decodeStored(stored, idx++), sha256);
  }
  assert.ok(folded !== null);
  assert.equal(worldDigest(folded, sha256), worldDigest(loop.world, sha256));
  assert.equal(idx, 503);
});

test('a listener that fails ends the loop, but what is durable is still told', async () => {
  const { log, loop } = await heldLoop();
  loop.subscribe(() => {
    throw new Failure('LOG_FAILED', 'rewrites.idx', 'derived file');
  });
  const durable = loop.submit(CREATE);
  await log.pending();
  const behind = assert.rejects(loop.submit(CREATE), { reason: 'LOG_FAILED' });
  log.land();
  const reply = await durable;
  assert.ok('kind' in reply && reply.kind === 'SWS_CREATED');
  await behind;
  assert.equal(loop.failure?.place, 'rewrites.idx');
  await loop.drain();
});

test('a turn ends after many ops, refused ones too, so that readers and signals get theirs', async () => {
  const { loop } = await heldLoop();
  const ops: Op[] = Array.from({ length: 10_000 }, () => ({ op: 'DeleteNode', id: ZERO_DIGEST, expect: null }));
  const turns = await turnsOf(loop, { ...LOCAL, type: 'applyRewrite', view: 0, ops });
  assert.ok(turns >= 5, `the ten rewrites shared ${turns} turns`);
});

test('what a merge looks at counts as ops do', async () => {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: noIndex });
  const put = (field: string): Op => {
    const patches = [{ name: field, value: encodeValue(field) }];
    return { op: 'PutNode', kind: 'demo', key: 'shared' as Bytes, patches, expect: null }; // ASCII
  };
  await loop.submit(CREATE);
  await loop.submit(CREATE);
  const ops = Array.from({ length: 10_000 }, () => put('ours'));
  await loop.submit({ ...LOCAL, type: 'applyRewrite', view: 0, ops });
  await loop.submit({ ...LOCAL, type: 'applyRewrite', view: 1, ops: [put('theirs')] });
  const collapse = { ...LOCAL, type: 'collapseWorkspace', policyId: null, footprint: null } as const;
  await loop.submit({ ...collapse, workspace: 1 });
  const rebase = { ...collapse, type: 'rebaseWorkspace', workspace: 0, choices: [], ops: [] } as const;
  const refused = await loop.submit(rebase);
  assert.ok('ok' in refused && refused.reason === 'REBASE_CONFLICTS');
  const unknown = await loop.submit({ ...rebase, workspace: -0.5 });
  assert.ok('ok' in unknown && unknown.reason === 'WORKSPACE_NOT_FOUND');
  const turns = await turnsOf(loop, rebase);
  assert.ok(turns >= 5, `the ten rebases shared ${turns} turns`);
});

/** Turns of the event loop that the command takes ten times at once. */
async function turnsOf(loop: WorldLoop, command: Command): Promise<number> {
  let turns = 0;
  let isRunning = true;
  const count = (): void => {
    turns += 1;
    if (isRunning) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(Array.from({ length: 10 }, () => loop.submit(command)));
  isRunning = false;
  return turns;
}

function noIndex(): RewriteIndex {
  return {
    length: 0,
    eventIdxEnd: 0,
    append: () => undefined,
    page: () => [],
    lastOf: () => undefined,
    last: () => [],
    clear: () => undefined,
    close: () => Promise.resolve(),
  };
}
