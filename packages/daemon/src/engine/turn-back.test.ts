import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteNode,
  keyedId,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import {
  decodeValue,
  encodeValue,
  getWorkspace,
  type Command,
  type Digest,
  type Event,
  type Op,
  type Value,
} from '@jitos/kernel';
import { readEvent } from './history-reader.ts';
import type { OpenWorld } from './open-world.ts';
import { forkAt, undoCollapse, type AskPast, type TurnRequest } from './turn-back.ts';

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');

function asker({ past }: OpenWorld): AskPast {
  return (view, question) => past.ask(view, question, performance.now());
}

function request(idx: number, requestId: string | null = null): TurnRequest {
  return { idx, principal: 'local', requestId, validUntil: null, meta: null };
}

async function must<Kind extends Event['kind']>(
  { loop }: OpenWorld,
  command: Command,
  kind: Kind,
): Promise<Extract<Event, { kind: Kind }>> {
  const reply = await loop.submit(command);
  if (!('kind' in reply) || reply.kind !== kind) assert.fail(JSON.stringify(reply));
  return reply as Extract<Event, { kind: Kind }>; // its kind was just compared
}

/** Carries ops into System; the idx of the collapse. */
async function commit(world: OpenWorld, ...ops: readonly Op[]): Promise<number> {
  const { view } = await must(world, createWorkspace(), 'SWS_CREATED');
  await must(world, applyRewrite(view, ops), 'REWRITE_APPLIED');
  const collapse = await must(world, collapseWorkspace(view), 'COLLAPSE');
  assert.notEqual(collapse.mode, null);
  return collapse.idx;
}

async function undone(world: OpenWorld, idx: number, requestId: string | null = null): Promise<number> {
  const outcome = await undoCollapse(world, request(idx, requestId), asker(world));
  if (outcome.type !== 'created') assert.fail(JSON.stringify(outcome));
  return outcome.created.view;
}

function headDigest({ loop }: OpenWorld, number: number): Digest {
  const workspace = getWorkspace(loop.world, number);
  assert.ok(workspace !== undefined);
  return workspace.head.digest;
}

const size = ({ loop }: OpenWorld): number => loop.world.history.size;

test('an undo that is collapsed leaves System as it was before', async () => {
  const world = await openMemoryWorld();
  await commit(world, putNode('file', 'a', { v: 1, w: 1 }), putNode('file', 'b'), addNode('note'));
  const before = world.loop.world.system.digest;
  const idx = await commit(
    world,
    putNode('file', 'a', { v: 2, w: null }),
    deleteNode(contentId('note')),
    addEdge(A, B, 'uses'),
  );
  const number = await undone(world, idx);
  assert.equal(headDigest(world, number), before);
  await must(world, collapseWorkspace(number), 'COLLAPSE');
  assert.equal(world.loop.world.system.digest, before);
  // And that is a collapse like any other.
  assert.notEqual(headDigest(world, await undone(world, size(world) - 1)), before);
});

test('undo∘commit restores the digest after every collapse of a history', async (context) => {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${seed}`);
  const dice = createRandom(seed);
  const world = await openMemoryWorld();
  const past: Command[] = [];
  let undos = 0;
  while (undos < 15) {
    const before = world.loop.world.system;
    const command = generateCommand(dice, world.loop.world, past);
    past.push(command);
    const reply = await world.loop.submit(command);
    if (!('kind' in reply) || reply.kind !== 'COLLAPSE' || reply.idx !== size(world) - 1) continue;
    if (reply.mode === null || reply.target !== null || world.loop.world.system === before) continue;
    const number = await undone(world, reply.idx);
    // Under a policy that asks for nothing else, whatever the world's default is by then.
    await must(world, collapseWorkspace(number, { policyId: 1 }), 'COLLAPSE');
    assert.equal(world.loop.world.system.digest, before.digest);
    undos += 1;
  }
  await world.close();
});

test('where System has changed since, the elements are told and nothing is written', async () => {
  const world = await openMemoryWorld();
  await commit(world, putNode('file', 'b'));
  const idx = await commit(world, putNode('file', 'a', { v: 1 }), addNode('note'));
  await commit(world, putNode('file', 'a', { v: 2 }), addEdge(contentId('note'), B, 'about'));
  const eventCount = size(world);
  const outcome = await undoCollapse(world, request(idx), asker(world));
  assert.ok(outcome.type === 'offended');
  const { count, first } = outcome.offenders;
  assert.equal(count, 2);
  assert.deepEqual(
    first.map(({ element, id, expected }) => [element, element === 'node' ? id === A : 'edge', expected === null]),
    [
      ['node', true, false],
      ['edge', 'edge', true],
    ],
  );
  assert.equal(size(world), eventCount);
});

test('what is no collapse into System can not be undone', async () => {
  const world = await openMemoryWorld();
  const late = await must(world, createWorkspace(), 'SWS_CREATED');
  await must(world, applyRewrite(late.view, [putNode('file', 'a', { v: 1 })]), 'REWRITE_APPLIED');
  await commit(world, putNode('file', 'a', { v: 2 }));
  const aborted = await must(world, collapseWorkspace(late.view), 'COLLAPSE');
  const idx = await commit(world, addNode('note'));
  for (const [at, reason] of [
    [aborted.idx, 'COLLAPSE_NOT_FOUND'],
    [idx - 1, 'COLLAPSE_NOT_FOUND'],
    [idx + 1, 'EVENT_NOT_FOUND'],
  ] as const) {
    await assert.rejects(undoCollapse(world, request(at), asker(world)), { reason, place: 'idx' });
  }
});

test('a retry of an undo answers with the workspace of the first time, even one that was collapsed', async () => {
  const world = await openMemoryWorld();
  const idx = await commit(world, putNode('file', 'a', { v: 1 }));
  const number = await undone(world, idx, 'r');
  const eventCount = size(world);
  assert.equal(await undone(world, idx, 'r'), number);
  await must(world, collapseWorkspace(number), 'COLLAPSE');
  assert.equal(await undone(world, idx, 'r'), number);
  assert.equal(size(world), eventCount + 1);
});

test('a request id that has led back is taken: with other arguments it is refused, and nothing is written', async () => {
  const world = await openMemoryWorld();
  const ask = asker(world);
  const idx = await commit(world, putNode('file', 'a', { v: 1 }));
  const other = await commit(world, addNode('note'));
  await undone(world, idx, 'u');
  // What leads to the newest System is nothing: all that is written is a workspace.
  await forkAt(world, request(other, 'f'), ask);
  const { principal } = request(0);
  await must(world, { ...createWorkspace(), principal, requestId: 'c' }, 'SWS_CREATED');
  const meta = encodeValue(new Map([['why', 'another']]));
  await forkAt(world, { ...request(other, 'm'), meta }, ask);
  const eventCount = size(world);
  const reused = { reason: 'REQUEST_ID_REUSED' };
  await assert.rejects(forkAt(world, { ...request(idx, 'm'), meta }, ask), reused);
  await assert.rejects(undoCollapse(world, request(other, 'u'), ask), reused);
  await assert.rejects(undoCollapse(world, { ...request(idx, 'u'), meta }, ask), reused);
  await assert.rejects(forkAt(world, request(idx, 'u'), ask), reused);
  await assert.rejects(forkAt(world, request(idx, 'f'), ask), reused);
  await assert.rejects(forkAt(world, request(other, 'c'), ask), reused);
  const plain = await world.loop.submit({ ...createWorkspace(), principal, requestId: 'f' });
  assert.ok('ok' in plain && plain.reason === 'REQUEST_ID_REUSED');
  assert.equal(size(world), eventCount);
});

test('the workspace says what it was made for, beside what the request says of it', async () => {
  const world = await openMemoryWorld();
  const idx = await commit(world, putNode('file', 'a', { v: 1 }));
  const metaFor = async (meta: Value | undefined): Promise<Value | undefined> => {
    const given = meta === undefined ? null : encodeValue(meta);
    const created = await forkAt(world, { ...request(idx), meta: given }, asker(world));
    return created.meta === null ? undefined : decodeValue(created.meta, { nullAllowed: true });
  };
  assert.deepEqual(await metaFor(undefined), new Map([['fork', idx]]));
  assert.deepEqual(
    await metaFor(new Map([['why', 'a look']])),
    new Map<string, Value>([
      ['why', 'a look'],
      ['fork', idx],
    ]),
  );
  for (const meta of ['a look', new Map([['fork', 7]]), ['x']] satisfies Value[]) {
    assert.deepEqual(
      await metaFor(meta),
      new Map<string, Value>([
        ['meta', meta],
        ['fork', idx],
      ]),
    );
  }
});

test('what a crash has left of a turn back is carried out by its retry', async () => {
  const whole = await openMemoryWorld();
  const idx = await commit(whole, putNode('file', 'a', { v: 1 }));
  const number = await undone(whole, idx, 'r');
  const fork = await forkAt(whole, request(1, 'f'), asker(whole));
  // As if the process had ended when only the workspaces were made.
  const cut = await openMemoryWorld();
  await commit(cut, putNode('file', 'a', { v: 1 }));
  for (const at of [idx + 1, fork.idx]) {
    const { event } = await readEvent(whole.log, at);
    assert.ok(event.kind === 'SWS_CREATED');
    const { principal, requestId, validUntil } = event.cause;
    const shared = { principal, requestId, validUntil, meta: event.meta };
    await must(cut, { type: 'createWorkspace', from: null, ...shared }, 'SWS_CREATED');
  }
  assert.notEqual(headDigest(cut, number), headDigest(whole, number));
  await commit(cut, addNode('note'));
  assert.equal(await undone(cut, idx, 'r'), number);
  assert.equal(headDigest(cut, number), headDigest(whole, number));
  assert.equal((await forkAt(cut, request(1, 'f'), asker(cut))).view, fork.view);
  assert.equal(headDigest(cut, fork.view), headDigest(whole, fork.view));
});

test('a fork at an older event has the contents of System then, on the base of System now', async () => {
  const world = await openMemoryWorld();
  const digests: Digest[] = [world.loop.world.system.digest];
  const idxs = [0];
  for (let v = 0; v < 4; v++) {
    idxs.push(
      await commit(world, putNode('file', `${v}`, { v }), ...(v === 2 ? [deleteNode(keyedId('file', '1'))] : [])),
    );
    digests.push(world.loop.world.system.digest);
  }
  const now = world.loop.world.system;
  for (const [i, idx] of idxs.entries()) {
    const { view } = await forkAt(world, request(idx), asker(world));
    assert.equal(headDigest(world, view), digests[i]);
    assert.equal(getWorkspace(world.loop.world, view)?.base, now);
  }
});

test('System may move while a fork is read: it leads back from where System is then', async () => {
  const world = await openMemoryWorld();
  const then = await commit(world, putNode('file', 'a', { v: 1 }));
  const { digest } = world.loop.world.system;
  await commit(world, putNode('file', 'a', { v: 2 }));
  const ask = asker(world);
  let hasMoved = false;
  const busy: AskPast = async (view, question) => {
    const answer = await ask(view, question);
    if (!hasMoved) await commit(world, addNode('note'));
    hasMoved = true;
    return answer;
  };
  const { view } = await forkAt(world, request(then, 'r'), busy);
  assert.equal(headDigest(world, view), digest);
  await commit(world, addNode('other'));
  const eventCount = size(world);
  assert.equal((await forkAt(world, request(then, 'r'), ask)).view, view);
  assert.equal(size(world), eventCount);
});

/** The world, of which System moves once between what is looked at and the script that rests on it. */
function movesBeforeRun(world: OpenWorld, ...ops: readonly Op[]): OpenWorld {
  let hasMoved = false;
  const loop = {
    get world() {
      return world.loop.world;
    },
    run: async (...args: Parameters<OpenWorld['loop']['run']>) => {
      if (!hasMoved) await commit(world, ...ops);
      hasMoved = true;
      return await world.loop.run(...args);
    },
  };
  return { ...world, loop: loop as unknown as OpenWorld['loop'] }; // all that is asked of it
}

test('more than a turn holds is led back from a System that moves meanwhile', async () => {
  const world = await openMemoryWorld();
  const before = world.loop.world.system.digest;
  const { view } = await must(world, createWorkspace(), 'SWS_CREATED');
  const puts = Array.from({ length: 21_000 }, (_, i) => putNode('file', `${i}`));
  for (let at = 0; at < puts.length; at += 7000) {
    await must(world, applyRewrite(view, puts.slice(at, at + 7000)), 'REWRITE_APPLIED');
  }
  const { idx } = await must(world, collapseWorkspace(view), 'COLLAPSE');
  const { digest } = world.loop.world.system;
  const eventCount = size(world);
  const elsewhere = movesBeforeRun(world, putNode('file', '7', { v: 1 }));
  const outcome = await undoCollapse(elsewhere, request(idx), asker(world));
  assert.equal(outcome.type === 'offended' && outcome.offenders.count, 1);
  assert.equal(size(world), eventCount + 3);
  await commit(world, putNode('file', '7', { v: null }));
  await must(world, collapseWorkspace(await undone(world, idx)), 'COLLAPSE');
  assert.equal(world.loop.world.system.digest, before);
  const fork = await forkAt(movesBeforeRun(world, addNode('note')), request(idx), asker(world));
  assert.equal(headDigest(world, fork.view), digest);
  await world.close();
});
