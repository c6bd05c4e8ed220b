import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonValue } from '@jitos/testkit/kernel/json-value.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeWorld, worldProblems } from '@jitos/testkit/world/describe-world.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  checkRules,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteEdge,
  edgeIdOf,
  keyedId,
  proposeRules,
  putNode,
  withdrawRules,
} from '@jitos/testkit/world/make-ops.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { encodeValue, type EncodedValue } from '../bytes/value.ts';
import { OFFENDERS_TOLD_MAX } from '../graph/rules/installation.ts';
import type { Migration } from '../graph/rules/migration.ts';
import { defaultRulePack } from '../graph/rules/rule-pack.ts';

const documentOf = (json: unknown): EncodedValue => encodeValue(jsonValue(json));

const TASK = { key: 'id', fields: { title: { type: 'text', required: true } }, unique: [['title']] };
const TASKS = documentOf({ nodes: { task: TASK }, edges: { next: { from: ['task'], to: ['task'], outMax: 1 } } });

/** Proposes the pack and checks on until it is active or refused. */
function install(driver: WorldDriver, rules: EncodedValue, migration: Migration = []): void {
  driver.must('RULES_PROPOSED', proposeRules(rules, migration));
  while (driver.world.installation?.status === 'checking') driver.run(checkRules(10_000));
}

function withTasks(): WorldDriver {
  const driver = new WorldDriver();
  driver.commit(putNode('task', 'a', { title: 'A' }), putNode('task', 'b', { title: 'B' }));
  install(driver, TASKS);
  assert.equal(driver.world.installation?.status, 'active');
  return driver;
}

test('a pack that System keeps to moves it to a new snapshot, and every event after it names it', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('task', 'a', { title: 'A' }));
  const before = driver.world;
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  assert.equal(driver.must('RULES_CHECKED', checkRules(10)).turn.element, 'done');
  const event = driver.must('RULES_ACTIVATED', checkRules(1));
  assert.equal(event.pins.rulePackId, before.system.rules.id);
  assert.notEqual(driver.world.system.id, before.system.id);
  assert.equal(driver.world.systemChanges, before.systemChanges + 1);
  assert.equal(driver.world.rulesIdx, event.idx);
  assert.equal(driver.must('SWS_CREATED', createWorkspace()).pins.rulePackId, event.rulePackId);
});

test('a pack that System does not keep to is refused with those who break it, and System stays as it was', () => {
  const driver = new WorldDriver();
  driver.commit(
    putNode('task', 'a', { title: 1 }),
    putNode('task', 'b'),
    putNode('task', 'c', { title: 'C' }),
    putNode('task', 'd', { title: 'C' }),
  );
  const { system } = driver.world;
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  driver.must('RULES_CHECKED', checkRules(10));
  const { offenders, offenderCount } = driver.must('RULES_REFUSED', checkRules(10));
  const [first, second] = [keyedId('task', 'c'), keyedId('task', 'd')].sort((a, b) => (a < b ? -1 : 1));
  const expected = [
    { id: keyedId('task', 'a'), rule: 'field-type', other: null },
    { id: keyedId('task', 'b'), rule: 'field-missing', other: null },
    { id: second, rule: 'unique', other: first },
  ].sort((a, b) => (a.id! < b.id! ? -1 : 1));
  assert.deepEqual(
    offenders.map(({ id, rule, other }) => ({ id, rule, other })),
    expected,
  );
  assert.equal(offenderCount, 3);
  assert.equal(driver.world.system, system);
});

test('the first thousand offenders are told, all are counted', () => {
  const driver = new WorldDriver();
  driver.commit(...Array.from({ length: OFFENDERS_TOLD_MAX + 5 }, (_, i) => putNode('task', `k${i}`)));
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  driver.must('RULES_CHECKED', checkRules(600));
  driver.must('RULES_CHECKED', checkRules(600));
  const { offenders, offenderCount } = driver.must('RULES_REFUSED', checkRules(1));
  assert.equal(offenders.length, OFFENDERS_TOLD_MAX);
  assert.equal(offenderCount, OFFENDERS_TOLD_MAX + 5);
});

test('a migration brings System up to the pack', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('task', 'a', { name: 'A', mode: 1 }), putNode('task', 'b'), addNode('note'));
  install(driver, TASKS, [
    { step: 'rename', kind: 'task', field: 'name', newName: 'title' },
    { step: 'fill', kind: 'task', field: 'title', value: encodeValue('untitled') },
    { step: 'drop', kind: 'task', field: 'mode' },
  ]);
  assert.equal(driver.world.installation?.status, 'active');
  assert.deepEqual(worldProblems(driver.world), []);
});

test('a rewrite that would break a rule is refused at the op that touched the element last', () => {
  const driver = withTasks();
  const number = driver.fork();
  const ops = [addNode('note'), putNode('task', 'c', { title: 'C' }), putNode('task', 'c', { title: 'A' })];
  const { reason, place } = driver.refused(applyRewrite(number, ops));
  assert.equal(`${reason} ${place}`, 'RULE_BROKEN ops[2]');
});

test('what is right on each side and too much on both is a conflict', () => {
  const driver = withTasks();
  const [a, b] = [keyedId('task', 'a'), keyedId('task', 'b')];
  const number = driver.fork(addEdge(a, b, 'next'), putNode('task', 'c', { title: 'new' }));
  driver.commit(addEdge(a, a, 'next'), putNode('task', 'd', { title: 'new' }));
  const { mode, conflicts } = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.equal(mode, null);
  assert.deepEqual(
    conflicts.map(({ id, class: conflictClass }) => [id, conflictClass]),
    [
      [keyedId('task', 'c'), 'unique'],
      [edgeIdOf(a, b, 'next'), 'unique'],
    ],
  );
});

test('a workspace stays under the pack of its base, and its collapse is held to the one of System', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  install(driver, TASKS);
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('task', 'a')]));
  assert.equal(driver.head(number).rules.id, defaultRulePack(sha256).id);
  const { mode, conflicts } = driver.must('COLLAPSE', collapseWorkspace(number));
  assert.equal(mode, null);
  assert.deepEqual(
    conflicts.map((conflict) => conflict.class),
    ['rule'],
  );
});

test('while a pack is checked a collapse is held to it as well, forward or not', () => {
  const driver = new WorldDriver();
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  const aborted = driver.must('COLLAPSE', collapseWorkspace(driver.fork(putNode('task', 'a'))));
  assert.equal(aborted.mode, null);
  driver.commit(putNode('task', 'b', { title: 'B' }));
  driver.must('RULES_CHECKED', checkRules(10));
  driver.must('RULES_ACTIVATED', checkRules(10));
});

test('what had its turn last follows a commit that changes it', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('task', 'a', { title: 'A' }), putNode('task', 'b', { title: 'B' }));
  const [first, second] = keyedId('task', 'a') < keyedId('task', 'b') ? ['a', 'b'] : ['b', 'a'];
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  driver.must('RULES_CHECKED', checkRules(1));
  driver.commit(putNode('task', first, { title: second.toUpperCase() }));
  const { offenders } = driver.must('RULES_CHECKED', checkRules(10));
  assert.deepEqual(
    offenders.map(({ id, rule, other }) => [id, rule, other]),
    [[keyedId('task', second), 'unique', keyedId('task', first)]],
  );
});

test('what a commit changes is migrated before it is held to a pack that is being checked', () => {
  const driver = new WorldDriver();
  driver.must(
    'RULES_PROPOSED',
    proposeRules(TASKS, [{ step: 'rename', kind: 'task', field: 'name', newName: 'title' }]),
  );
  driver.commit(putNode('task', 'a', { name: 'A' }));
  const twice = driver.fork(putNode('task', 'b', { name: 'B' }), putNode('task', 'c', { name: 'B' }));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(twice)).mode, null);
});

test('whether a node has the edges that it needs is not asked before all edges had their turn', () => {
  const driver = new WorldDriver();
  const a = keyedId('task', 'a');
  driver.commit(putNode('task', 'a'), addNode('note'), addEdge(a, contentId('note'), 'on'));
  const rules = { nodes: { task: { key: 'id', open: true } }, edges: { on: { from: ['task'], needed: true } } };
  driver.must('RULES_PROPOSED', proposeRules(documentOf(rules)));
  driver.commit(putNode('task', 'a', { n: 1 }));
  driver.must('RULES_CHECKED', checkRules(2));
  const bare = driver.fork(putNode('task', 'b'));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(bare)).mode, null);
});

test('the deletion of an edge that a node needs is refused', () => {
  const driver = new WorldDriver();
  const a = keyedId('task', 'a');
  driver.commit(putNode('task', 'a'), putNode('file', 'b'), addEdge(a, keyedId('file', 'b'), 'on'));
  install(driver, documentOf({ nodes: { task: { key: 'id' } }, edges: { on: { from: ['task'], needed: true } } }));
  const edge = edgeIdOf(a, keyedId('file', 'b'), 'on');
  const { reason, place } = driver.refused(applyRewrite(driver.fork(), [deleteEdge(edge)]));
  assert.equal(`${reason} ${place}`, 'RULE_BROKEN ops[0]');
});

test('one pack is checked at a time, and a step needs one', () => {
  const driver = new WorldDriver();
  assert.equal(driver.refused(checkRules(1)).reason, 'RULES_NOT_CHECKING');
  assert.equal(driver.refused(proposeRules(documentOf({}))).reason, 'RULES_UNCHANGED');
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  assert.equal(driver.refused(proposeRules(TASKS)).reason, 'RULES_BUSY');
  assert.equal(driver.refused(checkRules(0)).place, 'elementCountMax');
  assert.equal(driver.refused(checkRules(10_001)).place, 'elementCountMax');
});

test('a proposal is withdrawn while it is checked: System stays as it was, and another pack can come', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('task', 'a', {}), putNode('task', 'b', {}));
  const { system } = driver.world;
  assert.equal(driver.refused(withdrawRules(0)).reason, 'RULES_NOT_CHECKING');
  const { idx } = driver.must('RULES_PROPOSED', proposeRules(TASKS));
  driver.must('RULES_CHECKED', checkRules(1));
  const late = driver.refused(withdrawRules(idx - 1));
  assert.deepEqual([late.reason, late.place], ['RULES_NOT_CHECKING', 'proposedIdx']);
  assert.equal(driver.refused(withdrawRules(-1)).place, 'proposedIdx');
  const event = driver.must('RULES_WITHDRAWN', withdrawRules(idx, { meta: 'a mistake' }));
  assert.equal(event.proposedIdx, idx);
  const { installation } = driver.world;
  assert.deepEqual([installation?.status, installation?.endedIdx], ['withdrawn', event.idx]);
  assert.equal(driver.world.system, system);
  assert.equal(driver.refused(checkRules(1)).reason, 'RULES_NOT_CHECKING');
  assert.equal(driver.refused(withdrawRules(idx)).reason, 'RULES_NOT_CHECKING');
  driver.must('RULES_PROPOSED', proposeRules(TASKS));
  assert.deepEqual(describeWorld(fold(driver.events.map(reread))), describeWorld(driver.world));
});

test('a migration keeps its bounds and to the kinds of its pack', () => {
  const driver = new WorldDriver();
  const places = [
    { step: 'drop', kind: '\ud800', field: 'a' },
    { step: 'drop', kind: 'task', field: '' },
    { step: 'rename', kind: 'task', field: 'a', newName: '' },
    { step: 'fill', kind: 'task', field: 'a', value: encodeValue(null) },
    { step: 'drop', kind: 'file', field: 'a' },
  ] as const;
  assert.deepEqual(
    places.map((step) => {
      const { reason, place } = driver.refused(proposeRules(TASKS, [step], { requestId: 'r' }));
      return `${reason} ${place}`;
    }),
    [
      'RULES_INVALID migration[0].kind',
      'RULES_INVALID migration[0].field',
      'RULES_INVALID migration[0].newName',
      'RULES_INVALID migration[0].value',
      'RULES_CONTRADICTORY migration[0].kind',
    ],
  );
});
