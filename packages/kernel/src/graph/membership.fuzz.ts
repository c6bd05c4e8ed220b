/** Laws of elements told by themselves, and of proofs that a graph holds one or does not. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { flipByte } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { proofForgeries } from '@jitos/testkit/kernel/proof-forgery.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import { ZERO_DIGEST, type Digest } from '../bytes/digest.ts';
import { trieEntries } from '../trie/walk.ts';
import { decodeEdge, decodeNode, encodeEdge, encodeNode } from './element-codec.ts';
import { edgeValueDigest, nodeValueDigest, type ElementType, type GraphEdge, type GraphNode } from './element.ts';
import { EMPTY_GRAPH, graphDigest, type Graph } from './graph.ts';
import { proveMembership, verifyMembership } from './membership.ts';

const rulePackId = NO_RULES.id;
const PLAYGROUND = {
  prefix: '',
  keyCount: 40,
  workspacesMax: 1,
  workspacesMin: 1,
  opsMax: 6,
  principals: ['p'],
  hasRules: false,
  hasGrants: false,
};
const anyGraph = fc
  .tuple(fc.nat(), fc.integer({ min: 0, max: 120 }))
  .map(([seed, count]) => growGraph(createRandom(seed), EMPTY_GRAPH, count, PLAYGROUND).graph);

interface Element {
  readonly element: ElementType;
  readonly id: Digest;
  readonly valueDigest: Digest;
  readonly bytes: Bytes;
}

function elementsOf(graph: Graph): Element[] {
  const nodes = trieEntries(graph.nodes).map(({ value }): Element => {
    return { element: 'node', id: value.id, valueDigest: nodeValueDigest(value), bytes: encodeNode(value) };
  });
  const edges = trieEntries(graph.edges).map(({ value }): Element => {
    return { element: 'edge', id: value.id, valueDigest: edgeValueDigest(value), bytes: encodeEdge(value) };
  });
  return [...nodes, ...edges];
}

function decode(element: ElementType, bytes: Bytes): GraphNode | GraphEdge {
  return (element === 'node' ? decodeNode : decodeEdge)(bytes, nodeSha256);
}

const digestOf = (element: ElementType, read: GraphNode | GraphEdge): Digest =>
  element === 'node' ? nodeValueDigest(read as GraphNode) : edgeValueDigest(read as GraphEdge); // as it was decoded

law('an element is read back from its bytes, and no other bytes are taken for it', {
  inputs: fc.tuple(anyGraph, fc.integer({ min: 1, max: 255 })),
  runs: 20,
  holds: ([graph, mask]) => {
    for (const { element, id, valueDigest, bytes } of elementsOf(graph)) {
      const read = decode(element, bytes);
      assert.deepEqual([read.id, digestOf(element, read)], [id, valueDigest]);
      for (let at = 0; at < bytes.length; at++) {
        for (const changed of [flipByte(bytes, at, mask), bytes.slice(0, at) as Bytes]) {
          // The last is a part of bytes.
          let other: GraphNode | GraphEdge;
          try {
            other = decode(element, changed);
          } catch (error) {
            assert.ok(error instanceof CanonicalError);
            continue;
          }
          assert.notEqual(digestOf(element, other), valueDigest);
        }
      }
    }
  },
});

law('what a graph holds and what it does not is proved, and nothing else', {
  inputs: fc.tuple(anyGraph, fc.integer({ min: 1, max: 255 })),
  runs: 20,
  holds: ([graph, mask]) => {
    const digest = graphDigest(graph, rulePackId, nodeSha256);
    const held = elementsOf(graph);
    for (const { element, id, valueDigest } of held) {
      const other: ElementType = element === 'node' ? 'edge' : 'node';
      const proof = proveMembership(graph, rulePackId, { element, id }, nodeSha256);
      const shows = (statement: object): boolean =>
        verifyMembership({ graphDigest: digest, element, id, valueDigest, ...statement }, proof, nodeSha256);
      assert.ok(shows({}));
      assert.ok(!shows({ valueDigest: null }) && !shows({ element: other }) && !shows({ id: id.slice(1) }));
      for (let at = 0; at < 32; at++) {
        assert.ok(!shows({ id: flipByte(id, at, mask) }));
        assert.ok(!shows({ valueDigest: flipByte(valueDigest, at, mask) }));
        assert.ok(!shows({ graphDigest: flipByte(digest, at, mask) }));
      }
      const absence = proveMembership(graph, rulePackId, { element: other, id }, nodeSha256);
      const claim = { graphDigest: digest, element: other, id, valueDigest: null };
      assert.ok(verifyMembership(claim, absence, nodeSha256));
      assert.ok(!verifyMembership({ ...claim, valueDigest }, absence, nodeSha256));
      assert.ok(!verifyMembership({ ...claim, element }, absence, nodeSha256));
    }
  },
});

law('a proof of membership that was changed anywhere is refused', {
  inputs: fc.tuple(anyGraph, fc.nat(), fc.integer({ min: 1, max: 255 })),
  runs: 20,
  holds: ([graph, pick, mask]) => {
    const held = elementsOf(graph);
    const absent: Omit<Element, 'bytes' | 'valueDigest'> & { valueDigest: null } = {
      element: 'node',
      id: ZERO_DIGEST,
      valueDigest: null,
    };
    const { element, id, valueDigest } = held[pick % (held.length + 1)] ?? absent;
    const statement = { graphDigest: graphDigest(graph, rulePackId, nodeSha256), element, id, valueDigest };
    const proof = proveMembership(graph, rulePackId, { element, id }, nodeSha256);
    assert.ok(verifyMembership(statement, proof, nodeSha256));
    for (const part of ['nodesRoot', 'edgesRoot', 'rulePackId'] as const) {
      for (let at = 0; at < 32; at++) {
        assert.ok(
          !verifyMembership(statement, { ...proof, [part]: flipByte(proof[part], at, mask) }, nodeSha256),
          part,
        );
      }
      const shorter = proof[part].slice(1) as Digest; // wrong on purpose
      assert.ok(!verifyMembership(statement, { ...proof, [part]: shorter }, nodeSha256), part);
    }
    // The bytes that are hashed are the same, cut at other places.
    const moved = {
      nodesRoot: (proof.nodesRoot + proof.edgesRoot.slice(0, 1)) as Digest,
      edgesRoot: proof.edgesRoot.slice(1) as Digest,
    };
    assert.ok(!verifyMembership(statement, { ...proof, ...moved }, nodeSha256));
    for (const { change, proof: steps } of proofForgeries(proof.steps, mask)) {
      assert.ok(!verifyMembership(statement, { ...proof, steps }, nodeSha256), change);
    }
  },
});
