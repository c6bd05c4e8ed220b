import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import * as fc from 'fast-check';
import type { ElementId } from '../graph/element.ts';
import { EMPTY_GRAPH } from '../graph/graph.ts';
import { trieEntries } from '../trie/walk.ts';
import { edgesPage, fieldOf, nodesPage, type Page, type PageRequest } from './page.ts';

const inputs = fc.record({
  tape: fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1000, size: 'max' }),
  first: fc.integer({ min: 1, max: 20 }),
  nodeKinds: fc.option(fc.subarray(['file', 'task', 'note', 'commit', 'none'])),
  edgeKinds: fc.option(fc.subarray(['owns', 'next', 'none'])),
  hasKeys: fc.option(fc.subarray(['a', 'b', 'state', 'ü'], { maxLength: 2 })),
  ends: fc.tuple(fc.option(fc.nat(100)), fc.option(fc.nat(100))),
});

function idsOf<Element extends { readonly id: ElementId }>(
  first: number,
  read: (page: PageRequest) => Page<Element>,
): ElementId[] {
  const ids: ElementId[] = [];
  let after: ElementId | null = null;
  for (;;) {
    const page = read({ first, after });
    ids.push(...page.elements.map((element) => element.id));
    if (!page.hasNext) return ids;
    after = page.end;
  }
}

law('pages together are the elements that a filter lets through, in order of ids', {
  inputs,
  runs: 200,
  holds: ({ tape, first, nodeKinds, edgeKinds, hasKeys, ends }) => {
    const { graph } = growGraph(tapeDice(tape), EMPTY_GRAPH, 30);
    const nodes = trieEntries(graph.nodes).map(({ value }) => value);
    const edges = trieEntries(graph.edges).map(({ value }) => value);
    const [from, to] = ends.map((at) => (at === null ? null : (nodes[at % (nodes.length + 1)]?.id ?? null)));
    const wantedNodes = nodes.filter((node) => {
      const fits = nodeKinds === null || nodeKinds.includes(node.kind);
      return fits && (hasKeys === null || hasKeys.every((name) => fieldOf(node, name) !== undefined));
    });
    const wantedEdges = edges.filter((edge) => {
      const joins = (from === null || edge.from === from) && (to === null || edge.to === to);
      return joins && (edgeKinds === null || edgeKinds.includes(edge.kind));
    });
    const nodeIds = idsOf(first, (page) => nodesPage(graph, page, { kinds: nodeKinds, hasKeys }));
    const filter = { kinds: edgeKinds, from: from ?? null, to: to ?? null };
    const edgeIds = idsOf(first, (page) => edgesPage(graph, page, filter));
    assert.deepEqual(
      nodeIds,
      wantedNodes.map((node) => node.id),
    );
    assert.deepEqual(
      edgeIds,
      wantedEdges.map((edge) => edge.id),
    );
  },
});
