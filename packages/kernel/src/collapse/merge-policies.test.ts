import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { present } from '@jitos/testkit/world/dice.ts';
import {
  addEdge,
  addNode,
  deleteEdge,
  deleteNode,
  edgeIdOf,
  keyedId,
  putNode,
  setEdge,
} from '@jitos/testkit/world/make-ops.ts';
import { expectedOf, termsOf } from '@jitos/testkit/world/merge-terms.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import {
  A,
  AB,
  B,
  BASE,
  BC,
  C,
  classes,
  conflicts,
  forkOf,
  merged,
  nodeValue,
  run,
} from '@jitos/testkit/world/three-files.ts';
import { ZERO_DIGEST, type Digest } from '../bytes/digest.ts';
import { compareKeys, decodeValue, encodeValue, type Value } from '../bytes/value.ts';
import { type ElementId } from '../graph/element.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { DeletionRule, EdgeRule, FieldType, MergeRule, NodeRule } from '../graph/rules/rule-pack.ts';
import { edgeSlot, uniqueSlot } from '../graph/rules/slots.ts';
import { trieGet } from '../trie/trie.ts';
import { rangeId, sortRanges, type Range } from './footprint.ts';
import { applyMerge, mergeFork, type Merge } from './merge.ts';
import { FAIL_FAST, POLICIES, policyById, type Policy } from './policy.ts';

const THREE_WAY = mustGetPolicy(2);
const LATTICE = mustGetPolicy(3);
const SERIALIZABLE = mustGetPolicy(4);
const OURS = mustGetPolicy(5);
const THEIRS = mustGetPolicy(6);

function mustGetPolicy(id: number): Policy {
  return present(policyById(id));
}

function fieldsIn(graph: Graph, id: ElementId): Record<string, Value> {
  const node = present(trieGet(graph.nodes, id));
  assert.equal(node.type, 'keyed');
  if (node.type !== 'keyed') return {};
  return Object.fromEntries(
    node.fields.map(({ name, value }) => [name, decodeValue(value, { nullAllowed: false })] as const),
  );
}

test('three-way merges the fields that one side changed, each for itself', () => {
  const graph = merged([putNode('file', 'a', { x: 1 })], [putNode('file', 'a', { v: null, y: 2 })], {
    policy: THREE_WAY,
  });
  assert.deepEqual(fieldsIn(graph, A), { x: 1, y: 2 });
});

test('a resolution names the fields that are not as in ours, without the values that theirs has', () => {
  const fork = forkOf([putNode('file', 'a', { x: 1 })], [putNode('file', 'a', { v: null, y: 2 })]);
  const { resolutions } = mergeFork(fork, termsOf({ policy: THREE_WAY }), sha256);
  const takes = ['v', 'y'].map((name) => ({ name, value: null }));
  assert.deepEqual(resolutions, [{ id: A, takes }]);
});

test('what stays in conflict under three-way is told by field, and the rest of the node with it', () => {
  const [conflict] = conflicts([putNode('file', 'a', { v: 1, x: 1 })], [putNode('file', 'a', { v: 2, y: 2 })], {
    policy: THREE_WAY,
  });
  assert.deepEqual([conflict?.class, conflict?.fields], ['both-changed', ['v']]);
});

test('fail-fast tells which fields a merge by field would leave: none, if the sides changed others', () => {
  const [conflict] = conflicts([putNode('file', 'a', { x: 1 })], [putNode('file', 'a', { y: 1 })]);
  assert.deepEqual([conflict?.class, conflict?.fields], ['both-changed', []]);
});

test('both added one node: its fields are merged as if the base had none', () => {
  const graph = merged([putNode('file', 'new', { x: 1, z: 3 })], [putNode('file', 'new', { y: 2, z: 3 })], {
    policy: THREE_WAY,
  });
  assert.deepEqual(fieldsIn(graph, keyedId('file', 'new')), { x: 1, y: 2, z: 3 });
});

test('fields of both sides that are more than a node may have are a conflict', () => {
  const many = (name: string): Op =>
    putNode('file', 'a', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${name}${i}`, i])));
  const [conflict] = conflicts([many('x')], [many('y')], { policy: THREE_WAY });
  assert.deepEqual([conflict?.class, conflict?.fields], ['both-changed', []]);
  assert.equal(
    nodeValue(merged([many('x')], [many('y')], { policy: THEIRS }), A),
    nodeValue(run(BASE, [many('y')]), A),
  );
});

test('ours and theirs settle what both changed, field by field, and leave the rest to both', () => {
  const sides = [[putNode('file', 'a', { v: 1, x: 1 })], [putNode('file', 'a', { v: 2, y: 2 })]] as const;
  assert.deepEqual(fieldsIn(merged(...sides, { policy: OURS }), A), { v: 1, x: 1, y: 2 });
  assert.deepEqual(fieldsIn(merged(...sides, { policy: THEIRS }), A), { v: 2, x: 1, y: 2 });
});

test('ours and theirs settle deletion against change', () => {
  const sides = [[deleteNode(C)], [putNode('file', 'c', { v: 1 })]] as const;
  assert.equal(trieGet(merged(...sides, { policy: OURS }).nodes, C), undefined);
  assert.equal(nodeValue(merged(...sides, { policy: THEIRS }), C), nodeValue(run(BASE, sides[1]), C));
});

test('no policy leaves an edge without its ends', () => {
  for (const policy of POLICIES) {
    const lost = conflicts([addEdge(B, C, 'owns')], [deleteNode(C)], { policy });
    assert.deepEqual(
      lost.map((conflict) => [conflict.id, conflict.class, conflict.other]),
      [[BC, 'dangling', C]],
      policy.name,
    );
  }
});

test('an op that expected what System has changed is told, under every policy and beside other reasons', () => {
  const expected = expectedOf([{ element: 'node', id: A, value: nodeValue(BASE, A) }]);
  for (const policy of POLICIES) {
    const found = conflicts([addNode('note')], [putNode('file', 'a', { v: 2 })], { policy, expected });
    assert.deepEqual(classes(found), [[A, 'expectation']], policy.name);
  }
  merged([addNode('note')], [putNode('file', 'b', { v: 2 })], { expected });
});

test('what was expected to be absent and is there now is told', () => {
  const id = keyedId('file', 'new');
  const expected = expectedOf([{ element: 'node', id, value: null }]);
  const put = [putNode('file', 'new', { v: 1 })];
  assert.deepEqual(classes(conflicts(put, put, { expected })), [[id, 'expectation']]);
});

/** Each task has one file at least, and two at most. */
const HAS: EdgeRule = {
  name: null,
  from: ['task'],
  to: ['file'],
  isNeeded: true,
  outMax: 2,
  inMax: null,
  key: null,
  payload: null,
  deletion: null,
};

/** Files have a counter, a set, a name that only one may have, and lose against deletion; the loose win against it. */
const RULES = encodeRulePack(
  {
    unknownKinds: 'allowed',
    nodes: new Map([
      ['file', keyedRule({ n: ['integer', 'counter'], tags: ['list', 'set'], name: ['any', null] }, 'delete-wins')],
      ['loose', keyedRule({ v: ['integer', null] }, 'change-wins')],
      ['task', keyedRule({ v: ['integer', null] }, 'change-wins')],
    ]),
    edges: new Map([['has', HAS]]),
  },
  sha256,
);

function keyedRule(
  fields: Readonly<Record<string, readonly [FieldType, MergeRule | null]>>,
  deletion: DeletionRule,
): NodeRule {
  const declared = Object.entries(fields)
    .map(([name, [type, merge]]) => [name, { type, items: null, required: false, merge }] as const)
    .toSorted(([a], [b]) => compareKeys(a, b));
  const unique = 'name' in fields ? [['name']] : [];
  return { name: null, key: 'key', fields: new Map(declared), isOpen: true, unique, deletion };
}

function mergeUnderRules(ours: readonly Op[], theirs: readonly Op[], policy: Policy): Merge {
  const after = (ops: readonly Op[]): Graph => {
    const result = runRewrite(RULED_BASE, ops, RULES, sha256);
    assert.ok(result.ok, JSON.stringify(result));
    return result.graph;
  };
  const fork = { rules: RULES, base: RULED_BASE, ours: after(ours), theirs: after(theirs) };
  const merge = mergeFork(fork, termsOf({ policy }), sha256);
  if (merge.graph !== null) {
    assert.deepEqual(describeGraph(applyMerge(fork, merge.resolutions, sha256)), describeGraph(merge.graph));
    assert.deepEqual(graphProblems(merge.graph, RULES), []);
  }
  return merge;
}

const TASK = keyedId('task', 't');
const LOOSE = keyedId('loose', 'l');
const TASK_A = edgeIdOf(TASK, A, 'has');
const TASK_Z = edgeIdOf(TASK, keyedId('file', 'z'), 'has');
const RULED_BASE = ruledBase();

function ruledBase(): Graph {
  const ops = [
    putNode('file', 'a', { n: 0, tags: ['x', 'y'] }),
    putNode('file', 'z'),
    putNode('task', 't', { v: 0 }),
    putNode('loose', 'l', { v: 0 }),
    addEdge(TASK, A, 'has'),
    addEdge(TASK, keyedId('file', 'z'), 'has'),
  ];
  const result = runRewrite(EMPTY_GRAPH, ops, RULES, sha256);
  assert.ok(result.ok, JSON.stringify(result));
  return result.graph;
}

test('lattice merges a field as its kind declares: a counter that both raised to 1 is 2', () => {
  const both = [putNode('file', 'a', { n: 1 })];
  const { graph, resolutions } = mergeUnderRules(both, both, LATTICE);
  assert.equal(fieldsIn(present(graph ?? undefined), A)['n'], 2);
  assert.deepEqual(resolutions, [{ id: A, takes: [{ name: 'n', value: encodeValue(2) }] }]);
  assert.deepEqual(mergeUnderRules(both, both, THREE_WAY).resolutions, []);
});

test('lattice merges a set by what either side added or took away', () => {
  const ours = [putNode('file', 'a', { tags: ['x', 'z'] })];
  const theirs = [putNode('file', 'a', { tags: ['w', 'x', 'y'] })];
  const { graph } = mergeUnderRules(ours, theirs, LATTICE);
  assert.deepEqual(fieldsIn(present(graph ?? undefined), A)['tags'], ['w', 'x', 'z']);
});

test('a rule that its field has outgrown is a conflict of that field', () => {
  const ours = [putNode('file', 'a', { n: 2n ** 64n - 1n })];
  const { conflicts: found } = mergeUnderRules(ours, [putNode('file', 'a', { n: 1 })], LATTICE);
  assert.deepEqual([found[0]?.class, found[0]?.fields], ['both-changed', ['n']]);
});

test('lattice settles deletion against change as the kind declares, whoever deleted', () => {
  const change = (kind: string, key: string, field: string): Op[] => [putNode(kind, key, { [field]: 5 })];
  for (const [ours, theirs] of [
    [[deleteEdge(TASK_A), deleteNode(A)], change('file', 'a', 'n')],
    [change('file', 'a', 'n'), [deleteEdge(TASK_A), deleteNode(A)]],
  ] as const) {
    assert.equal(trieGet(present(mergeUnderRules(ours, theirs, LATTICE).graph ?? undefined).nodes, A), undefined);
  }
  for (const [ours, theirs] of [
    [[deleteNode(LOOSE)], change('loose', 'l', 'v')],
    [change('loose', 'l', 'v'), [deleteNode(LOOSE)]],
  ] as const) {
    assert.deepEqual(fieldsIn(present(mergeUnderRules(ours, theirs, LATTICE).graph ?? undefined), LOOSE), { v: 5 });
  }
});

test('two that take one unique name conflict under every policy, and the report says who holds it', () => {
  const [b, c] = [keyedId('file', 'b'), keyedId('file', 'c')];
  for (const policy of POLICIES) {
    const { conflicts: found } = mergeUnderRules(
      [putNode('file', 'b', { name: 'n' })],
      [putNode('file', 'c', { name: 'n' })],
      policy,
    );
    assert.deepEqual(
      found.map((conflict) => [conflict.id, conflict.class, conflict.other, conflict.rule]),
      [[b, 'unique', c, { rule: 'unique', subject: 'name' }]],
      policy.name,
    );
  }
});

test('what keeps to the pack of its base but not to that of System breaks a rule', () => {
  const result = runRewrite(RULED_BASE, [putNode('file', 'a', { n: 'text' })], NO_RULES, sha256);
  assert.ok(result.ok);
  const fork = { rules: RULES, base: RULED_BASE, ours: result.graph, theirs: RULED_BASE };
  const [conflict] = mergeFork(fork, termsOf(), sha256).conflicts;
  assert.deepEqual([conflict?.id, conflict?.class, conflict?.rule], [A, 'rule', { rule: 'field-type', subject: 'n' }]);
});

test('two that each take one of the last edges that a node needs break that rule together', () => {
  const { conflicts: found } = mergeUnderRules([deleteEdge(TASK_A)], [deleteEdge(TASK_Z)], FAIL_FAST);
  assert.deepEqual(
    found.map((conflict) => [conflict.id, conflict.class, conflict.rule]),
    [[TASK, 'rule', { rule: 'edge-needed', subject: 'has' }]],
  );
});

test('an edge that lost its end is told for that, not for the kind of an end that is gone', () => {
  const other = keyedId('task', 'u');
  const ours = [putNode('task', 'u'), addEdge(other, keyedId('file', 'z'), 'has'), addEdge(other, A, 'has')];
  const { conflicts: found } = mergeUnderRules(ours, [deleteEdge(TASK_A), deleteNode(A)], FAIL_FAST);
  assert.deepEqual(classes(found), [[edgeIdOf(other, A, 'has'), 'dangling']]);
});

test('a choice settles an element whatever the policy: ours against an edge of theirs deletes it', () => {
  const chosen = new Map([[BC, 'ours' as const]]);
  const graph = merged([deleteNode(C)], [addEdge(B, C, 'owns')], { choices: chosen });
  assert.equal(trieGet(graph.edges, BC), undefined);
});

test('choosing a side settles what was expected of an element, too', () => {
  const expected = expectedOf([{ element: 'node', id: A, value: nodeValue(BASE, A) }]);
  const [ours, theirs] = [[putNode('file', 'a', { v: 1 })], [putNode('file', 'a', { v: 2 })]];
  for (const side of ['ours', 'theirs'] as const) {
    const graph = merged(ours, theirs, { expected, choices: new Map([[A, side]]) });
    assert.equal(nodeValue(graph, A), nodeValue(run(BASE, side === 'ours' ? ours : theirs), A));
  }
});

test('choosing theirs drops an edge of ours that lost its end', () => {
  const chosen = new Map([[BC, 'theirs' as const]]);
  const graph = merged([addEdge(B, C, 'owns'), addNode('note')], [deleteNode(C)], { choices: chosen });
  assert.deepEqual(describeGraph(graph), describeGraph(run(BASE, [deleteNode(C), addNode('note')])));
});

function staleRanges(theirs: readonly Op[], ...ranges: Range[]): (readonly [string, ElementId])[] {
  const footprint = { baseSnapshotId: ZERO_DIGEST, ranges: sortRanges(ranges) };
  const { conflicts: found } = mergeFork(
    forkOf([addNode('note')], theirs),
    termsOf({ policy: SERIALIZABLE, footprint }),
    sha256,
  );
  for (const conflict of found) assert.equal(conflict.class, 'stale-read');
  return found.map((conflict) => [conflict.element, conflict.id] as const);
}

test('an element that was read and has changed since is stale; one that was not read may change', () => {
  const ranges = [{ range: 'node', id: A } as const, { range: 'edge', id: AB } as const];
  assert.deepEqual(staleRanges([putNode('file', 'a', { v: 1 })], ...ranges), [['node', A]]);
  assert.deepEqual(staleRanges([setEdge(AB, null)], ...ranges), [['edge', AB]]);
  assert.deepEqual(staleRanges([putNode('file', 'b', { v: 1 })], ...ranges), []);
});

test('a range has moved if a member came, went or changed: there are no phantoms', () => {
  const files: Range = { range: 'nodes', kind: 'file' };
  for (const theirs of [putNode('file', 'new'), deleteNode(C), putNode('file', 'c', { v: 1 })]) {
    assert.deepEqual(staleRanges([theirs], files), [['range', rangeId(files, sha256)]]);
  }
  assert.deepEqual(staleRanges([putNode('task', 'new'), setEdge(AB, null)], files), []);
});

test('the edges at a node are a range, of all kinds or of one', () => {
  const out: Range = { range: 'out', node: A, kind: 'owns' };
  assert.equal(staleRanges([setEdge(AB, null)], out).length, 1);
  assert.deepEqual(staleRanges([addEdge(A, C, 'next')], out), []);
  assert.equal(staleRanges([addEdge(A, C, 'next')], { ...out, kind: null }).length, 1);
  assert.equal(staleRanges([addEdge(C, B, 'owns')], { range: 'in', node: B, kind: null }).length, 1);
});

test('whoever read the whole view has read whatever changed', () => {
  assert.equal(staleRanges([addNode('other')], { range: 'view' }).length, 1);
  assert.deepEqual(staleRanges([], { range: 'view' }), []);
});

test('a short range is found to have moved, or not, in a world where much else has changed', () => {
  const tasks: Range = { range: 'nodes', kind: 'task' };
  const base = run(BASE, [putNode('task', 'here'), putNode('task', 'there')]);
  const busy = Array.from({ length: 60 }, (_, i) => putNode('file', `busy${i}`));
  const isStale = (...ops: Op[]): boolean => {
    const fork = { rules: NO_RULES, base, ours: run(base, [addNode('note')]), theirs: run(base, [...busy, ...ops]) };
    const footprint = { baseSnapshotId: ZERO_DIGEST, ranges: [tasks] };
    return mergeFork(fork, termsOf({ policy: SERIALIZABLE, footprint }), sha256).conflicts.length > 0;
  };
  assert.ok(!isStale());
  const keys = Array.from({ length: 6 }, (_, i) => `new${i}`);
  for (const key of keys) assert.ok(isStale(putNode('task', key)), `${key} came`);
  for (const key of ['here', 'there']) {
    assert.ok(isStale(deleteNode(keyedId('task', key))), `${key} went`);
    assert.ok(isStale(putNode('task', key, { v: 1 })), `${key} changed`);
  }
});

test('what a slot of the rule pack holds is a range, of edges as of nodes', () => {
  const ours = run(RULED_BASE, [putNode('file', 'unrelated')]);
  const isStale = (slot: Digest, ...ops: Op[]): boolean => {
    const result = runRewrite(RULED_BASE, ops, RULES, sha256);
    assert.ok(result.ok, JSON.stringify(result));
    const fork = { rules: RULES, base: RULED_BASE, ours, theirs: result.graph };
    const footprint = { baseSnapshotId: ZERO_DIGEST, ranges: [{ range: 'slot', slot } as const] };
    return mergeFork(fork, termsOf({ policy: SERIALIZABLE, footprint }), sha256).conflicts.length > 0;
  };
  const files = edgeSlot('out', 'has', TASK, sha256);
  assert.ok(isStale(files, deleteEdge(TASK_A)));
  assert.ok(!isStale(files, putNode('file', 'b')));
  const name = uniqueSlot('file', ['name'], [encodeValue('n')], sha256);
  assert.ok(isStale(name, putNode('file', 'b', { name: 'n' })));
  assert.ok(!isStale(name, putNode('file', 'b', { name: 'm' })));
});
