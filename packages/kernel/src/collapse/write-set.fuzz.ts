import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
import { oneIn, pick, tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { putNode } from '@jitos/testkit/world/make-ops.ts';
import { expectedOf, generatePack, termsOf } from '@jitos/testkit/world/merge-terms.ts';
import { expectedByOps, withNaiveExpected } from '@jitos/testkit/world/naive-merge.ts';
import { naiveGraph } from '@jitos/testkit/world/naive-graph.ts';
import * as fc from 'fast-check';
import type { Digest } from '../bytes/digest.ts';
import type { ElementValue } from '../graph/element.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import { runRewrite } from '../graph/rewrite.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { NodeRule, RulePack } from '../graph/rules/rule-pack.ts';
import { emptyTrie, type Trie } from '../trie/trie.ts';
import type { Conflict } from './conflict.ts';
import { mergeFork } from './merge.ts';
import { POLICIES, type Policy } from './policy.ts';
import { areDisjoint, claim, movedSlots, writeSetOf, type Claims, type WriteSet } from './write-set.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 100, maxLength: 1500, size: 'max' });
const WRITERS = 3;
/** Few enough elements that writers meet as often as not. */
const PLAYGROUND = { ...SMALL_PLAYGROUND, keyCount: 20, opsMax: 2 };

const BLIND = POLICIES.filter(({ checksReads }) => !checksReads);

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
    const policy = pick(dice, BLIND);
    const sets = writers.map(({ ours, expected }) => writeSetOf({ rules, base, ours }, expected, sha256));
    if (!areDisjoint(sets)) return;
    const shuffled = order.map((i) => writers[i]!);
    const one = collapseAll(base, rules, writers, policy);
    assert.deepEqual(describeGraph(collapseAll(base, rules, shuffled, policy)), describeGraph(one));
  },
});

interface Line {
  readonly graph: Graph;
  /** By writer; none for one that committed. */
  readonly conflicts: ReadonlyMap<Writer, readonly Conflict[]>;
  readonly areDisjoint: boolean;
}

/** Merges one after the other onto what has moved, each that can be. */
function collapseOnto(theirs: Graph, base: Graph, rules: RulePack, writers: readonly Writer[], policy: Policy): Line {
  const conflicts = new Map<Writer, readonly Conflict[]>();
  const claims: Claims = new Map();
  let graph = theirs;
  const meets = (set: Iterable<Digest>, writer: Writer): boolean =>
    claim(claims, set, writers.indexOf(writer)) !== undefined;
  let isMet = false;
  for (const writer of writers) {
    const { ours, expected } = writer;
    const merge = mergeFork({ rules, base, ours, theirs: graph }, termsOf({ policy, expected }), sha256);
    const set: WriteSet = writeSetOf({ rules, base, ours }, expected, sha256);
    isMet = meets(set, writer) || meets(movedSlots(graph.slots, merge.slots), writer) || isMet;
    conflicts.set(writer, merge.conflicts);
    graph = merge.graph ?? graph;
  }
  return { graph, conflicts, areDisjoint: !isMet };
}

law('onto a target that has moved, too, each comes to the same in any order, if the slots that they move do not meet', {
  inputs: fc.record({ tape: tapes, order: fc.shuffledSubarray([0, 1, 2], { minLength: WRITERS }) }),
  runs: 600,
  holds: ({ tape, order }) => {
    const dice = tapeDice(tape);
    const rules = uniquePack(dice);
    const base = rename(dice, EMPTY_GRAPH, rules, 6);
    const theirs = rename(dice, base, rules, 3);
    const writers = order.map(() => ({ ours: rename(dice, base, rules, 2), expected: emptyTrie<ElementValue>() }));
    const policy = pick(dice, BLIND);
    const one = collapseOnto(theirs, base, rules, writers, policy);
    if (!one.areDisjoint) return;
    const shuffled = order.map((i) => writers[i]!);
    const other = collapseOnto(theirs, base, rules, shuffled, policy);
    assert.deepEqual(describeGraph(other.graph), describeGraph(one.graph));
    for (const writer of writers) assert.deepEqual(other.conflicts.get(writer), one.conflicts.get(writer));
  },
});

/** No two files have the same in all fields of one constraint. */
function uniquePack(dice: Dice): RulePack {
  const field = { type: 'any', items: null, required: false, merge: null } as const;
  const kind: NodeRule = {
    name: null,
    key: 'key',
    fields: new Map(['a', 'b'].map((name) => [name, field])),
    isOpen: true,
    unique: pick(dice, [[['a']], [['a', 'b']]]),
    deletion: null,
  };
  return encodeRulePack({ unknownKinds: 'allowed', nodes: new Map([['file', kind]]), edges: new Map() }, sha256);
}

/** Puts files, whose values are few: what two of them are after is often the same, or what another leaves. */
function rename(dice: Dice, graph: Graph, rules: RulePack, puts: number): Graph {
  let grown = graph;
  for (let left = puts; left > 0; left--) {
    const fields = oneIn(dice, 2) ? { a: dice.below(4) } : { b: dice.below(3) };
    const result = runRewrite(grown, [putNode('file', `${dice.below(8)}`, fields)], rules, sha256);
    if (result.ok) grown = result.graph;
  }
  return grown;
}
