import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { graphProblems } from '@jitos/testkit/world/describe-world.ts';
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
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { taggedHash } from '../bytes/digest.ts';
import { emptyTrie, trieCount } from '../trie/trie.ts';
import { trieDigest } from '../trie/digest.ts';
import { trieEntries } from '../trie/walk.ts';
import {
  edgesFrom,
  edgesOfKind,
  edgesTo,
  EMPTY_GRAPH,
  graphDigest,
  kindKey,
  nodesOfKind,
  type Graph,
} from './graph.ts';
import type { Op } from './op.ts';
import { runRewrite } from './rewrite.ts';

const PACK = NO_RULES.id;
const A = keyedId('file', 'a');
const B = keyedId('file', 'b');
const NOTE = contentId('note');

function graphOf(ops: readonly Op[], from: Graph = EMPTY_GRAPH): Graph {
  const result = runRewrite(from, ops, NO_RULES, sha256);
  assert.ok(result.ok);
  return result.graph;
}

const NODES = [putNode('file', 'a', { size: 1 }), putNode('file', 'b'), addNode('note')];
const EDGES = [
  addEdge(A, B, 'owns'),
  addEdge(A, B, 'owns', { key: 'k' }),
  addEdge(B, B, 'next'),
  addEdge(NOTE, A, 'owns'),
];
const FULL = graphOf([...NODES, ...EDGES]);

test('the empty graph hashes two empty tries and the rule pack', () => {
  const nothing = trieDigest(emptyTrie(), () => PACK, sha256);
  assert.equal(graphDigest(EMPTY_GRAPH, PACK, sha256), taggedHash('graph', nothing + nothing + PACK, sha256));
});

test('a digest is that of the contents, whatever order made them', () => {
  const reversed = graphOf([...EDGES.toReversed(), ...NODES.toReversed()]);
  assert.equal(graphDigest(reversed, PACK, sha256), graphDigest(FULL, PACK, sha256));
  assert.notEqual(graphDigest(FULL, PACK, sha256), graphDigest(EMPTY_GRAPH, PACK, sha256));
});

test('a digest covers nodes, edges, their values and the rule pack', () => {
  const digests = [
    graphDigest(FULL, PACK, sha256),
    graphDigest(FULL, NOTE, sha256),
    graphDigest(graphOf([addNode('note', utf8('p'))], FULL), PACK, sha256),
    graphDigest(graphOf([putNode('file', 'a', { size: 2 })], FULL), PACK, sha256),
    graphDigest(graphOf([setEdge(edgeIdOf(A, B, 'owns'), utf8(''))], FULL), PACK, sha256),
    graphDigest(graphOf([deleteEdge(edgeIdOf(A, B, 'owns'))], FULL), PACK, sha256),
  ];
  assert.equal(new Set(digests).size, digests.length);
});

test('the indexes answer by kind, origin and destination', () => {
  const ids = (trie: Parameters<typeof trieEntries>[0]): string[] => trieEntries(trie).map(({ key }) => key);
  assert.deepEqual(ids(nodesOfKind(FULL, 'file')), [A, B].toSorted());
  assert.deepEqual(ids(nodesOfKind(FULL, 'note')), [NOTE]);
  assert.equal(trieCount(nodesOfKind(FULL, 'fil')), 0);
  assert.equal(trieCount(edgesOfKind(FULL, 'owns')), 3);
  assert.deepEqual(ids(edgesOfKind(FULL, 'next')), [edgeIdOf(B, B, 'next')]);
  assert.deepEqual(ids(edgesFrom(FULL, A)), [edgeIdOf(A, B, 'owns'), edgeIdOf(A, B, 'owns', 'k')].toSorted());
  assert.deepEqual(ids(edgesTo(FULL, A)), [edgeIdOf(NOTE, A, 'owns')]);
  assert.equal(trieCount(edgesFrom(FULL, contentId('absent'))), 0);
  assert.deepEqual(graphProblems(FULL), []);
});

test('an index shows the newest value and keeps no empty slot (G2)', () => {
  const id = edgeIdOf(A, B, 'owns');
  const changed = graphOf([setEdge(id, utf8('new')), putNode('file', 'a', { size: 9 })], FULL);
  assert.deepEqual(graphProblems(changed), []);
  const emptied = graphOf(
    [
      ...[id, edgeIdOf(A, B, 'owns', 'k'), edgeIdOf(B, B, 'next'), edgeIdOf(NOTE, A, 'owns')].map((edge) =>
        deleteEdge(edge),
      ),
      ...[A, B, NOTE].map((node) => deleteNode(node)),
    ],
    changed,
  );
  const { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to } = emptied;
  for (const table of [nodes, edges, nodesByKind, edgesByKind, from, to]) assert.equal(trieCount<unknown>(table), 0);
});

test('a kind key has 128 bytes and keeps the order of kinds', () => {
  assert.equal(kindKey('a').length, 128);
  assert.ok(kindKey('a') < kindKey('a.') && kindKey('a.') < kindKey('ab'));
});
