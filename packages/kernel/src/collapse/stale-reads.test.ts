import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { addEdge, keyedId, putNode } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { sortRanges, type Range } from './footprint.ts';
import { staleReads } from './stale-reads.ts';

const [HUB, OTHER] = [keyedId('file', 'hub'), keyedId('file', 'other')];

function after(graph: Graph, ...ops: readonly Op[]): Graph {
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  assert.ok(result.ok);
  return result.graph;
}

test('the edges of a node are looked at once, of however many kinds they are asked for', () => {
  const base = after(EMPTY_GRAPH, putNode('file', 'hub'), putNode('file', 'other'), addEdge(HUB, OTHER, 'k1'));
  const moved = after(base, addEdge(HUB, OTHER, 'k3'), addEdge(OTHER, HUB, 'k5'));
  let looks = 0;
  const theirs: Graph = {
    ...moved,
    get edges() {
      looks += 1;
      return moved.edges;
    },
  };
  const kinds = Array.from({ length: 1000 }, (_, i) => `k${i}`);
  const ranges = sortRanges([
    ...kinds.map((kind): Range => ({ range: 'out', node: HUB, kind })),
    ...kinds.map((kind): Range => ({ range: 'in', node: HUB, kind })),
    { range: 'out', node: HUB, kind: null },
    { range: 'in', node: OTHER, kind: 'k3' },
    { range: 'in', node: OTHER, kind: 'k1' },
  ]);
  const stale = staleReads({ rules: NO_RULES, base, ours: base, theirs }, ranges, sha256);
  assert.equal(stale.length, 4, 'k3 and any kind that leave the hub, k5 that reaches it, k3 that reaches the other');
  assert.equal(looks, 3, 'once for each node and end');
});
