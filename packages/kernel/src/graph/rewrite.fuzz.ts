import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyText, anyValue } from '@jitos/testkit/kernel/values.ts';
import { describeGraph, graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateOps } from '@jitos/testkit/world/generate-commands.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { utf8 } from '@jitos/testkit/world/make-ops.ts';
import { naiveContents, naiveGraph, naiveRewrite } from '@jitos/testkit/world/naive-graph.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import * as fc from 'fast-check';
import { CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { utf8Size } from '../bytes/utf8.ts';
import { encodeValue, type Value } from '../bytes/value.ts';
import { trieEntries } from '../trie/walk.ts';
import { nodeValueDigest } from './element.ts';
import { EMPTY_GRAPH, graphDigest } from './graph.ts';
import { readOp, writeOp } from './op-codec.ts';
import { opsProblem, sortPatches, type Op } from './op.ts';
import { runRewrite } from './rewrite.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 10, maxLength: 1000, size: 'max' });
const PACK = NO_RULES.id;

law('a rewrite does what it does to plain maps, and is refused where they refuse it', {
  inputs: tapes,
  runs: 100,
  holds: (tape) => {
    const dice = tapeDice(tape);
    let graph = EMPTY_GRAPH;
    for (let i = 0; i < 25; i++) {
      const ops = generateOps(dice, graph);
      const before = describeGraph(graph);
      const result = runRewrite(graph, ops, NO_RULES, sha256);
      const expected = naiveRewrite(naiveGraph(graph), ops);
      assert.deepEqual(describeGraph(graph), before);
      if (!result.ok) {
        assert.equal(result.reason, expected);
        continue;
      }
      if (typeof expected === 'string') assert.fail(`ran, but should be refused: ${expected}`);
      assert.deepEqual(naiveContents(naiveGraph(result.graph)), naiveContents(expected));
      assert.deepEqual(graphProblems(result.graph), []);
      graph = result.graph;
    }
  },
});

law('a graph’s digest is that of its contents: built again in order of ids it is the same', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const { graph } = growGraph(tapeDice(tape), EMPTY_GRAPH, 25);
    const ops: Op[] = trieEntries(graph.nodes).map(({ value: node }) =>
      node.type === 'content'
        ? { op: 'AddNode', kind: node.kind, payload: node.payload, expect: null }
        : { op: 'PutNode', kind: node.kind, key: node.key, patches: node.fields, expect: null },
    );
    for (const { value: edge } of trieEntries(graph.edges)) {
      const { from, to, kind, key, payload } = edge;
      ops.push({ op: 'AddEdge', from, to, kind, key, payload, expect: null });
    }
    const rebuilt = runRewrite(EMPTY_GRAPH, ops, NO_RULES, sha256);
    assert.ok(rebuilt.ok);
    assert.equal(graphDigest(rebuilt.graph, PACK, sha256), graphDigest(graph, PACK, sha256));
  },
});

law('generated ops keep their bounds and read back as they were written', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const ops = generateOps(tapeDice(tape), growGraph(tapeDice(tape), EMPTY_GRAPH, 5).graph);
    assert.equal(opsProblem(ops), undefined);
    for (const op of ops) {
      const writer = new CanonicalWriter();
      writeOp(writer, op);
      const reader = new CanonicalReader(writer.toBytes());
      assert.deepEqual(readOp(reader), op);
      reader.end();
    }
  },
});

const records = fc.uniqueArray(
  fc.tuple(
    anyText.filter((name) => name.length >= 1 && utf8Size(name) <= 128),
    anyValue({ nullAllowed: false }),
  ),
  { selector: ([name]) => name, minLength: 1, maxLength: 12 },
);

law('the order in which keys were inserted shows nowhere: not in fields, not in maps inside them', {
  inputs: records,
  runs: 150,
  holds: (entries) => {
    const valueOf = (ordered: typeof entries): string => {
      const map = new Map<string, Value>(ordered);
      const patches = sortPatches([
        ...ordered.map(([name, value]) => ({ name, value: encodeValue(value) })),
        { name: 'x'.repeat(100), value: encodeValue(map) },
      ]);
      const result = runRewrite(
        EMPTY_GRAPH,
        [{ op: 'PutNode', kind: 'k', key: utf8('a'), patches, expect: null }],
        NO_RULES,
        sha256,
      );
      assert.ok(result.ok);
      return trieEntries(result.graph.nodes)
        .map(({ value }) => nodeValueDigest(value))
        .join();
    };
    assert.equal(valueOf(entries.toReversed()), valueOf(entries));
  },
});
