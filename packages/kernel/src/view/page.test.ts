import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { present } from '@jitos/testkit/world/dice.ts';
import { addEdge, addNode, contentId, keyedId, putNode, utf8 } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { decodeValue } from '../bytes/value.ts';
import type { ElementId } from '../graph/element.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { trieGet } from '../trie/trie.ts';
import { fieldOf } from './field-test.ts';
import {
  edgesPage,
  nodesPage,
  SCAN_MAX,
  type EdgeFilter,
  type NodeFilter,
  type Page,
  type PageRequest,
} from './page.ts';

const ALL_NODES: NodeFilter = { kinds: null, hasKeys: null, where: null };
const ALL_EDGES: EdgeFilter = { kinds: null, from: null, to: null };

function fromStart(count: number, after: ElementId | null): PageRequest {
  return { count, after, before: null, from: 'start' };
}

const of = (graph: Graph) => ({ graph, rules: NO_RULES });

function graphOf(ops: readonly Op[], from: Graph = EMPTY_GRAPH): Graph {
  const result = runRewrite(from, ops, NO_RULES, sha256);
  assert.ok(result.ok);
  return result.graph;
}

/** Files f0 … f39, every fourth with an owner; tasks t0 … t9; notes n0 … n4; a chain and a hub of edges. */
const FILES = Array.from({ length: 40 }, (_, i) => keyedId('file', `f${i}`));
const TASKS = Array.from({ length: 10 }, (_, i) => keyedId('task', `t${i}`));
const [HUB] = TASKS as [ElementId]; // there are ten
const GRAPH = graphOf([
  ...FILES.map((_, i) => putNode('file', `f${i}`, i % 4 === 0 ? { owner: 'ann', size: i } : { size: i })),
  ...TASKS.map((_, i) => putNode('task', `t${i}`)),
  ...[0, 1, 2, 3, 4].map((i) => addNode('note', utf8(`n${i}`))),
  ...FILES.slice(1).map((id, i) => addEdge(present(FILES[i]), id, 'next')),
  ...FILES.map((id) => addEdge(HUB, id, 'owns')),
  ...FILES.slice(0, 5).map((id) => addEdge(HUB, id, 'next')),
]);

/** Every element, page by page; checks that each page is as long as it may be. */
function readAll<Element extends { readonly id: ElementId }>(
  first: number,
  read: (after: ElementId | null) => Page<Element>,
): Element[] {
  const all: Element[] = [];
  let after: ElementId | null = null;
  for (;;) {
    const page = read(after);
    assert.ok(page.elements.length <= first);
    all.push(...page.elements);
    if (!page.hasNext) return all;
    assert.ok(page.end !== null && (after === null || page.end > after), 'a page must move on');
    after = page.end;
  }
}

function ids(elements: readonly { readonly id: ElementId }[]): ElementId[] {
  return elements.map((element) => element.id);
}

function allNodes(filter: NodeFilter, first: number): ElementId[] {
  return ids(readAll(first, (after) => nodesPage(of(GRAPH), fromStart(first, after), filter, sha256)));
}

function allEdges(filter: EdgeFilter, first: number): ElementId[] {
  return ids(readAll(first, (after) => edgesPage(GRAPH, fromStart(first, after), filter)));
}

test('pages come in order of ids, none missing and none twice, whatever their size', () => {
  const whole = allNodes(ALL_NODES, 1000);
  assert.equal(whole.length, 55);
  assert.deepEqual(whole, whole.toSorted());
  for (const first of [1, 7, 54, 55, 56]) assert.deepEqual(allNodes(ALL_NODES, first), whole);
  const edges = allEdges(ALL_EDGES, 1000);
  assert.equal(edges.length, 39 + 40 + 5);
  for (const first of [1, 16, 84]) assert.deepEqual(allEdges(ALL_EDGES, first), edges);
});

test('a page says where it ended and whether there is more', () => {
  const page = nodesPage(of(GRAPH), fromStart(10, null), ALL_NODES, sha256);
  assert.deepEqual([page.elements.length, page.hasNext, page.scanned], [10, true, 10]);
  assert.equal(page.end, page.elements.at(-1)?.id);
  const rest = nodesPage(of(GRAPH), fromStart(45, page.end), ALL_NODES, sha256);
  assert.deepEqual([rest.elements.length, rest.hasNext], [45, false]);
  const beyond = nodesPage(of(GRAPH), fromStart(10, rest.end), ALL_NODES, sha256);
  assert.deepEqual(beyond, { elements: [], end: null, hasNext: false, scanned: 0 });
});

test('a page goes on after an id that is not there (any more)', () => {
  const whole = allNodes(ALL_NODES, 1000);
  const smaller = graphOf([{ op: 'DeleteNode', id: contentId('note', utf8('n2')), expect: null }], GRAPH);
  const after = contentId('note', utf8('n2'));
  const page = nodesPage(of(smaller), fromStart(1000, after), ALL_NODES, sha256);
  assert.deepEqual(
    ids(page.elements),
    whole.filter((id) => id > after),
  );
});

test('one kind, several kinds in one order, a kind named twice, no kind at all', () => {
  const several = [...FILES, ...TASKS].toSorted();
  for (const first of [1, 7, 64, 1000]) {
    assert.deepEqual(allNodes({ kinds: ['task'], hasKeys: null, where: null }, first), TASKS.toSorted());
    assert.deepEqual(allNodes({ kinds: ['task', 'file'], hasKeys: null, where: null }, first), several);
    assert.deepEqual(allNodes({ kinds: ['file', 'task', 'file'], hasKeys: null, where: null }, first), several);
    assert.deepEqual(allNodes({ kinds: [], hasKeys: null, where: null }, first), []);
    assert.deepEqual(allNodes({ kinds: ['unknown'], hasKeys: null, where: null }, first), []);
  }
});

test('only nodes that have every field named', () => {
  const owned = FILES.filter((_, i) => i % 4 === 0).toSorted();
  for (const first of [1, 3, 100]) {
    assert.deepEqual(allNodes({ kinds: null, hasKeys: ['owner'], where: null }, first), owned);
    assert.deepEqual(allNodes({ kinds: ['file'], hasKeys: ['size', 'owner'], where: null }, first), owned);
    assert.deepEqual(allNodes({ kinds: null, hasKeys: ['owner', 'absent'], where: null }, first), []);
    assert.equal(allNodes({ kinds: null, hasKeys: [], where: null }, first).length, 55);
  }
});

test('edges by kind, origin, destination and any two of them', () => {
  const [f0, f1] = FILES as [ElementId, ElementId]; // there are forty
  for (const first of [1, 50]) {
    assert.equal(allEdges({ ...ALL_EDGES, kinds: ['owns'] }, first).length, 40);
    assert.equal(allEdges({ ...ALL_EDGES, kinds: ['owns', 'next'] }, first).length, 84);
    assert.equal(allEdges({ ...ALL_EDGES, from: HUB }, first).length, 45);
    assert.equal(allEdges({ ...ALL_EDGES, from: HUB, kinds: ['next'] }, first).length, 5);
    assert.equal(allEdges({ ...ALL_EDGES, to: f1 }, first).length, 3);
    assert.equal(allEdges({ ...ALL_EDGES, to: f1, kinds: ['next'] }, first).length, 2);
    assert.equal(allEdges({ ...ALL_EDGES, from: f0, to: f1 }, first).length, 1);
    assert.equal(allEdges({ from: HUB, to: f1, kinds: ['owns'] }, first).length, 1);
    assert.equal(allEdges({ ...ALL_EDGES, from: f1, to: f0 }, first).length, 0);
  }
});

test('fieldOf reads a keyed node, and nothing of a content node', () => {
  const file = present(trieGet(GRAPH.nodes, present(FILES[8])));
  const size = fieldOf(file, 'size');
  assert.ok(size !== undefined);
  assert.equal(decodeValue(size, { nullAllowed: false }), 8);
  assert.equal(fieldOf(file, 'absent'), undefined);
  assert.equal(fieldOf(present(trieGet(GRAPH.nodes, contentId('note', utf8('n0')))), 'size'), undefined);
});

const MANY = 12_000;
let large: Graph = EMPTY_GRAPH;

before(() => {
  for (const kind of ['x', 'y']) {
    for (let from = 0; from < MANY; from += 6000) {
      large = graphOf(
        Array.from({ length: 6000 }, (_, i) => addNode(kind, utf8(`${from + i}`))),
        large,
      );
    }
  }
  large = graphOf([putNode('z', 'wanted', { rare: true })], large);
});

test('a page looks at no more than its bound, and the next one goes on from there', () => {
  for (const kinds of [null, ['x', 'y', 'z']]) {
    const filter: NodeFilter = { kinds, hasKeys: ['rare'], where: null };
    const page = nodesPage(of(large), fromStart(10, null), filter, sha256);
    assert.equal(page.scanned, SCAN_MAX);
    assert.ok(page.hasNext && page.end !== null);
    const found = readAll(10, (after) => nodesPage(of(large), fromStart(10, after), filter, sha256));
    assert.deepEqual(ids(found), [keyedId('z', 'wanted')]);
  }
});
