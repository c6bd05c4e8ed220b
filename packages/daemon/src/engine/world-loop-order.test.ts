/** What the loop does in which order, and to whom: W1 to W3 where several wait at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldDigest, ZERO_DIGEST, type Bytes, type Command, type Op } from '@jitos/kernel';
import { HeldLog } from '@jitos/testkit/engine/held-log.ts';
import { Failure } from '../errors/failure.ts';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../logs/memory/memory-rewrite-index.ts';
import type { Log } from '../ports/log.ts';
import { openWorld } from './open-world.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';
import type { Reply, Script, WorldLoop } from './world-loop.ts';

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;
const CREATE: Command = { ...LOCAL, type: 'createWorkspace', from: null };
const MIB = 1_048_576;

function add(view: number, text: string): Command {
  const op: Op = { op: 'AddNode', kind: 'demo', payload: text as Bytes, expect: null }; // ASCII
  return { ...LOCAL, type: 'applyRewrite', view, ops: [op] };
}

/** Refused, but only after so many ops that the turn ends with it. */
const LONG_REFUSAL: Command = {
  ...LOCAL,
  type: 'applyRewrite',
  view: 1_000_000,
  ops: Array.from({ length: 20_000 }, () => ({ op: 'DeleteNode', id: ZERO_DIGEST, expect: null })),
};

async function startLoop(log: Log): Promise<WorldLoop> {
  return (await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() })).loop;
}

/** A loop whose first event is durable and whose further appends are held. */
async function heldLoop(): Promise<{ log: HeldLog; loop: WorldLoop }> {
  const log = new HeldLog();
  const starting = startLoop(log);
  await log.pending();
  log.land();
  return { log, loop: await starting };
}

/** Lets everything that can run without the log run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function viewOf(reply: Reply): number {
  assert.ok('kind' in reply && reply.kind === 'SWS_CREATED');
  return reply.view;
}

test('what a full turn has left waiting is decided while its batch is in flight', async () => {
  const { log, loop } = await heldLoop();
  let isDecided = false;
  function* waiting(): Script<void> {
    yield CREATE;
    isDecided = true;
  }
  const all = Promise.all([loop.submit(CREATE), loop.submit(LONG_REFUSAL), loop.run(LOCAL.principal, waiting())]);
  await log.pending();
  await settle();
  assert.ok(isDecided);
  log.land();
  await log.pending();
  log.land();
  await all;
});

test('principals take turns by what their commands have cost: one that asks little is not held up by one that asks much', async () => {
  const { loop } = await heldLoop();
  const decided: string[] = [];
  function* noting(name: string, command: Command): Script<void> {
    yield command;
    decided.push(name);
  }
  const dear = (name: string): Promise<void> => loop.run('greedy', noting(name, LONG_REFUSAL));
  const cheap = (name: string): Promise<void> => loop.run('polite', noting(name, add(9, 'nowhere')));
  const all = Promise.all([dear('a'), dear('b'), dear('c'), cheap('1'), cheap('2'), cheap('3')]);
  await all;
  assert.deepEqual(decided, ['a', '1', '2', '3', 'b', 'c']);
});

test('replies leave in the order of the decisions', async () => {
  const { log, loop } = await heldLoop();
  const left: string[] = [];
  const leaves = (name: string) => (): unknown => left.push(name);
  const all = Promise.all([
    loop.submit(CREATE).then(leaves('created')),
    loop.submit(add(9, 'nowhere')).then(leaves('refused')),
    loop.submit(add(0, 'there')).then(leaves('written')),
  ]);
  await log.pending();
  log.land();
  await all;
  assert.deepEqual(left, ['created', 'refused', 'written']);
});

test('a subscriber finds the world that it is told of, before any reply leaves', async () => {
  const { log, loop } = await heldLoop();
  const seen: boolean[] = [];
  let hasLeft = false;
  loop.subscribe(({ world }) => seen.push(loop.world === world && !hasLeft));
  const submitted = loop.submit(CREATE).then(() => (hasLeft = true));
  await log.pending();
  log.land();
  await submitted;
  assert.deepEqual(seen, [true]);
});

test('a refusal on its own is no news to subscribers', async () => {
  const { loop } = await heldLoop();
  let heard = 0;
  loop.subscribe(() => (heard += 1));
  await loop.submit(add(0, 'nowhere'));
  assert.equal(heard, 0);
});

test('when the log fails for good, whoever waits behind two batches hears of it too', async () => {
  const { log, loop } = await heldLoop();
  const told: string[] = [];
  const tell = (error: unknown): unknown => told.push(error instanceof Failure ? error.reason : String(error));
  void loop.submit(CREATE).catch(tell);
  await log.pending();
  void loop.submit(CREATE).catch(tell);
  await settle();
  void loop.submit(CREATE).catch(tell);
  await settle();
  log.fail(new Failure('LOG_FAILED', '', 'sync failed'));
  await settle();
  assert.deepEqual(told, ['LOG_FAILED', 'LOG_FAILED', 'LOG_FAILED']);
});

test('when a listener fails, whoever waits behind two batches hears of it too', async () => {
  const { log, loop } = await heldLoop();
  loop.subscribe(() => {
    throw new Failure('LOG_FAILED', 'rewrites.idx', 'derived file');
  });
  const told: string[] = [];
  const tell = (error: unknown): unknown => told.push(error instanceof Failure ? error.place : String(error));
  const durable = loop.submit(CREATE);
  await log.pending();
  void loop.submit(CREATE).catch(tell);
  await settle();
  void loop.submit(CREATE).catch(tell);
  await settle();
  log.land();
  assert.equal(viewOf(await durable), 0);
  await settle();
  assert.deepEqual(told, ['rewrites.idx', 'rewrites.idx']);
});

test('an append that is refused at once loses its batch as one that is refused later', async () => {
  const { log, loop } = await heldLoop();
  const before = loop.world;
  log.append = () => {
    throw new Failure('LOG_FULL', '', 'no room');
  };
  await assert.rejects(loop.submit(CREATE), { reason: 'LOG_FULL' });
  assert.equal(loop.world, before);
});

test('a script whose batch was lost is stepped no more', async () => {
  const { log, loop } = await heldLoop();
  let steps = 0;
  function* script(): Script<void> {
    yield CREATE;
    while (steps < 50) {
      steps += 1;
      yield LONG_REFUSAL;
    }
  }
  const lost = assert.rejects(loop.run(LOCAL.principal, script()), { reason: 'LOG_FULL' });
  await log.pending();
  const behind = loop.submit(CREATE);
  await settle();
  assert.equal(steps, 2);
  log.fail(new Failure('LOG_FULL', '', 'no room'));
  await lost;
  await log.pending();
  assert.equal(steps, 2);
  log.land();
  assert.equal(viewOf(await behind), 0);
});

test('thousands of commands that wait are all answered, in their order', async () => {
  const loop = await startLoop(new MemoryLog({ store: { batches: [] }, sync: 'async' }));
  const replies = await Promise.all(Array.from({ length: 3000 }, () => loop.submit(CREATE)));
  assert.deepEqual(replies.map(viewOf), Array.from(replies.keys()));
});

test('a batch of large events closes at its size, and the rest follows', async () => {
  const { log, loop } = await heldLoop();
  const payloads = Array.from({ length: 12 }, (_, i) => String.fromCharCode(65 + i).repeat(MIB - 100));
  const replies = Promise.all([CREATE, ...payloads.map((payload) => add(0, payload))].map((each) => loop.submit(each)));
  const sizes: number[] = [];
  while (loop.world.rewriteCount < payloads.length) {
    const { events } = await log.pending();
    sizes.push(events.reduce((sum, { header, body }) => sum + header.length + body.length, 0));
    log.land();
    await settle();
  }
  await replies;
  assert.ok(sizes.length > 1);
  for (const size of sizes) assert.ok(size < 6 * MIB, `a batch of ${size} bytes`);
});

test('each batch names the history before it, so that the whole replays', async () => {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  const loop = await startLoop(log);
  await loop.submit({ ...CREATE, requestId: 'r-1' });
  await Promise.all(Array.from({ length: 20 }, (_, i) => loop.submit(add(0, `node ${i}`))));
  await loop.submit({ ...LOCAL, type: 'collapseWorkspace', workspace: 0, policyId: null, footprint: null });
  const replayed = await replay(log, { verify: 'decisions' });
  assert.ok(replayed !== null);
  assert.equal(worldDigest(replayed, sha256), worldDigest(loop.world, sha256));
});

test('draining waits for the batch in flight', async () => {
  const { log, loop } = await heldLoop();
  let isDrained = false;
  const submitted = loop.submit(CREATE);
  await log.pending();
  const drained = loop.drain().then(() => (isDrained = true));
  await settle();
  assert.equal(isDrained, false);
  log.land();
  await submitted;
  await drained;
});

test('draining waits for a repeat whose event is being read back', async () => {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  const loop = await startLoop(log);
  const command: Command = { ...CREATE, requestId: 'r-1' };
  const first = await loop.submit(command);
  const { promise: isReadable, resolve: read } = Promise.withResolvers<void>();
  const batches = log.batches.bind(log);
  log.batches = async function* (fromIdx) {
    await isReadable;
    yield* batches(fromIdx);
  };
  const repeat = loop.submit(command);
  await settle();
  let isDrained = false;
  const drained = loop.drain().then(() => (isDrained = true));
  await settle();
  assert.equal(isDrained, false);
  read();
  assert.deepEqual(await repeat, first);
  await drained;
});

test('a command too many is told to come later, and the others are not lost for it', async () => {
  const { log, loop } = await heldLoop();
  const waiting = Array.from({ length: 65_536 }, () => loop.submit(add(0, 'nowhere')));
  await assert.rejects(loop.submit(add(0, 'nowhere')), { reason: 'OVERLOADED' });
  const replies = await Promise.all(waiting);
  assert.ok(replies.every((reply) => 'ok' in reply));
  const created = loop.submit(CREATE);
  await log.pending();
  log.land();
  assert.equal(viewOf(await created), 0);
});
