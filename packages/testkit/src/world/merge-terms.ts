/** Forks and terms to merge them on, for the engine and for the model of it. */
import {
  elementValue,
  EMPTY_GRAPH,
  emptyTrie,
  graphDigest,
  POLICIES,
  POLICY_DEFAULT,
  sortRanges,
  trieEntries,
  triePut,
  ZERO_DIGEST,
  type ElementId,
  type ElementValue,
  type Fork,
  type Graph,
  type MergeTerms,
  type RulePack,
  type Side,
  type Trie,
} from '@jitos/kernel';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { oneIn, pick, type Dice } from './dice.ts';
import { SMALL_PLAYGROUND } from './generate-commands.ts';
import { generateElement, generateRange } from './generate-footprints.ts';
import { growGraph } from './generate-graphs.ts';
import { generateRules } from './generate-rules.ts';
import type { NaiveTerms } from './naive-merge.ts';
import { NO_RULES } from './no-rules.ts';

/** The terms of a collapse under the default policy, but for what is said. */
export function termsOf(parts: Partial<MergeTerms> = {}): MergeTerms {
  return {
    policy: POLICY_DEFAULT,
    expected: emptyTrie(),
    footprint: null,
    choices: new Map(),
    ...parts,
  };
}

/** The same terms, for the model. */
export function naiveTerms({ expected, footprint, ...terms }: MergeTerms): NaiveTerms {
  return { ...terms, expected: trieEntries(expected).map(({ value }) => value), ranges: footprint?.ranges ?? [] };
}

/** What ops expected, as a workspace keeps it. */
export function expectedOf(values: readonly ElementValue[]): Trie<ElementValue> {
  let expected: Trie<ElementValue> = emptyTrie();
  for (const value of values) expected = triePut(expected, value.id, value, null);
  return expected;
}

/** Any pack; none as often as not. */
export function generatePack(dice: Dice): RulePack {
  return oneIn(dice, 2) ? NO_RULES : generateRules(dice);
}

/** Two lines of changes from one base, which collide often: theirs under the pack of the fork, ours under its own. */
export function generateFork(dice: Dice, rules: RulePack, ourRules: RulePack = rules): Fork {
  const grow = (from: Graph, count: number, pack: RulePack): Graph =>
    growGraph(dice, from, count, SMALL_PLAYGROUND, pack).graph;
  const base = grow(EMPTY_GRAPH, 12, rules);
  const theirs = grow(base, dice.below(5), rules);
  const ours = grow(base, dice.below(5), ourRules);
  // With the digests taken, as in a world: the diff may then take its short cuts.
  if (oneIn(dice, 2)) for (const graph of [base, ours, theirs]) graphDigest(graph, rules.id, sha256);
  return { rules, base, ours, theirs };
}

/** Any policy; what it merges by, reads, expects and chooses is of the fork's own elements. */
export function generateTerms(dice: Dice, fork: Fork): MergeTerms {
  const policy = pick(dice, POLICIES);
  const ranges = Array.from({ length: dice.below(4) }, () => generateRange(dice, [fork.base, fork.theirs]));
  return {
    policy,
    expected: expectedOf(oneIn(dice, 3) ? Array.from({ length: dice.below(3) }, () => expectationOf(dice, fork)) : []),
    footprint: policy.checksReads ? { baseSnapshotId: ZERO_DIGEST, ranges: sortRanges(ranges) } : null,
    choices: new Map(oneIn(dice, 3) ? Array.from({ length: dice.below(4) }, () => choiceOf(dice, fork)) : []),
  };
}

function expectationOf(dice: Dice, { base, ours, theirs }: Fork): ElementValue {
  const { element, id } = generateElement(dice, [ours, theirs, base]);
  return { element, id, value: elementValue(base, element, id) };
}

function choiceOf(dice: Dice, { base, ours, theirs }: Fork): readonly [ElementId, Side] {
  return [generateElement(dice, [ours, theirs, base]).id, pick(dice, ['ours', 'theirs'] as const)];
}
