import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { addEdge, contentId, deleteNode, keyedId, putNode } from '@jitos/testkit/world/make-ops.ts';
import { expectedOf } from '@jitos/testkit/world/merge-terms.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import { emptyTrie } from '../trie/trie.ts';
import { areDisjoint, writeSetOf, type WriteSet } from './write-set.ts';

/** No two files have one name. */
const RULES = encodeRulePack(
  {
    unknownKinds: 'allowed',
    nodes: new Map([
      [
        'file',
        {
          name: null,
          key: 'key',
          fields: new Map([['name', { type: 'any', items: null, required: false, merge: null }]]),
          isOpen: true,
          unique: [['name']],
          deletion: null,
        },
      ],
    ]),
    edges: new Map(),
  },
  sha256,
);

const BASE = run(EMPTY_GRAPH, [putNode('file', 'a', { name: 'first' }), putNode('file', 'b')]);
const [A, B] = [keyedId('file', 'a'), keyedId('file', 'b')];

function run(graph: Graph, ops: readonly Op[]): Graph {
  const result = runRewrite(graph, ops, RULES, sha256);
  assert.ok(result.ok, JSON.stringify(result));
  return result.graph;
}

function setOf(...ops: Op[]): WriteSet {
  return writeSetOf({ rules: RULES, base: BASE, ours: run(BASE, ops) }, emptyTrie(), sha256);
}

test('writers of different elements do not meet, of one element they do', () => {
  assert.ok(areDisjoint([setOf(putNode('file', 'a', { v: 1 })), setOf(putNode('file', 'b', { v: 1 }))]));
  assert.ok(!areDisjoint([setOf(putNode('file', 'a', { v: 1 })), setOf(deleteNode(A))]));
});

test('an edge meets whoever writes one of its ends', () => {
  const edge = setOf(addEdge(A, B, 'owns'));
  assert.ok(!areDisjoint([edge, setOf(putNode('file', 'b', { v: 1 }))]));
  assert.ok(!areDisjoint([setOf(deleteNode(A)), edge]));
  assert.ok(areDisjoint([edge, setOf(putNode('file', 'c'))]));
});

test('two that take one unique name meet, and so do one that leaves it and one that takes it', () => {
  const taken = setOf(putNode('file', 'c', { name: 'n' }));
  assert.ok(!areDisjoint([taken, setOf(putNode('file', 'd', { name: 'n' }))]));
  assert.ok(areDisjoint([taken, setOf(putNode('file', 'd', { name: 'm' }))]));
  const left = setOf(putNode('file', 'a', { name: null }));
  const slots = [...left].filter((member) => member !== A);
  assert.equal(slots.length, 1);
  const forged = writeSetOf({ rules: NO_RULES, base: BASE, ours: run(BASE, [deleteNode(A)]) }, emptyTrie(), sha256);
  assert.deepEqual([...forged], [A]);
});

test('what an op expected of an element meets whoever writes it', () => {
  const expected = expectedOf([{ element: 'node', id: contentId('note'), value: null }]);
  const set = writeSetOf({ rules: RULES, base: BASE, ours: BASE }, expected, sha256);
  assert.deepEqual([...set], [contentId('note')]);
});
