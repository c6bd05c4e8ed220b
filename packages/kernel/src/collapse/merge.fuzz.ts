import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateFork, generatePack, generateTerms, naiveTerms, termsOf } from '@jitos/testkit/world/merge-terms.ts';
import { naiveContents, naiveGraph } from '@jitos/testkit/world/naive-graph.ts';
import { naiveMerge } from '@jitos/testkit/world/naive-merge.ts';
import * as fc from 'fast-check';
import type { Conflict } from './conflict.ts';
import { applyMerge, mergeFork } from './merge.ts';
import { POLICIES } from './policy.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1500, size: 'max' });

law('a merge under any policy is that of plain maps: the same conflicts, or the same graph, and a whole one', {
  inputs: tapes,
  runs: 400,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const fork = generateFork(dice, generatePack(dice), generatePack(dice));
    const terms = generateTerms(dice, fork);
    const before = [fork.base, fork.ours, fork.theirs].map(describeGraph);
    const { graph, conflicts } = mergeFork(fork, terms, sha256);
    const [base, ours, theirs] = [naiveGraph(fork.base), naiveGraph(fork.ours), naiveGraph(fork.theirs)];
    const expected = naiveMerge({ rules: fork.rules, base, ours, theirs }, naiveTerms(terms));
    assert.deepEqual(conflicts, expected.merged ? [] : expected.conflicts);
    assert.equal(graph !== null, expected.merged);
    if (graph !== null && expected.merged) {
      assert.deepEqual(naiveContents(naiveGraph(graph)), naiveContents(expected.graph));
      assert.deepEqual(graphProblems(graph, fork.rules), []);
    }
    assert.deepEqual([fork.base, fork.ours, fork.theirs].map(describeGraph), before);
  },
});

law('what a merge resolved makes of its fork the very graph again', {
  inputs: tapes,
  runs: 200,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const fork = generateFork(dice, generatePack(dice), generatePack(dice));
    const { graph, resolutions } = mergeFork(fork, generateTerms(dice, fork), sha256);
    if (graph === null) return assert.deepEqual(resolutions, []);
    assert.deepEqual(describeGraph(applyMerge(fork, resolutions, sha256)), describeGraph(graph));
  },
});

law('merging onto what has not moved gives ours, under every policy', {
  inputs: tapes,
  runs: 100,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const { base, ours, rules } = generateFork(dice, generatePack(dice));
    const fork = { rules, base, ours, theirs: base };
    const { graph, resolutions } = mergeFork(fork, { ...generateTerms(dice, fork), choices: new Map() }, sha256);
    assert.ok(graph !== null);
    assert.deepEqual(describeGraph(graph), describeGraph(ours));
    assert.deepEqual(resolutions, []);
  },
});

law('what merges one way merges the other way, to the same contents; what both changed conflicts either way', {
  inputs: tapes,
  runs: 200,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const { rules, base, ours, theirs } = generateFork(dice, generatePack(dice));
    const terms = termsOf({ policy: POLICIES[dice.below(2)]! });
    const one = mergeFork({ rules, base, ours, theirs }, terms, sha256);
    const other = mergeFork({ rules, base, ours: theirs, theirs: ours }, terms, sha256);
    assert.equal(one.graph === null, other.graph === null);
    if (one.graph !== null && other.graph !== null) {
      assert.deepEqual(describeGraph(one.graph), describeGraph(other.graph));
    }
    // What dangles or breaks a rule is told as if ours had won, so only the other classes mirror each other.
    const changed = (conflicts: readonly Conflict[]): readonly Conflict[] =>
      conflicts.filter((conflict) => conflict.class.includes('changed'));
    const mirrored = other.conflicts.map((conflict) => ({ ...conflict, ours: conflict.theirs, theirs: conflict.ours }));
    assert.deepEqual(changed(one.conflicts), changed(mirrored));
  },
});
