import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { contentId, edgeIdOf, keyedId, patchesOf, utf8 } from '@jitos/testkit/world/make-ops.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { EncodedValue } from '../bytes/value.ts';
import { contentNode, edgeValueDigest, graphEdge, isKind, keyedNode, nodeValueDigest, type Field } from './element.ts';

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');

function fieldsOf(record: Parameters<typeof patchesOf>[0]): Field[] {
  return patchesOf(record).map(({ name, value }) => ({ name, value: value as EncodedValue })); // no patch here removes
}

test('a kind is 1–128 characters of a small alphabet, case-sensitive', () => {
  for (const kind of ['a', 'git.file', 'A_b:c-9', 'k'.repeat(128)]) assert.ok(isKind(kind), kind);
  for (const kind of ['', 'k'.repeat(129), 'a b', 'a/b', 'é', 'a\n', 'a\0', '\ud800']) assert.ok(!isKind(kind), kind);
  assert.notEqual(contentId('Note'), contentId('note'));
});

test("a content node's id is its value digest, and an absent payload is not an empty one", () => {
  const absent = contentNode('note', null, sha256);
  const empty = contentNode('note', utf8(''), sha256);
  assert.equal(nodeValueDigest(absent), absent.id);
  assert.notEqual(absent.id, empty.id);
  assert.equal(contentNode('note', utf8(''), sha256).id, empty.id);
});

test("a keyed node's id is that of kind and key; its value digest covers the fields", () => {
  const bare = keyedNode(A, 'file', utf8('a'), [], sha256);
  const sized = keyedNode(A, 'file', utf8('a'), fieldsOf({ size: 1 }), sha256);
  assert.equal(bare.id, sized.id);
  assert.notEqual(nodeValueDigest(bare), nodeValueDigest(sized));
  assert.notEqual(nodeValueDigest(bare), bare.id);
});

test('a keyed node and a content node never share an id, whatever their bytes', () => {
  assert.notEqual(keyedId('file', 'a'), contentId('file', utf8('a')));
});

test("an edge's id tells apart ends, kind and key, and its value digest the payload too", () => {
  const ids = [
    edgeIdOf(A, B, 'owns'),
    edgeIdOf(B, A, 'owns'),
    edgeIdOf(A, B, 'next'),
    edgeIdOf(A, B, 'owns', 'k'),
    edgeIdOf(A, A, 'owns'),
  ];
  assert.equal(new Set(ids).size, ids.length);
  const edge = (payload: Bytes | null): ReturnType<typeof graphEdge> =>
    graphEdge({ id: edgeIdOf(A, B, 'owns'), from: A, to: B, kind: 'owns', key: null, payload }, sha256);
  const values = [edge(null), edge(utf8('')), edge(utf8('p'))].map(edgeValueDigest);
  assert.equal(new Set(values).size, 3);
  assert.ok(!values.includes(edgeIdOf(A, B, 'owns')));
});
