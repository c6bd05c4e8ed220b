import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import {
  addNode,
  advanceClock,
  applyRewrite,
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { commandDigest, type Command } from './commands/command.ts';
import { createWorld, decide } from './decide.ts';
import { REQUESTS_A_PRINCIPAL_MAX } from './history/request-window.ts';
import { treeHead } from './history/tree.ts';
import { WORLD_FORMAT } from './world.ts';

test('a world begins with WORLD_CREATED at idx 0, without entropy', () => {
  const { world, encoded } = createWorld({ quantumMs: 250 }, sha256);
  assert.deepEqual(encoded.event, {
    kind: 'WORLD_CREATED',
    idx: 0,
    view: null,
    pins: { engine: 1, policyId: null, rulePackId: NO_RULES.id },
    cause: { principal: 'world', requestId: null, validUntil: null, commandDigest: null, grant: null },
    format: WORLD_FORMAT,
    quantumMs: 250,
  });
  assert.equal(createWorld({ quantumMs: 250 }, sha256).encoded.header, encoded.header);
  assert.deepEqual([world.history.size, world.quantumMs, world.workspaceCount], [1, 250, 0]);
  assert.equal(treeHead(world.history, sha256), encoded.leaf);
});

test('idx counts every event; rewriteIdx only rewrites, collapses and discards, over all views', () => {
  const driver = new WorldDriver();
  driver.fork(addNode('note'));
  driver.fork(putNode('file', 'a', { v: 1 }));
  driver.fork(putNode('file', 'a', { v: 2 }));
  for (const number of [0, 1, 2]) driver.must('COLLAPSE', collapseWorkspace(number));
  driver.must('DISCARD', discardWorkspace(2));
  const events = driver.events.map(({ event }) => event);
  assert.deepEqual(
    events.map((event) => event.idx),
    [...events.keys()],
  );
  const marked = events.flatMap((event) => ('rewriteIdx' in event ? [[event.kind, event.rewriteIdx]] : []));
  assert.deepEqual(marked, [
    ['REWRITE_APPLIED', 0],
    ['REWRITE_APPLIED', 1],
    ['REWRITE_APPLIED', 2],
    ['COLLAPSE', 3],
    ['COLLAPSE', 4],
    ['COLLAPSE', 5],
    ['DISCARD', 6],
  ]);
});

test('an event names its cause: the principal, and the request with the digest of its command', () => {
  const driver = new WorldDriver();
  const asked = createWorkspace({ principal: 'ann', requestId: 'r1' });
  assert.deepEqual(driver.must('SWS_CREATED', asked).cause, {
    principal: 'ann',
    requestId: 'r1',
    commandDigest: commandDigest(asked, sha256),
    validUntil: null,
    grant: null,
  });
  assert.deepEqual(driver.must('SWS_CREATED', createWorkspace()).cause, {
    principal: 'tester',
    requestId: null,
    validUntil: null,
    commandDigest: null,
    grant: null,
  });
});

test('a repeat is answered with the event of the first, and nothing happens', () => {
  const driver = new WorldDriver();
  const commands: Command[] = [
    createWorkspace({ requestId: 'create' }),
    applyRewrite(0, [addNode('note')], { requestId: 'rewrite' }),
    collapseWorkspace(0, { requestId: 'collapse' }),
    createWorkspace(),
    discardWorkspace(1, { requestId: 'discard' }),
  ];
  for (const command of commands) driver.run(command);
  const before = driver.world;
  const replies = commands.filter((command) => command.requestId !== null).map((command) => driver.run(command));
  assert.deepEqual(
    replies,
    [1, 2, 3, 5].map((idx) => ({ ok: true, repeated: true, idx })),
  );
  assert.equal(driver.world, before);
});

test('a command is carried out until the tick that it names, and its retry is answered afterwards', () => {
  const driver = new WorldDriver();
  const asked = createWorkspace({ requestId: 'r1', validUntil: 2 });
  driver.must('TICK', advanceClock(2));
  assert.equal(driver.must('SWS_CREATED', asked).cause.validUntil, 2);
  driver.must('TICK', advanceClock(1));
  const { reason, place } = driver.refused(createWorkspace({ requestId: 'r2', validUntil: 2 }));
  assert.deepEqual([reason, place], ['COMMAND_EXPIRED', 'meta.validUntil']);
  assert.deepEqual(driver.run(asked), { ok: true, repeated: true, idx: 2 });
  for (const validUntil of [-1, 0.5, 2 ** 53]) {
    assert.equal(driver.refused(createWorkspace({ validUntil })).reason, 'VALID_UNTIL_INVALID');
  }
});

test('a request id taken for another command is refused; another principal may use it', () => {
  const driver = new WorldDriver();
  driver.run(createWorkspace({ requestId: 'r' }));
  const refusal = driver.refused(createWorkspace({ requestId: 'r', meta: 1 }));
  assert.deepEqual([refusal.reason, refusal.place], ['REQUEST_ID_REUSED', 'meta.requestId']);
  driver.must('SWS_CREATED', createWorkspace({ requestId: 'r', principal: 'other', meta: 1 }));
});

test('refusals are not remembered: the same request may succeed later', () => {
  const driver = new WorldDriver();
  const command = applyRewrite(0, [addNode('note')], { requestId: 'early' });
  assert.equal(driver.refused(command).reason, 'WORKSPACE_NOT_FOUND');
  driver.fork();
  driver.must('REWRITE_APPLIED', command);
});

test('a request is forgotten when 1,024 newer ones of its principal have come', () => {
  const driver = new WorldDriver();
  const first = createWorkspace({ requestId: 'first' });
  driver.must('SWS_CREATED', first);
  const discards = (i: number): Command => applyRewrite(0, [putNode('file', 'a', { i })], { requestId: `r${i}` });
  for (let i = 1; i < REQUESTS_A_PRINCIPAL_MAX; i++) driver.run(discards(i));
  assert.deepEqual(driver.run(first), { ok: true, repeated: true, idx: 1 });
  driver.run(discards(REQUESTS_A_PRINCIPAL_MAX));
  assert.equal(driver.must('SWS_CREATED', first).view, 1);
});

test('a header may have 4 KiB, not more', () => {
  const driver = new WorldDriver();
  const refusal = driver.refused(createWorkspace({ principal: 'p'.repeat(4096) }));
  assert.deepEqual([refusal.reason, refusal.place], ['HEADER_TOO_LARGE', '']);
  const widest = { principal: 'p'.repeat(256), requestId: 'r'.repeat(256) };
  driver.must('SWS_CREATED', createWorkspace(widest));
});

test('deciding changes no world: the one before stays as it was and decides the same again', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a', { v: 1 }));
  const { world } = driver;
  const command = applyRewrite(number, [putNode('file', 'a', { v: 2 })]);
  const first = decide(world, command, sha256);
  const second = decide(world, command, sha256);
  assert.ok(first.ok && !first.repeated && second.ok && !second.repeated);
  assert.deepEqual(first.encoded, second.encoded);
  assert.equal(driver.head(number).id, world.workspaces.leaf ? world.workspaces.values[0]?.head.id : undefined);
});
