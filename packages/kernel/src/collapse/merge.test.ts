import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
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
} from '@jitos/testkit/world/make-ops.ts';
import { A, AB, B, BASE, BC, C, classes, conflicts, merged, nodeValue, run } from '@jitos/testkit/world/three-files.ts';
import type { Op } from '../graph/op.ts';
import { trieGet } from '../trie/trie.ts';

test('changes to different elements merge, whichever side made them', () => {
  const ours = [putNode('file', 'a', { v: 1 }), addNode('note')];
  const theirs = [putNode('file', 'b', { v: 1 }), addEdge(B, C, 'owns')];
  const graph = merged(ours, theirs);
  assert.deepEqual(describeGraph(graph), describeGraph(run(BASE, [...ours, ...theirs])));
});

test('an unmoved System merges to the head itself: the short cut is the general case', () => {
  const ours = [putNode('file', 'a', { v: 1 }), deleteEdge(AB), deleteNode(B), addEdge(A, C, 'owns'), addNode('note')];
  assert.deepEqual(describeGraph(merged(ours, [])), describeGraph(run(BASE, ours)));
});

test('a workspace that wrote nothing leaves System as it is', () => {
  const theirs = [putNode('file', 'a', { v: 1 }), deleteEdge(AB)];
  assert.deepEqual(describeGraph(merged([], theirs)), describeGraph(run(BASE, theirs)));
});

test('both changed one node to different values', () => {
  const [conflict, ...more] = conflicts([putNode('file', 'a', { v: 1 })], [putNode('file', 'a', { v: 2 })]);
  assert.deepEqual(conflict, {
    element: 'node',
    id: A,
    class: 'both-changed',
    base: nodeValue(BASE, A),
    ours: nodeValue(run(BASE, [putNode('file', 'a', { v: 1 })]), A),
    theirs: nodeValue(run(BASE, [putNode('file', 'a', { v: 2 })]), A),
    fields: ['v'],
    other: null,
    rule: null,
  });
  assert.deepEqual(more, []);
});

test('both changed one edge, and both added one differently', () => {
  assert.deepEqual(classes(conflicts([setEdge(AB, null)], [setEdge(AB, utf8('q'))])), [[AB, 'both-changed']]);
  const added = conflicts([addEdge(B, C, 'owns')], [addEdge(B, C, 'owns', { payload: utf8('') })]);
  assert.deepEqual(classes(added), [[BC, 'both-changed']]);
  assert.equal(added[0]?.base, null);
});

test('one changed what the other deleted', () => {
  assert.deepEqual(classes(conflicts([putNode('file', 'c', { v: 1 })], [deleteNode(C)])), [[C, 'changed-and-deleted']]);
  const [ours] = conflicts([deleteNode(C)], [putNode('file', 'c', { v: 1 })]);
  assert.deepEqual([ours?.class, ours?.ours], ['changed-and-deleted', null]);
  assert.deepEqual(classes(conflicts([setEdge(AB, null)], [deleteEdge(AB)])), [[AB, 'changed-and-deleted']]);
});

test('our edge needs a node that they deleted', () => {
  const found = conflicts([addEdge(B, C, 'owns')], [deleteNode(C)]);
  assert.deepEqual(classes(found), [[BC, 'dangling']]);
  assert.deepEqual([found[0]?.element, found[0]?.base, found[0]?.theirs], ['edge', null, null]);
});

test('their edge needs a node that we deleted, at either end', () => {
  assert.deepEqual(classes(conflicts([deleteNode(C)], [addEdge(B, C, 'owns')])), [[BC, 'dangling']]);
  const out = edgeIdOf(C, B, 'owns');
  const found = conflicts([deleteNode(C)], [addEdge(C, B, 'owns')]);
  assert.deepEqual(classes(found), [[out, 'dangling']]);
  assert.deepEqual([found[0]?.ours, found[0]?.theirs === null], [null, false]);
});

test('an edge that dangles at both ends is told once', () => {
  assert.deepEqual(classes(conflicts([deleteNode(C)], [addEdge(C, C, 'owns')])), [
    [edgeIdOf(C, C, 'owns'), 'dangling'],
  ]);
});

test('they deleted a node with its edge, we changed the edge: the edge conflicts and dangles', () => {
  const found = classes(conflicts([setEdge(AB, null)], [deleteEdge(AB), deleteNode(B)]));
  assert.deepEqual(found, [
    [AB, 'changed-and-deleted'],
    [AB, 'dangling'],
  ]);
});

test('we deleted a node with an edge that they changed', () => {
  const found = classes(conflicts([deleteEdge(AB), deleteNode(B)], [setEdge(AB, null)]));
  assert.deepEqual(found, [[AB, 'changed-and-deleted']]);
});

test('equal results on both sides are no conflict', () => {
  const same = [putNode('file', 'a', { v: 1 }), setEdge(AB, null), addNode('note'), addEdge(B, C, 'owns')];
  assert.deepEqual(describeGraph(merged(same, same)), describeGraph(run(BASE, same)));
  merged([putNode('file', 'a', { v: 1 })], [putNode('file', 'a', { v: 2 }), putNode('file', 'a', { v: 1 })]);
});

test('what both deleted is deleted', () => {
  const graph = merged([deleteEdge(AB), deleteNode(A)], [deleteEdge(AB), deleteNode(A), deleteNode(C)]);
  assert.equal(trieGet(graph.nodes, A), undefined);
  assert.equal(trieGet(graph.edges, AB), undefined);
});

test('a change that System undid is none: only its value counts', () => {
  const graph = merged(
    [putNode('file', 'a', { v: 1 })],
    [putNode('file', 'a', { v: 2 }), putNode('file', 'a', { v: 0 })],
  );
  assert.equal(nodeValue(graph, A), nodeValue(run(BASE, [putNode('file', 'a', { v: 1 })]), A));
});

test('a node that they deleted and we put back unchanged is theirs to delete', () => {
  const graph = merged([deleteNode(C), putNode('file', 'c', { v: 0 })], [deleteNode(C)]);
  assert.equal(trieGet(graph.nodes, C), undefined);
});

test('conflicts are all told, nodes before edges, each in order of ids', () => {
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  const put = (v: number): Op[] => keys.map((key) => putNode('file', key, { v }));
  const found = conflicts(
    [setEdge(AB, null), ...put(1), addEdge(B, C, 'owns')],
    [setEdge(AB, utf8('q')), ...put(2), deleteNode(C)],
  );
  const edges = [AB, BC].toSorted();
  assert.deepEqual(
    found.map((conflict) => conflict.id),
    [...keys.map((key) => keyedId('file', key)).toSorted(), ...edges],
  );
});

test('content nodes added on both sides are one', () => {
  const graph = merged([addNode('note', utf8('n'))], [addNode('note', utf8('n'))]);
  assert.ok(trieGet(graph.nodes, contentId('note', utf8('n'))) !== undefined);
});
