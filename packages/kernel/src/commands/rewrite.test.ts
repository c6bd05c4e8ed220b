import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteNode,
  discardWorkspace,
  keyedId,
  putNode,
  rebaseWorkspace,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { taggedHash } from '../bytes/digest.ts';
import { graphDigest } from '../graph/graph.ts';
import { trieCount } from '../trie/trie.ts';
import { DEFAULT_SETTINGS } from '../view/settings.ts';

test('a rewrite moves its workspace, and its event says where to', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  const base = driver.head(number);
  const ops = [addNode('note'), putNode('file', 'a', { size: 1 })];
  const event = driver.must('REWRITE_APPLIED', applyRewrite(number, ops, { meta: 'why' }));
  const head = driver.head(number);
  assert.deepEqual([event.view, event.idx, event.rewriteIdx, event.ops], [number, 2, 0, ops]);
  assert.equal(event.viewDigest, graphDigest(head.graph, driver.world.system.rules.id, sha256));
  assert.equal(event.snapshotId, taggedHash('snapshot', base.id + event.viewDigest, sha256));
  assert.deepEqual([head.digest, head.id], [event.viewDigest, event.snapshotId]);
  assert.equal(driver.workspace(number).base, base);
});

test('a rewrite that changes nothing is accepted, takes a rewriteIdx and moves no snapshot', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  const before = driver.head(number);
  const event = driver.must('REWRITE_APPLIED', applyRewrite(number, [addNode('note')]));
  assert.deepEqual([event.rewriteIdx, event.snapshotId, event.viewDigest], [1, before.id, before.digest]);
  assert.equal(driver.head(number), before);
});

test('contents that come back have their digest and another snapshot (ABA)', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  const back = driver.must('REWRITE_APPLIED', applyRewrite(number, [deleteNode(contentId('note'))]));
  assert.equal(back.viewDigest, driver.world.system.digest);
  assert.notEqual(back.snapshotId, driver.world.system.id);
});

test('System is refused, whatever the ops', () => {
  const refusal = new WorldDriver().refused(applyRewrite('system', [addNode('note')]));
  assert.deepEqual([refusal.reason, refusal.place], ['SYSTEM_IS_READ_ONLY', 'view']);
});

test('rewrites of all workspaces share one count', () => {
  const driver = new WorldDriver();
  const first = driver.fork();
  const second = driver.fork();
  const counts = [first, second, first].map((number, i) => {
    return driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'a', { i })])).rewriteIdx;
  });
  assert.deepEqual(counts, [0, 1, 2]);
});

test('ten thousand ops are one rewrite', () => {
  const driver = new WorldDriver();
  const ops = Array.from({ length: 10_000 }, (_, i) => putNode('file', `${i % 500}`, { i }));
  const number = driver.fork(...ops);
  assert.equal(trieCount(driver.head(number).graph.nodes), 500);
  assert.equal(driver.refused(applyRewrite(number, [...ops, addNode('note')])).reason, 'OPS_TOO_MANY');
});

test('small patches of one large node are no way to hold up the writer, in a rewrite or in a rebase', () => {
  const driver = new WorldDriver();
  const large = (name: string): ReturnType<typeof putNode> => {
    const fields = Array.from({ length: 120 }, (_, i): [string, string] => [`${name}${i}`, 'x'.repeat(65_000)]);
    return putNode('file', 'a', Object.fromEntries(fields));
  };
  const number = driver.fork(large('a'));
  driver.must('REWRITE_APPLIED', applyRewrite(number, [large('b')]));
  const ops = Array.from({ length: 100 }, (_, i) => putNode('file', 'a', { small: i }));
  for (const command of [applyRewrite(number, ops), rebaseWorkspace(number, { ops })]) {
    const { reason, place } = driver.refused(command);
    assert.deepEqual([reason, place], ['OPS_TOO_MANY', 'ops[68]']);
  }
});

test('an event may have 8 MiB of body, not more', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  const megabyte = (i: number): ReturnType<typeof addNode> => addNode('blob', utf8(`${i}`.padEnd(1_048_576, 'x')));
  const eight = Array.from({ length: 8 }, (_, i) => megabyte(i));
  const before = driver.world;
  const refusal = driver.refused(applyRewrite(number, eight));
  assert.deepEqual([refusal.reason, refusal.place], ['BODY_TOO_LARGE', '']);
  assert.equal(driver.world, before);
  driver.must('REWRITE_APPLIED', applyRewrite(number, eight.slice(1)));
});

test('a base that System has left too far behind needs a rebase: no write, no collapse, but a discard', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  const aged = (changes: number): void => {
    driver.world = { ...driver.world, systemChanges: changes };
  };
  const { baseAgeSystemChangesMax } = DEFAULT_SETTINGS;
  aged(baseAgeSystemChangesMax);
  driver.must('REWRITE_APPLIED', applyRewrite(number, [addNode('more')]));
  aged(baseAgeSystemChangesMax + 1);
  const refusals = [applyRewrite(number, [addNode('note')]), collapseWorkspace(number)].map((command) =>
    driver.refused(command),
  );
  assert.deepEqual(
    refusals.map(({ reason, place }) => [reason, place]),
    [
      ['REBASE_NEEDED', 'view'],
      ['REBASE_NEEDED', 'workspace'],
    ],
  );
  driver.must('REWRITE_APPLIED', applyRewrite(driver.must('SWS_CREATED', createWorkspace()).view, [addNode('young')]));
  driver.must('DISCARD', discardWorkspace(number));
});

test('a refused rewrite leaves the world as it was', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a'));
  const before = driver.world;
  const missing = keyedId('file', 'missing');
  const refusal = driver.refused(
    applyRewrite(number, [putNode('file', 'b'), addEdge(keyedId('file', 'a'), missing, 'owns')]),
  );
  assert.deepEqual([refusal.reason, refusal.place], ['EDGE_END_MISSING', 'ops[1].to']);
  assert.equal(driver.world, before);
});
