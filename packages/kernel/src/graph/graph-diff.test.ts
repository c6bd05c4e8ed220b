import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { addEdge, addNode, keyedId, putNode, setEdge, edgeIdOf, utf8 } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { encodeValue } from '../bytes/value.ts';
import { BODY_SIZE_MAX } from '../history/event.ts';
import { META_SIZE_MAX } from '../commands/command.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { EMPTY_GRAPH, graphDigest, type Graph } from './graph.ts';
import { changesPage, DIFF_SCAN_MAX, diffRewrites, stepsPage } from './graph-diff.ts';
import { FIELD_COUNT_MAX } from './element.ts';
import { OP_COUNT_MAX, OPS_SIZE_MAX, opsProblem, type Op } from './op.ts';
import { writeOp } from './op-codec.ts';
import { runRewrite } from './rewrite.ts';

const PACK = NO_RULES.id;

function run(graph: Graph, ops: readonly Op[]): Graph {
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  if (!result.ok) assert.fail(`${result.reason} at ${result.place}`);
  return result.graph;
}

/** Runs what leads from the one to the other, each rewrite held to its bounds; how many there were. */
function cross(before: Graph, after: Graph): number {
  const rewrites = [...diffRewrites({ before, after }, sha256)];
  let graph = before;
  for (const ops of rewrites) {
    assert.equal(opsProblem(ops), undefined);
    assert.ok(sizeOf(ops) <= OPS_SIZE_MAX);
    graph = run(graph, ops);
  }
  assert.equal(graphDigest(graph, PACK, sha256), graphDigest(after, PACK, sha256));
  return rewrites.length;
}

function sizeOf(ops: readonly Op[]): number {
  const writer = new CanonicalWriter();
  for (const op of ops) writeOp(writer, op);
  return writer.size;
}

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');
const SMALL = run(EMPTY_GRAPH, [
  putNode('file', 'a', { size: 1, name: 'a' }),
  putNode('file', 'b'),
  addEdge(A, B, 'uses', { payload: utf8('p') }),
]);

test('ops name what changed, and expect what was there', () => {
  const after = run(SMALL, [
    putNode('file', 'a', { size: 2, name: null }),
    addNode('note'),
    setEdge(edgeIdOf(A, B, 'uses'), null),
  ]);
  const [ops, ...more] = diffRewrites({ before: SMALL, after }, sha256);
  assert.deepEqual(more, []);
  const valueOf = (id: typeof A): unknown =>
    changesPage({ before: EMPTY_GRAPH, after: SMALL }, { first: 9, after: null, kinds: null }).entries.find(
      (change) => change.id === id,
    )?.after;
  const digestOf = (id: typeof A): unknown => (valueOf(id) as { readonly valueDigest: unknown }).valueDigest;
  const put = { ...putNode('file', 'a', { size: 2, name: null }), expect: digestOf(A) };
  const set = { ...setEdge(edgeIdOf(A, B, 'uses'), null), expect: digestOf(edgeIdOf(A, B, 'uses')) };
  assert.deepEqual(new Set(ops), new Set([put, addNode('note', null, 'absent'), set]));
  assert.deepEqual(ops?.at(-1), set);
});

test('an edge that comes is expected to be absent', () => {
  const before = run(EMPTY_GRAPH, [putNode('file', 'a'), putNode('file', 'b')]);
  const after = run(before, [addEdge(A, B, 'uses')]);
  assert.deepEqual([...diffRewrites({ before, after }, sha256)], [[addEdge(A, B, 'uses', { expect: 'absent' })]]);
});

test('a page without anything to read ends nowhere, and one that is full tells where the next begins', () => {
  const nothing = changesPage({ before: SMALL, after: SMALL }, { first: 1, after: null, kinds: null });
  assert.deepEqual([nothing.entries, nothing.end, nothing.hasNext], [[], null, false]);
  const page = stepsPage({ before: SMALL, after: EMPTY_GRAPH }, { first: 1, after: null, kinds: null }, sha256);
  assert.deepEqual([page.entries[0]?.ops[0]?.op, page.end?.stage, page.hasNext], ['DeleteEdge', 0, true]);
});

test('all fields of a node may change at once', () => {
  const fields = (prefix: string): Record<string, number> =>
    Object.fromEntries(Array.from({ length: FIELD_COUNT_MAX }, (_, i) => [`${prefix}${i}`, i]));
  const before = run(EMPTY_GRAPH, [putNode('file', 'a', fields('was'))]);
  const after = run(EMPTY_GRAPH, [putNode('file', 'a', fields('is'))]);
  assert.equal(cross(before, after), 1);
});

test('more than an event holds takes several rewrites: many ops, or the fields of one node alone', () => {
  const many = run(
    EMPTY_GRAPH,
    Array.from({ length: OP_COUNT_MAX + 1 }, (_, i) => putNode('file', `${i}`)),
  );
  assert.equal(cross(EMPTY_GRAPH, many), 2);
  assert.equal(cross(many, EMPTY_GRAPH), 2);
  const value = encodeValue('x'.repeat(65_000));
  const patches = Array.from({ length: FIELD_COUNT_MAX }, (_, i) => ({ name: `f${1000 + i}`, value }));
  const large = run(EMPTY_GRAPH, [{ op: 'PutNode', kind: 'file', key: utf8('a'), patches, expect: null }]);
  assert.equal(cross(EMPTY_GRAPH, large), 3);
  assert.ok(OPS_SIZE_MAX + META_SIZE_MAX + 64 <= BODY_SIZE_MAX);
});

test('a page looks at so many changes at most, however few of them match', () => {
  const many = run(
    EMPTY_GRAPH,
    Array.from({ length: DIFF_SCAN_MAX + 1 }, (_, i) => putNode('file', `${i}`)),
  );
  const graphs = { before: EMPTY_GRAPH, after: many };
  const first = changesPage(graphs, { first: 1, after: null, kinds: ['note'] });
  assert.deepEqual([first.entries.length, first.hasNext, first.scanned], [0, true, DIFF_SCAN_MAX]);
  const second = changesPage(graphs, { first: 1, after: first.end, kinds: ['note'] });
  assert.deepEqual([second.entries.length, second.hasNext, second.scanned], [0, false, 1]);
});
