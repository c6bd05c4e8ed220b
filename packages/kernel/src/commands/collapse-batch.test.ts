import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import {
  addNode,
  applyRewrite,
  changeSettings,
  checkRules,
  collapseBatch,
  collapseWorkspace,
  createWorkspace,
  deleteNode,
  keyedId,
  proposeRules,
  putNode,
  rebaseWorkspace,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { digestToHex, taggedHash } from '../bytes/digest.ts';
import { elementValue } from '../graph/graph.ts';
import type { FieldRule, RulePack } from '../graph/rules/rule-pack.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { Op } from '../graph/op.ts';
import { CONFLICTS_TOLD_MAX } from '../history/event.ts';
import { trieEntries } from '../trie/walk.ts';
import { getEndedWorkspace, getWorkspace } from '../world.ts';
import { BATCH_COUNT_MAX } from './command.ts';

function forks(driver: WorldDriver, ...opsOf: readonly (readonly Op[])[]): number[] {
  return opsOf.map((ops) => driver.fork(...ops));
}

const ANY: FieldRule = { type: 'any', items: null, required: false, merge: null };

/** A pack that declares fields of the kind `file`, and that no two have the same in all of these. */
function packOf(fields: Readonly<Record<string, FieldRule>>, unique: readonly (readonly string[])[] = []): RulePack {
  const shape = { name: null, key: 'key', isOpen: true, deletion: null } as const;
  const nodes = new Map([['file', { ...shape, fields: new Map(Object.entries(fields)), unique }]]);
  return encodeRulePack({ unknownKinds: 'allowed', nodes, edges: new Map() }, sha256);
}

function install(driver: WorldDriver, rules: RulePack): void {
  driver.must('RULES_PROPOSED', proposeRules(rules.bytes));
  driver.must('RULES_CHECKED', checkRules(1000));
  driver.must('RULES_ACTIVATED', checkRules(1));
}

test('a batch carries each of its workspaces, and System moves once', () => {
  const driver = new WorldDriver();
  const numbers = forks(driver, [putNode('file', 'a', { v: 1 })], [putNode('file', 'b')], [addNode('note')]);
  const { system } = driver.world;
  const heads = numbers.map((number) => driver.head(number).id);
  const event = driver.must('COLLAPSE_BATCH', collapseBatch([2, 0, 1], { meta: 'm' }));
  assert.deepEqual([event.committedCount, event.abortedCount, event.changed], [3, 0, { nodes: 3, edges: 0 }]);
  assert.deepEqual(
    event.entries.map(({ workspace, createdIdx, conflictCount }) => [workspace, createdIdx, conflictCount]),
    [
      [0, 1, 0],
      [1, 3, 0],
      [2, 5, 0],
    ],
  );
  assert.deepEqual([event.view, event.target, event.rewriteIdx, event.pins.policyId], [null, null, 3, 1]);
  const { world } = driver;
  assert.equal(world.system.digest, event.targetDigest);
  assert.equal(world.system.id, taggedHash('snapshot/batch', system.id + heads.join('') + event.targetDigest, sha256));
  assert.deepEqual([world.systemChanges, world.rewriteCount, world.commitStatus], [1, 4, 'COMMITTED']);
  for (const number of numbers) {
    assert.equal(getWorkspace(world, number), undefined);
    assert.equal(getEndedWorkspace(world, number)?.endedIdx, event.idx);
  }
});

test('one that has a conflict is aborted by itself, and may be collapsed again', () => {
  const driver = new WorldDriver();
  const [stale, fresh] = forks(driver, [putNode('file', 'a', { v: 1 })], [putNode('file', 'b')]) as [number, number];
  driver.commit(putNode('file', 'a', { v: 2 }));
  const { system } = driver.world;
  const lineage = system.id + driver.head(fresh).id;
  const event = driver.must('COLLAPSE_BATCH', collapseBatch([stale, fresh]));
  assert.equal(event.targetSnapshotId, taggedHash('snapshot/batch', lineage + event.targetDigest, sha256));
  assert.deepEqual([event.committedCount, event.abortedCount, event.changed], [1, 1, { nodes: 1, edges: 0 }]);
  const [aborted, committed] = event.entries;
  assert.deepEqual(
    aborted?.conflicts.map(({ id, class: what }) => [id, what]),
    [[keyedId('file', 'a'), 'both-changed']],
  );
  assert.deepEqual([committed?.conflicts, committed?.conflictsDigest], [[], null]);
  assert.deepEqual([driver.workspace(stale).abortCount, driver.world.commitStatus], [1, 'COMMITTED']);
  const again = driver.must('COLLAPSE_BATCH', collapseBatch([stale]));
  assert.equal(again.targetSnapshotId, event.targetSnapshotId);
  assert.deepEqual([driver.workspace(stale).abortCount, driver.world.commitStatus], [2, 'ABORTED']);
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch([stale], { policyId: 5 })).committedCount, 1);
});

test('workspaces that changed nothing move no snapshot', () => {
  const driver = new WorldDriver();
  const { system } = driver.world;
  const event = driver.must('COLLAPSE_BATCH', collapseBatch(forks(driver, [], [])));
  assert.deepEqual([event.committedCount, event.targetSnapshotId], [2, system.id]);
  assert.deepEqual([driver.world.system, driver.world.systemChanges], [system, 0]);
});

test('two that write one element are refused, and nothing is written', () => {
  const driver = new WorldDriver();
  const numbers = forks(driver, [putNode('file', 'b')], [putNode('file', 'a', { v: 1 })], [putNode('file', 'a')]);
  const before = driver.world;
  const { reason, place, detail } = driver.refused(collapseBatch(numbers));
  assert.deepEqual([reason, place], ['BATCH_NOT_DISJOINT', 'workspaces']);
  assert.equal(detail, `workspaces 1 and 2 both need ${digestToHex(keyedId('file', 'a'))} to themselves`);
  assert.equal(driver.world, before);
});

test('in the order that is given each meets what those before it have left, and who comes first wins', () => {
  const driver = new WorldDriver();
  const numbers = forks(
    driver,
    [putNode('file', 'a', { v: 1 })],
    [putNode('file', 'a', { v: 2 })],
    [putNode('file', 'b')],
  );
  const [first, second, third] = numbers as [number, number, number];
  const event = driver.must('COLLAPSE_BATCH', collapseBatch([second, third, first], { order: 'given' }));
  assert.deepEqual(
    event.entries.map(({ workspace, conflicts }) => [workspace, conflicts.length]),
    [
      [second, 0],
      [third, 0],
      [first, 1],
    ],
  );
  const [conflict] = event.entries[2]!.conflicts;
  assert.equal(conflict?.theirs, elementValue(driver.world.system.graph, 'node', keyedId('file', 'a')));
  assert.deepEqual([event.order, event.committedCount, driver.workspace(first).abortCount], ['given', 2, 1]);
  assert.deepEqual(describeWorld(fold(driver.events.map(reread))), describeWorld(driver.world));
});

test('another order is another command', () => {
  const driver = new WorldDriver();
  const numbers = forks(driver, [putNode('file', 'a')], [putNode('file', 'b')]);
  driver.must('COLLAPSE_BATCH', collapseBatch(numbers, { requestId: 'r', order: 'given' }));
  const reversed = collapseBatch(numbers.toReversed(), { requestId: 'r', order: 'given' });
  assert.equal(driver.refused(reversed).reason, 'REQUEST_ID_REUSED');
  assert.equal(driver.refused(collapseBatch(numbers, { requestId: 'r' })).reason, 'REQUEST_ID_REUSED');
});

test('an expectation and a deletion meet, though each alone would commit', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a'));
  const id = keyedId('file', 'a');
  const value = elementValue(driver.world.system.graph, 'node', id);
  const numbers = forks(driver, [putNode('file', 'a', {}, value)], [deleteNode(id)]);
  assert.equal(driver.refused(collapseBatch(numbers)).reason, 'BATCH_NOT_DISJOINT');
});

test('what System has done to a unique name counts: one that leaves it there and one that takes it meet', () => {
  const driver = new WorldDriver();
  install(driver, packOf({ name: ANY }, [['name']]));
  driver.commit(putNode('file', 'a', { name: 'first' }));
  const leaves = driver.fork(putNode('file', 'a', { name: 'mine' }));
  const takes = driver.fork(putNode('file', 'b', { name: 'theirs' }));
  driver.commit(putNode('file', 'a', { name: 'theirs' }));
  assert.equal(driver.refused(collapseBatch([leaves, takes], { policyId: 5 })).reason, 'BATCH_NOT_DISJOINT');
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch([leaves], { policyId: 5 })).committedCount, 1);
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch([takes], { policyId: 5 })).committedCount, 1);
});

test('a unique value that only the merge makes is looked at, too', () => {
  const driver = new WorldDriver();
  install(driver, packOf({ a: ANY, b: ANY }, [['a', 'b']]));
  driver.commit(putNode('file', 'x', { a: 0, b: 0 }));
  const one = driver.fork(putNode('file', 'x', { a: 1 }));
  const other = driver.fork(putNode('file', 'y', { a: 1, b: 1 }));
  driver.commit(putNode('file', 'x', { b: 1 }));
  assert.equal(driver.refused(collapseBatch([one, other], { policyId: 2 })).reason, 'BATCH_NOT_DISJOINT');
});

test('forks are collapsed into their parent, which has their ops and expectations then', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'p'));
  const children = ['a', 'b'].map((key) => {
    const child = driver.must('SWS_CREATED', createWorkspace({ from: parent })).view;
    driver.must('REWRITE_APPLIED', applyRewrite(child, [putNode('file', key, {}, 'absent')]));
    return child;
  });
  const grandchild = driver.must('SWS_CREATED', createWorkspace({ from: children[0]! })).view;
  const event = driver.must('COLLAPSE_BATCH', collapseBatch(children));
  assert.deepEqual([event.target, event.committedCount], [parent, 2]);
  const { opCount, head, children: left } = driver.workspace(parent);
  assert.deepEqual([opCount, head.id], [3, event.targetSnapshotId]);
  assert.deepEqual(
    trieEntries(left).map(({ value }) => value),
    [grandchild],
  );
  assert.equal(driver.workspace(grandchild).parent, parent);
  driver.commit(putNode('file', 'b'));
  const conflicts = driver.must('COLLAPSE', collapseWorkspace(parent)).conflicts.map(({ class: what }) => what);
  assert.deepEqual(conflicts, ['expectation']);
});

test('a batch is refused where one of its collapses would be, by the name of the workspace', () => {
  const driver = new WorldDriver();
  const [one, other] = forks(driver, [putNode('file', 'a')], [putNode('file', 'b')]) as [number, number];
  const child = driver.must('SWS_CREATED', createWorkspace({ from: one })).view;
  const refused = (workspaces: readonly number[], policyId?: number): readonly string[] => {
    const command = collapseBatch(workspaces, policyId === undefined ? {} : { policyId });
    const { reason, place, detail } = driver.refused(command);
    return [reason, place, detail];
  };
  assert.deepEqual(refused([one, 9]), ['WORKSPACE_NOT_FOUND', 'workspaces', 'there is no workspace 9']);
  assert.deepEqual(refused([one], 9).slice(0, 2), ['POLICY_UNKNOWN', 'policyId']);
  assert.deepEqual(refused([one], 4).slice(0, 2), ['FOOTPRINT_UNKNOWN', 'policyId']);
  assert.deepEqual(refused([other, child]), [
    'BATCH_INVALID',
    'workspaces',
    `workspace ${child} would be collapsed into workspace ${one}, and others of the batch into System`,
  ]);
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceOpsMax: 1 }));
  driver.must('REWRITE_APPLIED', applyRewrite(child, [putNode('file', 'c')]));
  assert.equal(refused([child])[0], 'WORKSPACE_TOO_LARGE');
  driver.must('SETTINGS_CHANGED', changeSettings({ abortsMax: 1, baseAgeSystemChangesMax: 1 }));
  driver.commit(putNode('file', 'a', { v: 1 }));
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch([one])).abortedCount, 1);
  assert.equal(refused([other, one])[0], 'WORKSPACE_NEEDS_ATTENTION');
  driver.commit(putNode('file', 'x'));
  assert.equal(refused([other])[0], 'REBASE_NEEDED');
  driver.must('REBASE', rebaseWorkspace(other));
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch([other])).committedCount, 1);
  assert.equal(refused([other])[0], 'WORKSPACE_ENDED');
});

test('the workspaces of a batch have no more ops together than one may have', () => {
  const driver = new WorldDriver();
  const numbers = forks(driver, [putNode('file', 'a')], [putNode('file', 'b'), putNode('file', 'c')]);
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceOpsMax: 2 }));
  const { reason, detail } = driver.refused(collapseBatch(numbers));
  assert.deepEqual([reason, detail], ['BATCH_INVALID', 'the workspaces have 3 ops together, and may have 2']);
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceOpsMax: 3 }));
  driver.must('COLLAPSE_BATCH', collapseBatch(numbers));
});

test('a batch has 1 to 1,000 workspaces, each once', () => {
  const driver = new WorldDriver();
  const refused = (workspaces: readonly number[]): readonly string[] => {
    const { reason, place } = driver.refused(collapseBatch(workspaces));
    return [reason, place];
  };
  assert.deepEqual(refused([]), ['BATCH_INVALID', 'workspaces']);
  assert.deepEqual(refused(Array.from({ length: BATCH_COUNT_MAX + 1 }, (_, i) => i)), ['BATCH_INVALID', 'workspaces']);
  assert.deepEqual(refused([3, 1, 3]), ['BATCH_INVALID', 'workspaces[2]']);
  assert.deepEqual(refused([0, -1]), ['WORKSPACE_NOT_FOUND', 'workspaces[1]']);
  const numbers = Array.from({ length: BATCH_COUNT_MAX }, (_, i) => driver.fork(addNode('note', utf8(`${i}`))));
  assert.equal(driver.must('COLLAPSE_BATCH', collapseBatch(numbers)).committedCount, BATCH_COUNT_MAX);
});

test('while a pack is checked System takes no batch, and its workspaces do', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  const child = driver.must('SWS_CREATED', createWorkspace({ from: parent })).view;
  driver.must('RULES_PROPOSED', proposeRules(packOf({ name: ANY }, [['name']]).bytes));
  assert.equal(driver.refused(collapseBatch([parent])).reason, 'RULES_BUSY');
  driver.must('COLLAPSE_BATCH', collapseBatch([child]));
  driver.must('RULES_CHECKED', checkRules(10));
  driver.must('RULES_ACTIVATED', checkRules(1));
  driver.must('COLLAPSE_BATCH', collapseBatch([parent]));
});

test('a retry is known whatever order it names the workspaces in', () => {
  const driver = new WorldDriver();
  const numbers = forks(driver, [putNode('file', 'a')], [putNode('file', 'b')]);
  const { idx } = driver.must('COLLAPSE_BATCH', collapseBatch(numbers, { requestId: 'r' }));
  const again = driver.run(collapseBatch(numbers.toReversed(), { requestId: 'r' }));
  assert.deepEqual(again, { ok: true, repeated: true, idx });
  assert.equal(driver.refused(collapseBatch([0], { requestId: 'r' })).reason, 'REQUEST_ID_REUSED');
});

test('conflicts are told up to their bound over the whole batch, and counted beyond', () => {
  const driver = new WorldDriver();
  const half = CONFLICTS_TOLD_MAX / 2 + 10;
  const puts = (prefix: string, v: number): Op[] =>
    Array.from({ length: half }, (_, i) => putNode('file', `${prefix}${i}`, { v }));
  const numbers = forks(driver, puts('a', 1), puts('b', 1));
  driver.commit(...puts('a', 2), ...puts('b', 2));
  const { entries } = driver.must('COLLAPSE_BATCH', collapseBatch(numbers));
  assert.deepEqual(
    entries.map(({ conflicts, conflictCount }) => [conflicts.length, conflictCount]),
    [
      [half, half],
      [CONFLICTS_TOLD_MAX - half, half],
    ],
  );
});

test('a batch whose event would be too large is refused as a whole', () => {
  const driver = new WorldDriver();
  install(driver, packOf({ items: { type: 'list', items: 'text', required: false, merge: 'grow-set' } }));
  const rows = Array.from({ length: 75 }, (_, i) => `${i}`);
  const adds = (prefix: string, letter: string): Op[] =>
    rows.map((row) => putNode('file', prefix + row, { items: [letter.repeat(30_000)] }));
  driver.commit(...['a', 'b'].flatMap((prefix) => rows.map((row) => putNode('file', prefix + row, { items: [] }))));
  const numbers = forks(driver, adds('a', 'x'), adds('b', 'x'));
  driver.commit(...adds('a', 'y'), ...adds('b', 'y'));
  const before = driver.world;
  assert.equal(driver.refused(collapseBatch(numbers, { policyId: 3 })).reason, 'BODY_TOO_LARGE');
  assert.equal(driver.world, before);
  for (const number of numbers) driver.must('COLLAPSE_BATCH', collapseBatch([number], { policyId: 3 }));
});

test('a history with a batch is folded to the same world', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }));
  const numbers = forks(
    driver,
    [putNode('file', 'a', { x: 1 })],
    [putNode('file', 'b')],
    [putNode('file', 'c', { v: 2 })],
  );
  driver.commit(putNode('file', 'a', { y: 1 }), putNode('file', 'c', { v: 1 }));
  const event = driver.must('COLLAPSE_BATCH', collapseBatch(numbers, { policyId: 2 }));
  assert.deepEqual(
    event.entries.map(({ resolutions }) => resolutions.length),
    [1, 0, 0],
  );
  assert.deepEqual(describeWorld(fold(driver.events.map(reread))), describeWorld(driver.world));
});
