import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
import { pick, tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { expectedOf, generatePack, termsOf } from '@jitos/testkit/world/merge-terms.ts';
import { expectedByOps, withNaiveExpected } from '@jitos/testkit/world/naive-merge.ts';
import { naiveGraph } from '@jitos/testkit/world/naive-graph.ts';
import * as fc from 'fast-check';
import type { ElementValue } from '../graph/element.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import type { Trie } from '../trie/trie.ts';
import { mergeFork } from './merge.ts';
import { POLICIES, type Policy } from './policy.ts';
import { areDisjoint, writeSetOf } from './write-set.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 100, maxLength: 1500, size: 'max' });
const WRITERS = 3;
/** Few enough elements that writers meet as often as not. */
const PLAYGROUND = { ...SMALL_PLAYGROUND, keyCount: 20, opsMax: 2 };

interface Writer {
  readonly ours: Graph;
  readonly expected: Trie<ElementValue>;
}

function generateWriter(dice: Dice, base: Graph, rules: RulePack): Writer {
  const { graph, rewrites } = growGraph(dice, base, dice.below(3), PLAYGROUND, rules);
  const met = rewrites.flatMap(expectedByOps);
  return { ours: graph, expected: expectedOf(withNaiveExpected(naiveGraph(base), [], met)) };
}

function collapseAll(base: Graph, rules: RulePack, writers: readonly Writer[], policy: Policy): Graph {
  let theirs = base;
  for (const { ours, expected } of writers) {
    const { graph, conflicts } = mergeFork({ rules, base, ours, theirs }, termsOf({ policy, expected }), sha256);
    assert.ok(graph !== null, JSON.stringify(conflicts));
    theirs = graph;
  }
  return theirs;
}

law('workspaces whose write sets do not meet all commit, to one graph in any order', {
  inputs: fc.record({ tape: tapes, order: fc.shuffledSubarray([0, 1, 2], { minLength: WRITERS }) }),
  runs: 300,
  holds: ({ tape, order }) => {
    const dice = tapeDice(tape);
    const rules = generatePack(dice);
    const base = growGraph(dice, EMPTY_GRAPH, 20, PLAYGROUND, rules).graph;
    const writers = order.map(() => generateWriter(dice, base, rules));
    const policy = pick(
      dice,
      POLICIES.filter(({ checksReads }) => !checksReads),
    );
    const sets = writers.map(({ ours, expected }) => writeSetOf({ rules, base, ours }, expected, sha256));
    if (!areDisjoint(sets)) return;
    const shuffled = order.map((i) => writers[i]!);
    const one = collapseAll(base, rules, writers, policy);
    assert.deepEqual(describeGraph(collapseAll(base, rules, shuffled, policy)), describeGraph(one));
  },
});
