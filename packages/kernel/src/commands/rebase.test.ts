import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import {
  applyRewrite,
  changeSettings,
  collapseWorkspace,
  createWorkspace,
  deleteNode,
  keyedId,
  putNode,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { decodeValue } from '../bytes/value.ts';
import { nodeValueDigest } from '../graph/element.ts';
import { trieGet } from '../trie/trie.ts';

const A = keyedId('file', 'a');

/** A workspace that wrote file a, and a System that has moved since. */
function forked(driver: WorldDriver, ours: object, theirs: object): number {
  driver.commit(putNode('file', 'a', { v: 0, w: 0 }));
  const number = driver.fork(putNode('file', 'a', { ...ours }));
  driver.commit(putNode('file', 'a', { ...theirs }));
  return number;
}

function fieldsOf(driver: WorldDriver, number: number | null): Record<string, unknown> {
  const { graph } = number === null ? driver.world.system : driver.head(number);
  const node = trieGet(graph.nodes, A);
  if (node?.type !== 'keyed') return {};
  return Object.fromEntries(node.fields.map(({ name, value }) => [name, decodeValue(value, { nullAllowed: false })]));
}

test('a rebase merges the workspace onto its target, which is its base from then on', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { w: 2 });
  const event = driver.must('REBASE', rebaseWorkspace(number, { policyId: 2 }));
  const { base, head, baseSystemChanges } = driver.workspace(number);
  assert.deepEqual(fieldsOf(driver, number), { v: 1, w: 2 });
  assert.deepEqual([base, event.baseSnapshotId], [driver.world.system, driver.world.system.id]);
  assert.deepEqual([event.viewDigest, event.snapshotId], [head.digest, head.id]);
  assert.equal(baseSystemChanges, driver.world.systemChanges);
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, 'forward');
});

test('a rebase and then a collapse lead where a collapse by the same policy does', () => {
  const rebased = new WorldDriver();
  const collapsed = new WorldDriver();
  for (const policyId of [2, 3, 5, 6]) {
    const number = forked(rebased, { v: policyId }, { w: 1 });
    rebased.must('REBASE', rebaseWorkspace(number, { policyId }));
    rebased.must('COLLAPSE', collapseWorkspace(number, { policyId }));
    collapsed.must('COLLAPSE', collapseWorkspace(forked(collapsed, { v: policyId }, { w: 1 }), { policyId }));
    assert.equal(rebased.world.system.digest, collapsed.world.system.digest);
  }
});

test('a rebase that leaves a conflict is refused, and writes nothing', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { v: 2 });
  const before = driver.world;
  const refusal = driver.refused(rebaseWorkspace(number));
  assert.deepEqual([refusal.reason, refusal.place], ['REBASE_CONFLICTS', 'workspace']);
  assert.equal(driver.world, before);
});

test('a conflict is settled by choosing a side', () => {
  for (const [side, v] of [
    ['ours', 1],
    ['theirs', 2],
  ] as const) {
    const driver = new WorldDriver();
    const number = forked(driver, { v: 1 }, { v: 2 });
    driver.must('REBASE', rebaseWorkspace(number, { choices: [{ id: A, side }] }));
    assert.equal(fieldsOf(driver, number)['v'], v);
  }
});

test('a conflict is settled by giving a value', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { v: 2 });
  const ops = [putNode('file', 'a', { v: 3 })];
  driver.must('REBASE', rebaseWorkspace(number, { choices: [{ id: A, side: 'theirs' }], ops }));
  assert.equal(fieldsOf(driver, number)['v'], 3);
  driver.must('COLLAPSE', collapseWorkspace(number));
  assert.equal(fieldsOf(driver, null)['v'], 3);
});

test('ops that can’t run on what the merge gave refuse the rebase', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { w: 2 });
  const ops = [deleteNode(keyedId('file', 'missing'))];
  const refusal = driver.refused(rebaseWorkspace(number, { policyId: 2, ops }));
  assert.deepEqual([refusal.reason, refusal.place], ['ELEMENT_NOT_FOUND', 'ops[0].id']);
});

test('an expectation that a side was chosen against is forgotten; the others hold on', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 0 }), putNode('file', 'b', { v: 0 }));
  const valueOf = (key: string): ReturnType<typeof nodeValueDigest> => {
    const node = trieGet(driver.world.system.graph.nodes, keyedId('file', key));
    assert.ok(node !== undefined);
    return nodeValueDigest(node);
  };
  const number = driver.fork(
    putNode('file', 'a', { v: 1 }, valueOf('a')),
    putNode('file', 'b', { v: 1 }, valueOf('b')),
  );
  driver.commit(putNode('file', 'a', { v: 2 }));
  assert.equal(driver.refused(rebaseWorkspace(number, { policyId: 5 })).reason, 'REBASE_CONFLICTS');
  driver.must('REBASE', rebaseWorkspace(number, { choices: [{ id: A, side: 'ours' }] }));
  driver.commit(putNode('file', 'b', { w: 1 }));
  const event = driver.must('COLLAPSE', collapseWorkspace(number, { policyId: 2 }));
  assert.deepEqual(
    event.conflicts.map(({ id, class: conflictClass }) => [id, conflictClass]),
    [[keyedId('file', 'b'), 'expectation']],
  );
});

test('a rebase frees a workspace whose base is too old, that needs attention, or that is full', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ baseAgeSystemChangesMax: 1, abortsMax: 1, workspaceOpsMax: 3 }));
  const number = forked(driver, { v: 1 }, { v: 2 });
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'b'), putNode('file', 'b', { v: 1 })]));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, null);
  assert.equal(driver.refused(collapseWorkspace(number)).reason, 'WORKSPACE_NEEDS_ATTENTION');
  driver.commit(putNode('file', 'c'));
  assert.equal(driver.refused(collapseWorkspace(number)).reason, 'REBASE_NEEDED');
  driver.must('REBASE', rebaseWorkspace(number, { policyId: 5 }));
  assert.deepEqual([driver.workspace(number).opCount, driver.workspace(number).abortCount], [2, 0]);
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'd')]));
  driver.must('COLLAPSE', collapseWorkspace(number));
});

test('a workspace with forks is not rebased', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a'));
  driver.must('SWS_CREATED', createWorkspace({ from: number }));
  assert.equal(driver.refused(rebaseWorkspace(number)).reason, 'WORKSPACE_HAS_FORKS');
});

test('a fork is rebased onto its workspace', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a', { v: 0 }));
  const child = driver.must('SWS_CREATED', createWorkspace({ from: parent })).view;
  driver.must('REWRITE_APPLIED', applyRewrite(child, [putNode('file', 'c')]));
  driver.must('REWRITE_APPLIED', applyRewrite(parent, [putNode('file', 'a', { v: 1 })]));
  driver.must('REBASE', rebaseWorkspace(child));
  assert.deepEqual([driver.workspace(child).base, fieldsOf(driver, child)], [driver.head(parent), { v: 1 }]);
});

test('a rebase of what has not moved keeps the snapshot', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a'));
  const { id } = driver.head(number);
  assert.equal(driver.must('REBASE', rebaseWorkspace(number)).snapshotId, id);
});

test('a rebase whose changes are all in the target has the target for its head', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { v: 2 });
  driver.must('REBASE', rebaseWorkspace(number, { policyId: 6 }));
  assert.equal(driver.head(number), driver.world.system);
});

test('choices are sorted, and name each element once', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { v: 2 });
  const twice = {
    ...rebaseWorkspace(number),
    choices: [
      { id: A, side: 'ours' },
      { id: A, side: 'theirs' },
    ],
  } as const;
  const refusal = driver.refused(twice);
  assert.deepEqual([refusal.reason, refusal.place], ['CHOICES_INVALID', 'choices[1].id']);
});

test('rebases are replayed from their bytes', () => {
  const driver = new WorldDriver();
  const number = forked(driver, { v: 1 }, { v: 2 });
  const ops = [putNode('file', 'a', { x: 3 })];
  driver.must('REBASE', rebaseWorkspace(number, { choices: [{ id: A, side: 'theirs' }], ops, meta: 'why' }));
  assert.deepEqual(describeWorld(fold(driver.events.map(reread))), describeWorld(driver.world));
});
