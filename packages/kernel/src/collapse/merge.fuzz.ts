import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { naiveContents, naiveGraph, naiveMerge } from '@jitos/testkit/world/naive-graph.ts';
import * as fc from 'fast-check';
import { EMPTY_GRAPH, graphDigest } from '../graph/graph.ts';
import { defaultRulePackId } from '../world.ts';
import { mergeFailFast, mergeForced, type Conflict, type Fork } from './merge.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1500, size: 'max' });
const PACK = defaultRulePackId(sha256);

function forkOf(dice: Dice): Fork {
  const base = growGraph(dice, EMPTY_GRAPH, 12).graph;
  const theirs = growGraph(dice, base, dice.below(5)).graph;
  const ours = growGraph(dice, base, dice.below(5)).graph;
  // With the digests taken, as in a world: the diff may then take its short cuts.
  if (dice.below(2) === 1) for (const graph of [base, ours, theirs]) graphDigest(graph, PACK, sha256);
  return { base, ours, theirs };
}

law('a merge is that of plain maps: the same conflicts, or the same graph, and a sound one', {
  inputs: tapes,
  runs: 250,
  holds: (tape) => {
    const fork = forkOf(tapeDice(tape));
    const before = [fork.base, fork.ours, fork.theirs].map(describeGraph);
    const result = mergeFailFast(fork);
    const expected = naiveMerge({
      base: naiveGraph(fork.base),
      ours: naiveGraph(fork.ours),
      theirs: naiveGraph(fork.theirs),
    });
    assert.equal(result.merged, expected.merged);
    if (!result.merged || !expected.merged) {
      assert.deepEqual(result, expected);
    } else {
      assert.deepEqual(naiveContents(naiveGraph(result.graph)), naiveContents(expected.graph));
      assert.deepEqual(graphProblems(result.graph), []);
      assert.deepEqual(describeGraph(mergeForced(fork)), describeGraph(result.graph));
    }
    assert.deepEqual([fork.base, fork.ours, fork.theirs].map(describeGraph), before);
  },
});

law('merging onto an unmoved System gives the head', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const { base, ours } = forkOf(tapeDice(tape));
    const result = mergeFailFast({ base, ours, theirs: base });
    assert.ok(result.merged);
    assert.deepEqual(describeGraph(result.graph), describeGraph(ours));
  },
});

law('what merges one way merges the other way, to the same contents; what both changed conflicts either way', {
  inputs: tapes,
  runs: 100,
  holds: (tape) => {
    const { base, ours, theirs } = forkOf(tapeDice(tape));
    const one = mergeFailFast({ base, ours, theirs });
    const other = mergeFailFast({ base, ours: theirs, theirs: ours });
    assert.equal(one.merged, other.merged);
    if (one.merged && other.merged) assert.deepEqual(describeGraph(one.graph), describeGraph(other.graph));
    if (one.merged || other.merged) return;
    // What dangles is told as if ours had won, so only the other classes mirror each other.
    const changed = (conflicts: readonly Conflict[]): readonly Conflict[] =>
      conflicts.filter((conflict) => conflict.class !== 'dangling');
    const mirrored = other.conflicts.map((conflict) => ({ ...conflict, ours: conflict.theirs, theirs: conflict.ours }));
    assert.deepEqual(changed(one.conflicts), changed(mirrored));
  },
});
