import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateOps } from '@jitos/testkit/world/generate-commands.ts';
import { generateRules } from '@jitos/testkit/world/generate-rules.ts';
import { naiveGraph, naiveRewrite } from '@jitos/testkit/world/naive-graph.ts';
import { naiveBreaks } from '@jitos/testkit/world/naive-rules.ts';
import * as fc from 'fast-check';
import type { Bytes } from '../../bytes/byte-string.ts';
import { trieEntries } from '../../trie/walk.ts';
import { EMPTY_GRAPH } from '../graph.ts';
import { indexGraph } from '../index-build.ts';
import { runRewrite } from '../rewrite.ts';
import { brokenRules } from './check.ts';
import { decodeRulePack } from './rule-pack-codec.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 60, maxLength: 1200, size: 'max' });

law('a rewrite is refused exactly if a whole look at the graph after it finds a broken rule', {
  inputs: tapes,
  runs: 200,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const rules = generateRules(dice);
    let graph = EMPTY_GRAPH;
    for (let i = 0; i < 25; i++) {
      const ops = generateOps(dice, graph);
      const result = runRewrite(graph, ops, rules, sha256);
      const expected = naiveRewrite(naiveGraph(graph), ops);
      if (!result.ok) {
        const reason = typeof expected === 'string' ? expected : 'RULE_BROKEN';
        assert.equal(result.reason, reason);
        if (typeof expected !== 'string') assert.notDeepEqual(naiveBreaks(expected, rules), []);
        continue;
      }
      graph = result.graph;
      assert.deepEqual(graphProblems(graph, rules), []);
      assert.deepEqual(describeGraph(indexGraph(graph, rules, sha256)), describeGraph(graph));
    }
  },
});

law('the breaks of a graph are those that a look at each pair of elements finds', {
  inputs: tapes,
  runs: 150,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const rules = generateRules(dice);
    const lax = decodeRulePack('\u00a0' as Bytes, sha256); // the empty map
    assert.ok(lax.ok);
    let graph = EMPTY_GRAPH;
    for (let i = 0; i < 12; i++) {
      const result = runRewrite(graph, generateOps(dice, graph), lax.rules, sha256);
      if (result.ok) graph = result.graph;
    }
    const judged = indexGraph(graph, rules, sha256);
    const touched = {
      nodes: trieEntries(judged.nodes).map(({ value }) => value.id),
      edges: trieEntries(judged.edges).map(({ value }) => value.id),
    };
    const breaks = brokenRules(judged, rules, touched, sha256).map(({ element, id, rule, subject, other }) =>
      [element, id, rule, subject ?? '', other ?? ''].join('/'),
    );
    assert.deepEqual(breaks.toSorted(), naiveBreaks(naiveGraph(judged), rules).toSorted());
  },
});

law('a pack reads back from its bytes, and bytes that read are those of a pack', {
  inputs: fc.tuple(tapes, fc.nat(), fc.nat(255)),
  runs: 300,
  holds: ([tape, at, byte]) => {
    const rules = generateRules(tapeDice(tape));
    assert.deepEqual(decodeRulePack(rules.bytes, sha256), { ok: true, rules });
    const cut = at % rules.bytes.length;
    const changed = rules.bytes.slice(0, cut) + String.fromCharCode(byte) + rules.bytes.slice(cut + 1);
    const other = decodeRulePack(changed as Bytes, sha256); // one of its bytes is another
    if (other.ok) assert.equal(other.rules.bytes, changed);
  },
});
