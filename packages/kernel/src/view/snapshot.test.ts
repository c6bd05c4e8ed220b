import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { addNode, contentId, deleteNode } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { taggedHash, ZERO_DIGEST } from '../bytes/digest.ts';
import { EMPTY_GRAPH, graphDigest } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { collapsedSnapshot, firstSnapshot, nextSnapshot, type Snapshot } from './snapshot.ts';

const PACK = NO_RULES.id;
const FIRST = firstSnapshot(NO_RULES, sha256);

function after(parent: Snapshot, ...ops: Op[]): Snapshot {
  const result = runRewrite(parent.graph, ops, NO_RULES, sha256);
  assert.ok(result.ok);
  return nextSnapshot(parent, result.graph, sha256);
}

test('the first snapshot is that of the empty graph, with a parent of zeros', () => {
  assert.equal(FIRST.digest, graphDigest(EMPTY_GRAPH, PACK, sha256));
  assert.equal(FIRST.id, taggedHash('snapshot', ZERO_DIGEST + FIRST.digest, sha256));
});

test('a snapshot binds its parent and its contents', () => {
  const next = after(FIRST, addNode('note'));
  assert.equal(next.digest, graphDigest(next.graph, PACK, sha256));
  assert.equal(next.id, taggedHash('snapshot', FIRST.id + next.digest, sha256));
});

test('it stays the very same when the contents do', () => {
  const next = after(FIRST, addNode('note'));
  assert.equal(after(next, addNode('note')), next);
  assert.equal(after(next, deleteNode(contentId('note')), addNode('note')), next);
  assert.equal(after(FIRST, addNode('note'), deleteNode(contentId('note'))), FIRST);
});

test('contents that come back have the old digest and a new id (ABA)', () => {
  const there = after(FIRST, addNode('note'));
  const back = after(there, deleteNode(contentId('note')));
  assert.equal(back.digest, FIRST.digest);
  assert.notEqual(back.id, FIRST.id);
});

test("a collapse's snapshot binds System, the workspace and the contents, and stays if they do", () => {
  const head = after(FIRST, addNode('note'));
  const system = collapsedSnapshot(FIRST, head.id, head.graph, sha256);
  assert.equal(system.digest, head.digest);
  assert.equal(system.id, taggedHash('snapshot/collapse', FIRST.id + head.id + head.digest, sha256));
  assert.notEqual(system.id, head.id);
  assert.equal(collapsedSnapshot(system, head.id, head.graph, sha256), system);
});
