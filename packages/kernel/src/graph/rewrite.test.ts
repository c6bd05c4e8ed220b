import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { present } from '@jitos/testkit/world/dice.ts';
import {
  addEdge,
  addNode,
  contentId,
  deleteEdge,
  deleteNode,
  edgeIdOf,
  keyedId,
  putNode,
  setEdge,
  utf8,
  type Fields,
} from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { ZERO_DIGEST, type Digest } from '../bytes/digest.ts';
import { decodeValue, encodeValue, type Value } from '../bytes/value.ts';
import type { RefusalReason } from '../refusal.ts';
import { trieGet } from '../trie/trie.ts';
import { FIELD_COUNT_MAX, nodeValueDigest, type ElementId } from './element.ts';
import { EMPTY_GRAPH, type Graph } from './graph.ts';
import type { Op } from './op.ts';
import { runRewrite } from './rewrite.ts';
import { encodeRulePack } from './rules/rule-pack-codec.ts';
import type { FieldRule, NodeRule } from './rules/rule-pack.ts';

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');
const NOTE = contentId('note', utf8('n'));
const OWNS = edgeIdOf(A, B, 'owns');

function run(graph: Graph, ...ops: Op[]): Graph {
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(graphProblems(result.graph), []);
  return result.graph;
}

/** The rewrite is refused for this reason, and the graph is as it was (R3). */
function refused(graph: Graph, reason: RefusalReason, place: string, ...ops: Op[]): void {
  const before = describeGraph(graph);
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  assert.ok(!result.ok, 'the rewrite ran');
  assert.deepEqual([result.reason, result.place], [reason, place]);
  assert.deepEqual(describeGraph(graph), before);
}

function fieldsOf(graph: Graph, id: ElementId): Record<string, Value> {
  const node = trieGet(graph.nodes, id);
  assert.ok(node?.type === 'keyed');
  return Object.fromEntries(node.fields.map(({ name, value }) => [name, decodeValue(value, { nullAllowed: false })]));
}

function nodeValue(graph: Graph, id: ElementId): Digest {
  return nodeValueDigest(present(trieGet(graph.nodes, id)));
}

function edgeValue(graph: Graph, id: ElementId): Digest {
  return present(trieGet(graph.edges, id)).valueDigest;
}

const TWO = run(
  EMPTY_GRAPH,
  putNode('file', 'a', { size: 1, mode: 'rw' }),
  putNode('file', 'b'),
  addNode('note', utf8('n')),
);
const JOINED = run(TWO, addEdge(A, B, 'owns', { payload: utf8('p') }));

test('AddNode adds a content node; adding it again changes nothing', () => {
  const node = trieGet(TWO.nodes, NOTE);
  assert.ok(node?.type === 'content');
  assert.equal(node.payload, 'n');
  assert.deepEqual(describeGraph(run(TWO, addNode('note', utf8('n')))), describeGraph(TWO));
});

test('PutNode sets the fields it names, removes those it nulls and leaves the others', () => {
  const patched = run(TWO, putNode('file', 'a', { size: 2, mode: null, owner: 'ann', zz: null }));
  assert.deepEqual(fieldsOf(patched, A), { size: 2, owner: 'ann' });
  assert.deepEqual(fieldsOf(TWO, A), { size: 1, mode: 'rw' });
});

test('PutNode makes a node without fields, and a patch that changes nothing keeps the value', () => {
  assert.deepEqual(fieldsOf(TWO, B), {});
  assert.equal(nodeValue(run(TWO, putNode('file', 'a', { size: 1 })), A), nodeValue(TWO, A));
});

test('a node may not grow past 256 fields, counted after the patch', () => {
  const fields = (from: number, count: number): Fields =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${from + i}`, i]));
  const full = run(EMPTY_GRAPH, putNode('file', 'a', fields(0, FIELD_COUNT_MAX)));
  refused(full, 'FIELD_INVALID', 'ops[0]', putNode('file', 'a', fields(FIELD_COUNT_MAX, 1)));
  const swapped = run(full, putNode('file', 'a', { f0: null, other: 1 }));
  assert.equal(Object.keys(fieldsOf(swapped, A)).length, FIELD_COUNT_MAX);
});

test('DeleteNode deletes; deleting what is absent is refused', () => {
  assert.equal(trieGet(run(TWO, deleteNode(NOTE)).nodes, NOTE), undefined);
  refused(EMPTY_GRAPH, 'ELEMENT_NOT_FOUND', 'ops[0].id', deleteNode(NOTE));
  refused(TWO, 'ELEMENT_NOT_FOUND', 'ops[1].id', deleteNode(NOTE), deleteNode(NOTE));
});

test('AddEdge joins two nodes; again with the same payload is accepted, with another refused', () => {
  assert.equal(trieGet(JOINED.edges, OWNS)?.payload, 'p');
  assert.deepEqual(describeGraph(run(JOINED, addEdge(A, B, 'owns', { payload: utf8('p') }))), describeGraph(JOINED));
  refused(JOINED, 'PAYLOAD_CONFLICT', 'ops[0].payload', addEdge(A, B, 'owns'));
  refused(JOINED, 'PAYLOAD_CONFLICT', 'ops[0].payload', addEdge(A, B, 'owns', { payload: utf8('') }));
});

test('edges of one kind between the same ends differ by key', () => {
  const both = run(JOINED, addEdge(A, B, 'owns', { key: 'k', payload: utf8('other') }));
  assert.equal(trieGet(both.edges, OWNS)?.payload, 'p');
  assert.equal(trieGet(both.edges, edgeIdOf(A, B, 'owns', 'k'))?.payload, 'other');
});

test('SetEdge sets the payload, absent apart from empty; setting what is absent is refused', () => {
  assert.equal(trieGet(run(JOINED, setEdge(OWNS, utf8('q'))).edges, OWNS)?.payload, 'q');
  const emptied = run(JOINED, setEdge(OWNS, utf8('')));
  assert.notEqual(edgeValue(emptied, OWNS), edgeValue(run(JOINED, setEdge(OWNS, null)), OWNS));
  refused(TWO, 'ELEMENT_NOT_FOUND', 'ops[0].id', setEdge(OWNS, null));
});

test('DeleteEdge deletes; deleting what is absent is refused', () => {
  assert.deepEqual(describeGraph(run(JOINED, deleteEdge(OWNS))), describeGraph(TWO));
  refused(TWO, 'ELEMENT_NOT_FOUND', 'ops[0].id', deleteEdge(OWNS));
});

test('ifAbsent holds where there is none, and is refused where there is one', () => {
  run(EMPTY_GRAPH, addNode('note', null, 'absent'), putNode('file', 'a', {}, 'absent'));
  run(TWO, addEdge(A, B, 'owns', { expect: 'absent' }));
  refused(TWO, 'EXPECTATION_FAILED', 'ops[0].expect', addNode('note', utf8('n'), 'absent'));
  refused(TWO, 'EXPECTATION_FAILED', 'ops[0].expect', putNode('file', 'a', {}, 'absent'));
  refused(TWO, 'EXPECTATION_FAILED', 'ops[0].expect', deleteNode(NOTE, 'absent'));
  refused(
    JOINED,
    'EXPECTATION_FAILED',
    'ops[0].expect',
    addEdge(A, B, 'owns', { payload: utf8('p'), expect: 'absent' }),
  );
  refused(JOINED, 'EXPECTATION_FAILED', 'ops[0].expect', setEdge(OWNS, null, 'absent'));
  refused(JOINED, 'EXPECTATION_FAILED', 'ops[0].expect', deleteEdge(OWNS, 'absent'));
});

test('ifDigest holds for the very value, and is refused for another or for none', () => {
  const a = nodeValue(TWO, A);
  const owns = edgeValue(JOINED, OWNS);
  run(TWO, putNode('file', 'a', { size: 2 }, a));
  run(TWO, addNode('note', utf8('n'), NOTE), deleteNode(NOTE, NOTE));
  run(JOINED, addEdge(A, B, 'owns', { payload: utf8('p'), expect: owns }), setEdge(OWNS, null, owns));
  run(JOINED, deleteEdge(OWNS, owns));
  for (const op of [
    addNode('note', utf8('n'), ZERO_DIGEST),
    addNode('other', null, ZERO_DIGEST),
    putNode('file', 'a', {}, ZERO_DIGEST),
    putNode('file', 'c', {}, a),
    deleteNode(A, ZERO_DIGEST),
    deleteNode(keyedId('file', 'c'), a),
    addEdge(A, B, 'owns', { payload: utf8('p'), expect: ZERO_DIGEST }),
    setEdge(OWNS, null, a),
    setEdge(edgeIdOf(B, A, 'owns'), null, owns),
    deleteEdge(OWNS, a),
    deleteEdge(edgeIdOf(B, A, 'owns'), owns),
  ]) {
    refused(JOINED, 'EXPECTATION_FAILED', 'ops[0].expect', op);
  }
});

test('an op sees what the earlier ones did (R1)', () => {
  const a = nodeValue(TWO, A);
  refused(TWO, 'EXPECTATION_FAILED', 'ops[1].expect', putNode('file', 'a', { size: 2 }), putNode('file', 'a', {}, a));
  const again = run(TWO, deleteNode(NOTE), addNode('note', utf8('n'), 'absent'), deleteNode(NOTE, NOTE));
  assert.equal(trieGet(again.nodes, NOTE), undefined);
  assert.deepEqual(fieldsOf(run(TWO, deleteNode(A), putNode('file', 'a', { new: 1 })), A), { new: 1 });
});

test('integrity is checked at the end: an edge may come before its ends', () => {
  const graph = run(EMPTY_GRAPH, addEdge(A, B, 'owns'), putNode('file', 'a'), putNode('file', 'b'));
  assert.ok(trieGet(graph.edges, OWNS) !== undefined);
});

test('an edge to nothing is refused at the end that is missing', () => {
  const a = putNode('file', 'a');
  const b = putNode('file', 'b');
  refused(EMPTY_GRAPH, 'EDGE_END_MISSING', 'ops[1].from', b, addEdge(A, B, 'owns'));
  refused(EMPTY_GRAPH, 'EDGE_END_MISSING', 'ops[1].to', a, addEdge(A, B, 'owns'));
  refused(TWO, 'EDGE_END_MISSING', 'ops[0].to', addEdge(A, B, 'owns'), deleteNode(B));
  refused(TWO, 'EDGE_END_MISSING', 'ops[0].to', addEdge(A, B, 'owns'), setEdge(OWNS, utf8('x')), deleteNode(B));
});

test('an edge to nothing that goes again in the same rewrite leaves no mark', () => {
  const graph = run(EMPTY_GRAPH, addEdge(A, B, 'owns'), deleteEdge(OWNS), addNode('note'));
  assert.equal(trieGet(graph.edges, OWNS), undefined);
});

test('a node goes only with its edges, in any order', () => {
  refused(JOINED, 'NODE_HAS_EDGES', 'ops[0].id', deleteNode(A));
  refused(JOINED, 'NODE_HAS_EDGES', 'ops[0].id', deleteNode(B));
  refused(JOINED, 'NODE_HAS_EDGES', 'ops[1].id', setEdge(OWNS, utf8('x')), deleteNode(B));
  run(JOINED, deleteNode(A), deleteEdge(OWNS));
  run(JOINED, deleteEdge(OWNS), deleteNode(A), deleteNode(B));
});

test('a node that is deleted and comes back keeps its edges', () => {
  const graph = run(JOINED, deleteNode(B), putNode('file', 'b', { back: true }));
  assert.deepEqual(fieldsOf(graph, B), { back: true });
  assert.ok(trieGet(graph.edges, OWNS) !== undefined);
});

test('an edge from a node to itself goes with it', () => {
  const loop = edgeIdOf(A, A, 'next');
  const graph = run(TWO, addEdge(A, A, 'next'));
  refused(graph, 'NODE_HAS_EDGES', 'ops[0].id', deleteNode(A));
  assert.equal(trieGet(run(graph, deleteEdge(loop), deleteNode(A)).nodes, A), undefined);
});

test('a node id is no edge id, nor the other way round', () => {
  refused(JOINED, 'ELEMENT_NOT_FOUND', 'ops[0].id', deleteNode(OWNS));
  refused(JOINED, 'ELEMENT_NOT_FOUND', 'ops[0].id', deleteEdge(A));
});

test('fields keep their encoded bytes', () => {
  const value = encodeValue(
    new Map<string, Value>([
      ['b', 1],
      ['a', [2.5, 'x']],
    ]),
  );
  const node = trieGet(run(EMPTY_GRAPH, { ...putNode('file', 'a'), patches: [{ name: 'f', value }] } as Op).nodes, A); // still a put
  assert.ok(node?.type === 'keyed');
  assert.equal(node.fields[0]?.value, value);
});

test('small patches of a large node are bounded by what they make the rewrite hash', () => {
  const large = 'x'.repeat(60_000);
  const fields = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, large]));
  const graph = run(EMPTY_GRAPH, putNode('file', 'a', fields));
  const patches = Array.from({ length: 100 }, (_, i) => putNode('file', 'a', { small: i }));
  const result = runRewrite(graph, patches, NO_RULES, sha256, { hashedSizeMax: 100_000_000 });
  assert.ok(!result.ok);
  assert.deepEqual([result.reason, result.place], ['OPS_TOO_MANY', 'ops[8]']);
});

test('a unique constraint counts as often as it hashes the node', () => {
  const fields = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, 'x'.repeat(60_000)]));
  const named = Array.from({ length: 4 }, (_, i): readonly string[] => [`f${i}`]);
  const text: FieldRule = { type: 'any', items: null, required: false, merge: null };
  const rule: NodeRule = {
    name: null,
    key: 'id',
    fields: new Map(named.flat().map((name) => [name, text])),
    isOpen: true,
    unique: named,
    deletion: null,
  };
  const rules = encodeRulePack({ unknownKinds: 'allowed', nodes: new Map([['file', rule]]), edges: new Map() }, sha256);
  const patches = Array.from({ length: 20 }, (_, i) => putNode('file', 'a', { small: i }));
  const ops = [putNode('file', 'a', fields), ...patches];
  const result = runRewrite(EMPTY_GRAPH, ops, rules, sha256, { hashedSizeMax: 200_000_000 });
  assert.ok(!result.ok);
  assert.deepEqual([result.reason, result.place], ['OPS_TOO_MANY', 'ops[3]']);
});
