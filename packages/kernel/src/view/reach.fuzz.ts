import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import * as fc from 'fast-check';
import type { ElementId } from '../graph/element.ts';
import { EMPTY_GRAPH } from '../graph/graph.ts';
import { trieEntries } from '../trie/walk.ts';
import { reachFrom } from './reach.ts';

law('what is reached is what the shortest ways lead to, nearest first', {
  inputs: fc.record({
    tape: fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1000, size: 'max' }),
    at: fc.nat(100),
    direction: fc.constantFrom('out', 'in', 'both'),
    kinds: fc.option(fc.subarray(['owns', 'next', 'none'])),
    depth: fc.integer({ min: 1, max: 5 }),
  }),
  runs: 200,
  holds: ({ tape, at, direction, kinds, depth }) => {
    const { graph } = growGraph(tapeDice(tape), EMPTY_GRAPH, 30);
    const nodes = trieEntries(graph.nodes);
    const start = nodes[at % Math.max(1, nodes.length)]?.value.id;
    if (start === undefined) return;
    const steps = trieEntries(graph.edges)
      .filter(({ value }) => kinds === null || kinds.includes(value.kind))
      .flatMap(({ value: { from, to } }): [ElementId, ElementId][] => [
        ...(direction === 'in' ? [] : [[from, to] as [ElementId, ElementId]]),
        ...(direction === 'out' ? [] : [[to, from] as [ElementId, ElementId]]),
      ]);
    // Relaxed until nothing moves: as naive as it gets.
    const distances = new Map([[start, 0]]);
    for (let round = 1; round <= depth; round++) {
      for (const [from, to] of steps)
        if (distances.get(from) === round - 1 && !distances.has(to)) distances.set(to, round);
    }
    distances.delete(start);
    const { reached, isWhole } = reachFrom(graph, { start, direction, kinds, depth });
    assert.equal(isWhole, true);
    const wanted = [...distances].toSorted(([a, far], [b, near]) => far - near || (a < b ? -1 : 1));
    assert.deepEqual(
      reached.map(({ node, distance }) => [node.id, distance]),
      wanted,
    );
    for (const { node, distance, edge } of reached) {
      const before = direction !== 'in' && edge.to === node.id ? edge.from : edge.to;
      const others = [before, edge.from === node.id ? edge.to : edge.from];
      assert.ok(others.some((id) => (id === start ? 0 : distances.get(id)) === distance - 1));
    }
  },
});
