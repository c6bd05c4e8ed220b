import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import * as fc from 'fast-check';
import type { ElementId } from '../graph/element.ts';
import { EMPTY_GRAPH } from '../graph/graph.ts';
import { trieEntries } from '../trie/walk.ts';
import { fieldOf, type FieldTest } from './field-test.ts';
import { edgesCount, edgesPage, nodesCount, nodesPage, type Page, type PageRequest } from './page.ts';

const inputs = fc.record({
  tape: fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1000, size: 'max' }),
  first: fc.integer({ min: 1, max: 20 }),
  nodeKinds: fc.option(fc.subarray(['file', 'task', 'note', 'commit', 'none'])),
  edgeKinds: fc.option(fc.subarray(['owns', 'next', 'none'])),
  hasKeys: fc.option(fc.subarray(['a', 'b', 'state', 'ü'], { maxLength: 2 })),
  sameAs: fc.option(fc.nat(100)),
  ends: fc.tuple(fc.option(fc.nat(100)), fc.option(fc.nat(100))),
  window: fc.tuple(fc.option(fc.nat(100)), fc.option(fc.nat(100))),
  from: fc.constantFrom('start', 'end'),
});

function idsOf<Element extends { readonly id: ElementId }>(
  first: number,
  read: (page: PageRequest) => Page<Element>,
): ElementId[] {
  const ids: ElementId[] = [];
  let after: ElementId | null = null;
  for (;;) {
    const page = read({ count: first, after, before: null, from: 'start' });
    ids.push(...page.elements.map((element) => element.id));
    if (!page.hasNext) return ids;
    after = page.end;
  }
}

/** What a slice is: the window first, then as many as are wanted from its end. */
function naiveSlice(ids: readonly ElementId[], { count, after, before, from }: PageRequest): [ElementId[], boolean] {
  const inside = ids.filter((id) => (after === null || id > after) && (before === null || id < before));
  const chosen = from === 'start' ? inside.slice(0, count) : inside.slice(-count);
  return [chosen, inside.length > count];
}

law(
  'pages together are the elements that a filter lets through, in order of ids; slices are their parts, from either end',
  {
    inputs,
    runs: 200,
    holds: ({ tape, first, nodeKinds, edgeKinds, hasKeys, sameAs, ends, window, from }) => {
      const { graph } = growGraph(tapeDice(tape), EMPTY_GRAPH, 30);
      const of = { graph, rules: NO_RULES };
      const nodes = trieEntries(graph.nodes).map(({ value }) => value);
      const edges = trieEntries(graph.edges).map(({ value }) => value);
      const [fromId, toId] = ends.map((at) => (at === null ? null : (nodes[at % (nodes.length + 1)]?.id ?? null)));
      const like = sameAs === null ? undefined : nodes[sameAs % (nodes.length + 1)];
      const field = like?.type === 'keyed' ? like.fields[0] : undefined;
      const where: FieldTest[] | null =
        field === undefined ? null : [{ field: field.name, test: 'equals', value: field.value }];
      const wantedNodes = nodes.filter((node) => {
        const fits = nodeKinds === null || nodeKinds.includes(node.kind);
        const isSame = field === undefined || fieldOf(node, field.name) === field.value;
        return fits && isSame && (hasKeys === null || hasKeys.every((name) => fieldOf(node, name) !== undefined));
      });
      const wantedEdges = edges.filter((edge) => {
        const joins = (fromId === null || edge.from === fromId) && (toId === null || edge.to === toId);
        return joins && (edgeKinds === null || edgeKinds.includes(edge.kind));
      });
      const wantedNodeIds = wantedNodes.map((node) => node.id);
      const wantedEdgeIds = wantedEdges.map((edge) => edge.id);
      const nodeFilter = { kinds: nodeKinds, hasKeys, where };
      const edgeFilter = { kinds: edgeKinds, from: fromId ?? null, to: toId ?? null };
      assert.deepEqual(
        idsOf(first, (page) => nodesPage(of, page, nodeFilter, sha256)),
        wantedNodeIds,
      );
      assert.deepEqual(
        idsOf(first, (page) => edgesPage(graph, page, edgeFilter)),
        wantedEdgeIds,
      );
      assert.equal(nodesCount(of, nodeFilter, sha256).count, wantedNodes.length);
      assert.equal(edgesCount(graph, edgeFilter).count, wantedEdges.length);

      const all = [...nodes, ...edges].map(({ id }) => id);
      const [after, before] = window.map((at) => (at === null ? null : (all[at % (all.length + 1)] ?? null)));
      const slice = { count: first, after: after ?? null, before: before ?? null, from } as const;
      const nodesRead = nodesPage(of, slice, nodeFilter, sha256);
      const edgesRead = edgesPage(graph, slice, edgeFilter);
      for (const [read, wanted] of [
        [nodesRead, wantedNodeIds],
        [edgesRead, wantedEdgeIds],
      ] as const) {
        const [ids, isLonger] = naiveSlice(wanted, slice);
        assert.deepEqual(
          read.elements.map(({ id }) => id),
          ids,
        );
        // More to look at may turn out not to match.
        assert.ok(read.hasNext || !isLonger);
      }
    },
  },
);
