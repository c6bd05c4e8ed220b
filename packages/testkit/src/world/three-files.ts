/** Merges over three files, the first two joined: what ours and theirs do to them, and what comes of it. */
import assert from 'node:assert/strict';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  applyMerge,
  EMPTY_GRAPH,
  mergeFork,
  nodeValueDigest,
  runRewrite,
  trieGet,
  type Conflict,
  type ConflictClass,
  type Digest,
  type ElementId,
  type Fork,
  type Graph,
  type MergeTerms,
  type Op,
} from '@jitos/kernel';
import { describeGraph, graphProblems } from './describe-world.ts';
import { present } from './dice.ts';
import { addEdge, edgeIdOf, keyedId, putNode, utf8 } from './make-ops.ts';
import { termsOf } from './merge-terms.ts';
import { NO_RULES } from './no-rules.ts';

export const A: ElementId = keyedId('file', 'a');
export const B: ElementId = keyedId('file', 'b');
export const C: ElementId = keyedId('file', 'c');
export const AB: ElementId = edgeIdOf(A, B, 'owns');
export const BC: ElementId = edgeIdOf(B, C, 'owns');

export function run(graph: Graph, ops: readonly Op[]): Graph {
  if (ops.length === 0) return graph;
  const result = runRewrite(graph, ops, NO_RULES, sha256);
  assert.ok(result.ok, JSON.stringify(result));
  return result.graph;
}

/** Three files, the first two joined. */
export const BASE: Graph = run(EMPTY_GRAPH, [
  putNode('file', 'a', { v: 0 }),
  putNode('file', 'b', { v: 0 }),
  putNode('file', 'c', { v: 0 }),
  addEdge(A, B, 'owns', { payload: utf8('p') }),
]);

export function forkOf(ours: readonly Op[], theirs: readonly Op[]): Fork {
  return { rules: NO_RULES, base: BASE, ours: run(BASE, ours), theirs: run(BASE, theirs) };
}

export function merged(ours: readonly Op[], theirs: readonly Op[], terms: Partial<MergeTerms> = {}): Graph {
  const fork = forkOf(ours, theirs);
  const { graph, conflicts: found, resolutions } = mergeFork(fork, termsOf(terms), sha256);
  assert.ok(graph !== null, JSON.stringify(found));
  assert.deepEqual(graphProblems(graph), []);
  assert.deepEqual(describeGraph(applyMerge(fork, resolutions, sha256)), describeGraph(graph));
  return graph;
}

export function conflicts(
  ours: readonly Op[],
  theirs: readonly Op[],
  terms: Partial<MergeTerms> = {},
): readonly Conflict[] {
  const { graph, conflicts: found } = mergeFork(forkOf(ours, theirs), termsOf(terms), sha256);
  assert.equal(graph, null, 'the merge went through');
  return found;
}

export function classes(found: readonly Conflict[]): (readonly [ElementId, ConflictClass])[] {
  return found.map((conflict) => [conflict.id, conflict.class] as const);
}

export function nodeValue(graph: Graph, id: ElementId): Digest {
  return nodeValueDigest(present(trieGet(graph.nodes, id)));
}
