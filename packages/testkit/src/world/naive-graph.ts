/**
 * Rewrites on plain maps: the slow and obvious model that the kernel's own are held against (`naive-merge.ts` merges).
 *
 * It shares with the kernel how one element is made (ids and value digests, which the golden vectors pin down) and
 * nothing else: no trie, no draft, no diff, no index.
 */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  compareKeys,
  contentNode,
  edgeId,
  graphEdge,
  keyedNode,
  keyedNodeId,
  nodeValueDigest,
  trieEntries,
  type Digest,
  type ElementId,
  type Expectation,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type KeyedNode,
  type Op,
  type RefusalReason,
} from '@jitos/kernel';

export interface NaiveGraph {
  readonly nodes: ReadonlyMap<ElementId, GraphNode>;
  readonly edges: ReadonlyMap<ElementId, GraphEdge>;
}

export function naiveGraph(graph: Graph): NaiveGraph {
  return {
    nodes: new Map(trieEntries(graph.nodes).map(({ value }) => [value.id, value])),
    edges: new Map(trieEntries(graph.edges).map(({ value }) => [value.id, value])),
  };
}

/** Every element's value digest by its id, in order: equal for equal graphs. */
export function naiveContents(graph: NaiveGraph): (readonly [ElementId, Digest])[] {
  const nodes = [...graph.nodes.values()].map((node) => [node.id, nodeValueDigest(node)] as const);
  const edges = [...graph.edges.values()].map((edge) => [edge.id, edge.valueDigest] as const);
  return [...nodes, ...edges].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The reason for which the ops are refused, or the graph after them. */
export function naiveRewrite(graph: NaiveGraph, ops: readonly Op[]): NaiveGraph | RefusalReason {
  const nodes = new Map(graph.nodes);
  const edges = new Map(graph.edges);
  const added = new Set<ElementId>();
  for (const op of ops) {
    const reason = naiveOp(nodes, edges, added, op);
    if (reason !== undefined) return reason;
  }
  return integrityReason({ nodes, edges }, added) ?? { nodes, edges };
}

type Reason = RefusalReason | undefined;
type Nodes = Map<ElementId, GraphNode>;
type Edges = Map<ElementId, GraphEdge>;

function naiveOp(nodes: Nodes, edges: Edges, added: Set<ElementId>, op: Op): Reason {
  switch (op.op) {
    case 'AddNode': {
      const node = contentNode(op.kind, op.payload, sha256);
      const unmet = unmetExpectation(op.expect, valueOf(nodes.get(node.id)));
      if (unmet === undefined) nodes.set(node.id, node);
      return unmet;
    }
    case 'PutNode': {
      const id = keyedNodeId(op.kind, op.key, sha256);
      const there = nodes.get(id);
      const unmet = unmetExpectation(op.expect, valueOf(there));
      if (unmet === undefined) nodes.set(id, patched(id, op, there));
      return unmet;
    }
    case 'AddEdge': {
      const { from, to, kind, key, payload } = op;
      const id = edgeId(from, to, kind, key, sha256);
      const there = edges.get(id);
      const unmet = unmetExpectation(op.expect, there?.valueDigest);
      if (unmet !== undefined) return unmet;
      if (there !== undefined) return there.payload === payload ? undefined : 'PAYLOAD_CONFLICT';
      added.add(id);
      edges.set(id, graphEdge({ id, from, to, kind, key, payload }, sha256));
      return undefined;
    }
    case 'SetEdge': {
      const there = edges.get(op.id);
      const unmet = unmetOfExisting(op.expect, there?.valueDigest);
      if (unmet === undefined && there !== undefined)
        edges.set(op.id, graphEdge({ ...there, payload: op.payload }, sha256));
      return unmet;
    }
    case 'DeleteNode': {
      const unmet = unmetOfExisting(op.expect, valueOf(nodes.get(op.id)));
      if (unmet === undefined) nodes.delete(op.id);
      return unmet;
    }
    case 'DeleteEdge': {
      const unmet = unmetOfExisting(op.expect, edges.get(op.id)?.valueDigest);
      if (unmet === undefined) edges.delete(op.id);
      return unmet;
    }
  }
}

function valueOf(node: GraphNode | undefined): Digest | undefined {
  return node === undefined ? undefined : nodeValueDigest(node);
}

function unmetExpectation(expect: Expectation, value: Digest | undefined): Reason {
  if (expect === null) return undefined;
  const met = expect === 'absent' ? value === undefined : value === expect;
  return met ? undefined : 'EXPECTATION_FAILED';
}

/** An op that needs its element: a failed expectation of a value is told before the absence. */
function unmetOfExisting(expect: Expectation, value: Digest | undefined): Reason {
  if (value === undefined && (expect === null || expect === 'absent')) return 'ELEMENT_NOT_FOUND';
  return unmetExpectation(expect, value);
}

function patched(id: ElementId, op: Extract<Op, { op: 'PutNode' }>, there: GraphNode | undefined): KeyedNode {
  const values = new Map(there?.type === 'keyed' ? there.fields.map((field) => [field.name, field.value]) : []);
  for (const { name, value } of op.patches) {
    if (value === null) values.delete(name);
    else values.set(name, value);
  }
  const fields = [...values].map(([name, value]) => ({ name, value })).sort((a, b) => compareKeys(a.name, b.name));
  return keyedNode(id, op.kind, op.key, fields, sha256);
}

/** A missing end is blamed on the edge if the rewrite added it, else on whoever deleted the node. */
function integrityReason(graph: NaiveGraph, added: ReadonlySet<ElementId>): Reason {
  const loose = danglingEdges(graph);
  if (loose.length === 0) return undefined;
  return loose.some((edge) => added.has(edge.id)) ? 'EDGE_END_MISSING' : 'NODE_HAS_EDGES';
}

export function danglingEdges(graph: NaiveGraph): GraphEdge[] {
  return [...graph.edges.values()].filter((edge) => !graph.nodes.has(edge.from) || !graph.nodes.has(edge.to));
}
