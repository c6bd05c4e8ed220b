import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  checkRules,
  collapseWorkspace,
  contentId,
  deleteNode,
  keyedId,
  proposeRules,
  putNode,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { termsOf } from '@jitos/testkit/world/merge-terms.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { taggedHash, ZERO_DIGEST } from '../bytes/digest.ts';
import { conflictsDigest, type Conflict } from '../collapse/conflict.ts';
import type { Footprint, Range } from '../collapse/footprint.ts';
import { applyMerge, mergeFork } from '../collapse/merge.ts';
import { graphDigest } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import { CONFLICTS_TOLD_MAX } from '../history/event.ts';
import { getEndedWorkspace, getWorkspace } from '../world.ts';

const NOTE = contentId('note');

test('onto an unmoved System the head becomes System', () => {
  const driver = new WorldDriver();
  const system = driver.world.system;
  const number = driver.fork(addNode('note'), putNode('file', 'a', { size: 1 }));
  const head = driver.head(number);
  const event = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.deepEqual([event.mode, event.conflictCount, event.conflictsDigest], ['forward', 0, null]);
  assert.deepEqual([event.rewriteIdx, event.createdIdx, event.pins.policyId], [1, 1, 1]);
  assert.equal(event.targetDigest, head.digest);
  assert.equal(event.targetSnapshotId, taggedHash('snapshot/collapse', system.id + head.id + head.digest, sha256));
  assert.equal(driver.world.system.graph, head.graph);
  assert.equal(driver.world.systemChanges, 1);
});

test('a committed workspace has ended', () => {
  const driver = new WorldDriver();
  const base = driver.world.system.id;
  const number = driver.fork(addNode('note'));
  driver.must('COLLAPSE', collapseWorkspace(number));
  assert.equal(getWorkspace(driver.world, number), undefined);
  assert.deepEqual(getEndedWorkspace(driver.world, number), {
    number,
    endedIdx: 3,
    end: 'COLLAPSED',
    baseView: null,
    parentSnapshotId: base,
    owner: null,
    meta: null,
  });
  assert.equal(driver.refused(collapseWorkspace(number)).reason, 'WORKSPACE_ENDED');
});

test('a workspace that changed nothing commits and moves no snapshot', () => {
  const driver = new WorldDriver();
  const system = driver.world.system;
  const event = driver.must('COLLAPSE', collapseWorkspace(driver.fork()));
  assert.deepEqual([event.mode, event.targetSnapshotId], ['forward', system.id]);
  const undone = driver.fork(addNode('note'));
  driver.must('REWRITE_APPLIED', applyRewrite(undone, [deleteNode(NOTE)]));
  driver.must('COLLAPSE', collapseWorkspace(undone));
  assert.equal(driver.world.system, system);
  assert.equal(driver.world.systemChanges, 0);
});

test('onto a System that has moved the changes are merged', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }), putNode('file', 'b', { v: 0 }));
  const ours = driver.fork(putNode('file', 'a', { v: 1 }));
  driver.commit(putNode('file', 'b', { v: 1 }));
  const system = driver.world.system;
  const head = driver.head(ours);
  const event = driver.must('COLLAPSE', collapseWorkspace(ours, { policyId: 1, meta: 'm' }));
  assert.equal(event.mode, 'merged');
  assert.equal(event.targetDigest, graphDigest(driver.world.system.graph, driver.world.system.rules.id, sha256));
  assert.equal(
    event.targetSnapshotId,
    taggedHash('snapshot/collapse', system.id + head.id + event.targetDigest, sha256),
  );
  const both = driver.fork(putNode('file', 'a', { v: 1 }), putNode('file', 'b', { v: 1 }));
  assert.equal(driver.head(both).digest, event.targetDigest);
});

test('the unmoved case equals the general one: the merge gives the very graph', () => {
  const driver = new WorldDriver();
  const edge = addEdge(keyedId('file', 'a'), NOTE, 'owns');
  driver.commit(putNode('file', 'a', { v: 0 }), putNode('file', 'b', { v: 0 }), addNode('note'), edge);
  const number = driver.fork(putNode('file', 'a', { v: 1 }), deleteNode(keyedId('file', 'b')), addNode('other'));
  const { base, head } = driver.workspace(number);
  const fork = { rules: NO_RULES, base: base.graph, ours: head.graph, theirs: driver.world.system.graph };
  const merge = mergeFork(fork, termsOf(), sha256);
  assert.ok(merge.graph !== null);
  driver.must('COLLAPSE', collapseWorkspace(number));
  assert.deepEqual(describeGraph(merge.graph), describeGraph(driver.world.system.graph));
  assert.deepEqual(
    describeGraph(applyMerge(fork, merge.resolutions, sha256)),
    describeGraph(driver.world.system.graph),
  );
});

test('System that moved away and back has moved: the collapse merges (ABA)', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a'));
  const before = driver.world.system;
  driver.commit(addNode('note'));
  driver.commit(deleteNode(NOTE));
  assert.equal(driver.world.system.digest, before.digest);
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, 'merged');
});

test('equal changes merge into a System that does not move', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  driver.commit(addNode('note'));
  const system = driver.world.system;
  const event = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.deepEqual([event.mode, event.targetSnapshotId], ['merged', system.id]);
  assert.equal(driver.world.system, system);
});

/** A workspace whose `count` puts conflict with System's. */
function conflicting(driver: WorldDriver, count: number): number {
  const puts = (v: number): ReturnType<typeof putNode>[] =>
    Array.from({ length: count }, (_, i) => putNode('file', `${i}`, { v }));
  const number = driver.fork(...puts(1));
  driver.commit(...puts(2));
  return number;
}

test('a conflict aborts: an event that moves nothing, and the workspace lives', () => {
  const driver = new WorldDriver();
  const number = conflicting(driver, 2);
  const { system, systemChanges } = driver.world;
  const workspace = driver.workspace(number);
  const event = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.deepEqual([event.mode, event.conflictCount, event.conflicts.length], [null, 2, 2]);
  assert.deepEqual([event.targetSnapshotId, event.targetDigest], [system.id, system.digest]);
  assert.equal(driver.world.system, system);
  assert.equal(driver.world.systemChanges, systemChanges);
  assert.deepEqual(driver.workspace(number), { ...workspace, abortCount: 1 });
  assert.equal(driver.world.rewriteCount, event.rewriteIdx + 1);
});

test('after an abort the workspace can be mended and collapsed', () => {
  const driver = new WorldDriver();
  const number = conflicting(driver, 1);
  driver.must('COLLAPSE', collapseWorkspace(number));
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', '0', { v: 2 })]));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, 'merged');
});

test('the status tells how the last collapse went: committed before any', () => {
  const driver = new WorldDriver();
  const statuses = [driver.world.commitStatus];
  const number = conflicting(driver, 1);
  statuses.push(driver.world.commitStatus);
  driver.must('COLLAPSE', collapseWorkspace(number));
  statuses.push(driver.world.commitStatus);
  driver.commit(addNode('note'));
  statuses.push(driver.world.commitStatus);
  assert.deepEqual(statuses, ['COMMITTED', 'COMMITTED', 'ABORTED', 'COMMITTED']);
});

test('the report tells the first thousand conflicts, counts all and has a digest of the whole', () => {
  const driver = new WorldDriver();
  const number = conflicting(driver, CONFLICTS_TOLD_MAX + 5);
  const { base, head } = driver.workspace(number);
  const fork = { rules: NO_RULES, base: base.graph, ours: head.graph, theirs: driver.world.system.graph };
  const merge = mergeFork(fork, termsOf(), sha256);
  const event = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.equal(event.conflictCount, CONFLICTS_TOLD_MAX + 5);
  assert.deepEqual(event.conflicts, merge.conflicts.slice(0, CONFLICTS_TOLD_MAX));
  assert.equal(event.conflictsDigest, conflictsDigest(merge.conflicts, sha256));
  const ids = event.conflicts.map((conflict: Conflict) => conflict.id);
  assert.deepEqual(ids, ids.toSorted());
});

test('an unknown policy is refused', () => {
  const driver = new WorldDriver();
  const refusal = driver.refused(collapseWorkspace(driver.fork(), { policyId: 7 }));
  assert.deepEqual([refusal.reason, refusal.place], ['POLICY_UNKNOWN', 'policyId']);
});

test('disjoint workspaces collapse to one digest in either order', () => {
  const digests = [
    [0, 1],
    [1, 0],
  ].map((order) => {
    const driver = new WorldDriver();
    driver.fork(putNode('file', 'a'), addNode('note'));
    driver.fork(putNode('file', 'b'));
    for (const number of order) driver.must('COLLAPSE', collapseWorkspace(number));
    return driver.world.system.digest;
  });
  assert.equal(digests[0], digests[1]);
});

test('a history with merges and aborts is replayed to the same System, from its bytes too', () => {
  const driver = new WorldDriver();
  driver.must('COLLAPSE', collapseWorkspace(conflicting(driver, 3)));
  const number = driver.fork(addNode('note'));
  driver.commit(addNode('other'));
  driver.must('COLLAPSE', collapseWorkspace(number));
  for (const events of [driver.events, driver.events.map(reread)]) {
    const { system } = fold(events);
    assert.deepEqual(describeGraph(system.graph), describeGraph(driver.world.system.graph));
    assert.deepEqual([system.id, system.digest], [driver.world.system.id, driver.world.system.digest]);
  }
});

test('an event tells the three sides, and how much the workspace changed unless nobody had to look', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }));
  const ours = driver.fork(putNode('file', 'a', { v: 1 }), addNode('note'));
  const { base, head } = driver.workspace(ours);
  const moving = driver.fork(putNode('file', 'b'));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(moving)).changed, null);
  const theirs = driver.world.system;
  const event = driver.must('COLLAPSE', collapseWorkspace(ours));
  assert.deepEqual(event.base, { digest: base.digest, nodeCount: 1, edgeCount: 0 });
  assert.deepEqual(event.ours, { digest: head.digest, nodeCount: 2, edgeCount: 0 });
  assert.deepEqual(event.theirs, { digest: theirs.digest, nodeCount: 2, edgeCount: 0 });
  assert.deepEqual(event.changed, { nodes: 2, edges: 0 });
});

test('a merge by field is replayed from its resolutions to the same System', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }));
  const number = driver.fork(putNode('file', 'a', { x: 1 }));
  driver.commit(putNode('file', 'a', { y: 1 }));
  const event = driver.must('COLLAPSE', collapseWorkspace(number, { policyId: 2 }));
  assert.deepEqual(event.resolutions, [{ id: keyedId('file', 'a'), takes: [{ name: 'y', value: null }] }]);
  const { system } = fold(driver.events.map(reread));
  assert.deepEqual(describeGraph(system.graph), describeGraph(driver.world.system.graph));
  assert.equal(graphDigest(system.graph, system.rules.id, sha256), event.targetDigest);
});

test('what an op expected of the base holds System, too', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a', { v: 1 }, 'absent'));
  driver.commit(putNode('file', 'a', { v: 1 }));
  const event = driver.must('COLLAPSE', collapseWorkspace(number, { policyId: 5 }));
  assert.deepEqual([event.mode, event.conflicts[0]?.class], [null, 'expectation']);
});

test('serializable asks what was read, of the base that the workspace has', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }));
  const number = driver.fork(addNode('note'));
  const baseSnapshotId = driver.workspace(number).base.id;
  const ranges: readonly Range[] = [{ range: 'node', id: keyedId('file', 'a') }];
  const refused = (footprint?: Footprint): string =>
    driver.refused(collapseWorkspace(number, { policyId: 4, ...(footprint === undefined ? {} : { footprint }) }))
      .reason;
  assert.equal(refused(), 'FOOTPRINT_UNKNOWN');
  assert.equal(refused({ baseSnapshotId: ZERO_DIGEST, ranges }), 'FOOTPRINT_UNKNOWN');
  driver.commit(putNode('file', 'a', { v: 1 }));
  const footprint = { baseSnapshotId, ranges };
  const event = driver.must('COLLAPSE', collapseWorkspace(number, { policyId: 4, footprint }));
  assert.deepEqual([event.mode, event.conflicts[0]?.class, event.footprint], [null, 'stale-read', footprint]);
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, 'merged');
});

test('a footprint is refused where nobody looks at it, and where it is out of order', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  const baseSnapshotId = driver.workspace(number).base.id;
  const view: Range = { range: 'view' };
  for (const [policyId, ranges] of [
    [1, [view]],
    [4, [view, view]],
  ] as const) {
    const refusal = driver.refused(collapseWorkspace(number, { policyId, footprint: { baseSnapshotId, ranges } }));
    assert.deepEqual([refusal.reason, refusal.place], ['FOOTPRINT_INVALID', 'footprint']);
  }
});

test('a merge that settles more than an event holds is refused at once, a rebase as a collapse', () => {
  const driver = new WorldDriver();
  const tags = { type: 'list', items: 'text', required: false, merge: 'grow-set' } as const;
  const file = { name: null, key: 'id', fields: new Map([['tags', tags]]), isOpen: false, unique: [], deletion: null };
  const pack = { unknownKinds: 'allowed', nodes: new Map([['file', file]]), edges: new Map() } as const;
  driver.must('RULES_PROPOSED', proposeRules(encodeRulePack(pack, sha256).bytes));
  driver.must('RULES_CHECKED', checkRules(1));
  driver.must('RULES_ACTIVATED', checkRules(1));
  const tag = (letter: string): Op[] =>
    Array.from({ length: 150 }, (_, i) => putNode('file', `${i}`, { tags: [letter.repeat(30_000)] }));
  const number = driver.fork(...tag('x'));
  driver.commit(...tag('y'));
  const before = driver.world;
  for (const command of [collapseWorkspace(number, { policyId: 3 }), rebaseWorkspace(number, { policyId: 3 })]) {
    const { reason, place, detail } = driver.refused(command);
    assert.deepEqual([reason, place], ['MERGE_TOO_LARGE', 'workspace']);
    assert.match(detail, /settles 150 elements/);
  }
  assert.equal(driver.world, before);
  // Whose side is taken for all of them needs no more than their ids.
  const choices = tag('x').map((_, i) => ({ id: keyedId('file', `${i}`), side: 'theirs' as const }));
  driver.must('REBASE', rebaseWorkspace(number, { policyId: 3, choices }));
});
