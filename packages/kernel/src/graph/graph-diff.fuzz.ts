/** Laws of the difference of two graphs, against comparing their elements one by one. */
import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import * as fc from 'fast-check';
import type { Digest } from '../bytes/digest.ts';
import { trieEntries } from '../trie/walk.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type Kind } from './element.ts';
import { EMPTY_GRAPH, graphDigest, type Graph } from './graph.ts';
import {
  changesPage,
  diffRewrites,
  stepsPage,
  type DiffPage,
  type DiffPosition,
  type GraphChange,
  type Graphs,
} from './graph-diff.ts';
import { opsProblem, type Op } from './op.ts';
import { runRewrite } from './rewrite.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 10, maxLength: 2000, size: 'max' });
const PACK = NO_RULES.id;

/** Two graphs that have grown from one, so that they share most and differ in all ways. */
function growTwo(dice: Dice): Graphs & { readonly common: Graph } {
  const { graph: common } = growGraph(dice, EMPTY_GRAPH, 12);
  return { common, before: growGraph(dice, common, 6).graph, after: growGraph(dice, common, 6).graph };
}

/** Value digests and kinds by element, such as `node <id>`; nodes first, each in order of ids. */
type Contents = ReadonlyMap<string, { readonly digest: Digest; readonly kind: Kind }>;

function contentsOf({ nodes, edges }: Graph): Contents {
  return new Map([
    ...trieEntries(nodes).map(
      ({ value }) => [`0 ${value.id}`, { digest: nodeValueDigest(value), kind: value.kind }] as const,
    ),
    ...trieEntries(edges).map(
      ({ value }) => [`1 ${value.id}`, { digest: edgeValueDigest(value), kind: value.kind }] as const,
    ),
  ]);
}

function naiveChanges({ before, after }: Graphs, kinds: readonly Kind[] | null): unknown[] {
  const [was, is] = [contentsOf(before), contentsOf(after)];
  const ids = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  return ids
    .filter((id) => was.get(id)?.digest !== is.get(id)?.digest)
    .filter((id) => kinds === null || kinds.includes((was.get(id) ?? is.get(id))!.kind))
    .map((id) => [id, was.get(id)?.digest, is.get(id)?.digest]);
}

function told(change: GraphChange): unknown {
  return change.element === 'node'
    ? [`0 ${change.id}`, change.before && nodeValueDigest(change.before), change.after && nodeValueDigest(change.after)]
    : [`1 ${change.id}`, change.before?.valueDigest, change.after?.valueDigest];
}

function readAll<Entry>(first: number, pageAfter: (after: DiffPosition | null) => DiffPage<Entry>): Entry[] {
  const entries: Entry[] = [];
  for (let after: DiffPosition | null = null; ;) {
    const page = pageAfter(after);
    assert.ok(page.entries.length <= first);
    assert.equal(page.positions.length, page.entries.length);
    entries.push(...page.entries);
    if (!page.hasNext) return entries;
    after = page.end;
  }
}

law('the pages of a difference are its changes, nodes before edges, each in order of ids, of some kinds or of all', {
  inputs: fc.tuple(tapes, fc.integer({ min: 1, max: 12 }), fc.boolean()),
  runs: 60,
  holds: ([tape, first, isFiltered]) => {
    const graphs = growTwo(tapeDice(tape));
    const kinds = isFiltered ? [...contentsOf(graphs.before).values()].slice(0, 2).map(({ kind }) => kind) : null;
    const changes = readAll(first, (after) => changesPage(graphs, { first, after, kinds }));
    assert.deepEqual(changes.map(told), naiveChanges(graphs, kinds));
  },
});

function stepOps(graphs: Graphs, first: number): Op[] {
  const steps = readAll(first, (after) => stepsPage(graphs, { first, after, kinds: null }, sha256));
  return steps.flatMap(({ ops }) => ops);
}

function mustRun(graph: Graph, ops: readonly Op[]): Graph {
  assert.equal(opsProblem(ops), undefined);
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  if (!result.ok) assert.fail(`${result.reason} at ${result.place}`);
  return result.graph;
}

law('the rewrites of a difference lead from the one graph to the other', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const graphs = growTwo(tapeDice(tape));
    const reached = [...diffRewrites(graphs, sha256)].reduce(mustRun, graphs.before);
    assert.equal(graphDigest(reached, PACK, sha256), graphDigest(graphs.after, PACK, sha256));
    assert.deepEqual([...diffRewrites({ before: reached, after: graphs.after }, sha256)], []);
  },
});

law('wherever the ops of a difference are cut, each part leaves the graph whole', {
  inputs: fc.tuple(tapes, fc.integer({ min: 1, max: 9 })),
  runs: 60,
  holds: ([tape, length]) => {
    const graphs = growTwo(tapeDice(tape));
    const ops = stepOps(graphs, length);
    let graph = graphs.before;
    for (let at = 0; at < ops.length; at += length) {
      graph = mustRun(graph, ops.slice(at, at + length));
      assert.deepEqual(graphProblems(graph), []);
    }
    assert.equal(graphDigest(graph, PACK, sha256), graphDigest(graphs.after, PACK, sha256));
  },
});

law('where one of its elements has another value the ops are refused, and run where all have theirs', {
  inputs: tapes,
  runs: 100,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const graphs = growTwo(dice);
    const ops = stepOps(graphs, 1000);
    if (ops.length === 0) return;
    const { graph: other } = growGraph(dice, graphs.before, 2);
    const moved = new Set(naiveChanges({ before: graphs.before, after: other }, null).map(idOf));
    const isMoved = naiveChanges(graphs, null).some((change) => moved.has(idOf(change)));
    const result = runRewrite(other, ops, NO_RULES, sha256);
    if (isMoved) assert.equal(!result.ok && result.reason, 'EXPECTATION_FAILED');
    // What else may be in the way is an edge on a node that goes, or an end that is gone.
    else if (!result.ok) assert.match(result.reason, /^(?:NODE_HAS_EDGES|EDGE_END_MISSING)$/);
  },
});

function idOf(change: unknown): ElementId {
  const [id] = change as [ElementId]; // as `naiveChanges` makes them
  return id;
}
