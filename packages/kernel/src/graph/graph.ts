/**
 * The graph: nodes and edges in two hashed tries, and the indexes that answer questions about them.
 *
 * - G1 Every edge's two ends are nodes of the graph (checked where a rewrite or a collapse ends, not here).
 * - G2 The indexes are functions of nodes, edges and the rule pack; they are never hashed. They hold ids, so an element
 *      whose value changes leaves them as they are, the slots apart.
 *
 * A graph is an immutable value. A draft is a graph being edited by one session; it costs a pointer to begin and to
 * drop, and one path a trie to change.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { trieDigest } from '../trie/digest.ts';
import {
  beginEdits,
  emptyTrie,
  trieCount,
  trieGet,
  triePut,
  trieRemove,
  type EditSession,
  type Trie,
} from '../trie/trie.ts';
import {
  edgeValueDigest,
  nodeValueDigest,
  type ElementId,
  type ElementType,
  type GraphEdge,
  type GraphNode,
  type Kind,
} from './element.ts';
import { indexAdd, indexGet, indexRemove, type IdIndex, type IdSet } from './id-index.ts';
import type { RulePack } from './rules/rule-pack.ts';
import { countsNodes, slotEdge, slotNode } from './rules/slots.ts';

export interface Graph {
  readonly nodes: Trie<GraphNode>;
  readonly edges: Trie<GraphEdge>;
  /** Ids by kind (`kindKey`). */
  readonly nodesByKind: IdIndex;
  readonly edgesByKind: IdIndex;
  /** Ids by the node that the edges leave. */
  readonly edgesFrom: IdIndex;
  /** Ids by the node that the edges reach. */
  readonly edgesTo: IdIndex;
  /** Ids by what the rule pack counts (`slots.ts`). */
  readonly slots: IdIndex;
}

/** A graph in the hands of one edit session, which keeps its indexes as the pack wants them. */
export type GraphDraft = { -readonly [Table in keyof Graph]: Graph[Table] } & {
  readonly rules: RulePack;
  readonly sha256: Sha256;
  readonly session: EditSession;
};

export const EMPTY_GRAPH: Graph = {
  nodes: emptyTrie(),
  edges: emptyTrie(),
  nodesByKind: emptyTrie(),
  edgesByKind: emptyTrie(),
  edgesFrom: emptyTrie(),
  edgesTo: emptyTrie(),
  slots: emptyTrie(),
};

const KIND_KEY_SIZE = 128;

/** A kind as a key of fixed width: padded with zeros, which no kind holds, so key order is kind order. */
export function kindKey(kind: Kind): Bytes {
  return kind.padEnd(KIND_KEY_SIZE, '\0') as Bytes; // kinds are ASCII
}

/** The value digest that the graph has for an element, or null. */
export function elementValue(graph: Graph, element: ElementType, id: ElementId): Digest | null {
  if (element === 'edge') return trieGet(graph.edges, id)?.valueDigest ?? null;
  const node = trieGet(graph.nodes, id);
  return node === undefined ? null : nodeValueDigest(node);
}

/** `H("graph")` over `nodesRoot ‖ edgesRoot ‖ rulePackId`. */
export function graphDigest(graph: Graph, rulePackId: Digest, sha256: Sha256): Digest {
  const nodesRoot = trieDigest(graph.nodes, nodeValueDigest, sha256);
  const edgesRoot = trieDigest(graph.edges, edgeValueDigest, sha256);
  return taggedHash('graph', nodesRoot + edgesRoot + rulePackId, sha256);
}

export function nodesOfKind(graph: Graph, kind: Kind): IdSet {
  return indexGet(graph.nodesByKind, kindKey(kind));
}

export function edgesOfKind(graph: Graph, kind: Kind): IdSet {
  return indexGet(graph.edgesByKind, kindKey(kind));
}

export function edgesFrom(graph: Graph, node: ElementId): IdSet {
  return indexGet(graph.edgesFrom, node);
}

export function edgesTo(graph: Graph, node: ElementId): IdSet {
  return indexGet(graph.edgesTo, node);
}

export function draftGraph(
  graph: Graph,
  rules: RulePack,
  sha256: Sha256,
  session: EditSession = beginEdits(),
): GraphDraft {
  return { ...graph, rules, sha256, session };
}

/** The draft as a graph; the session must make no further edit. */
export function sealGraph(draft: GraphDraft): Graph {
  const { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to, slots } = draft;
  return { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to, slots };
}

export function draftPutNode(draft: GraphDraft, node: GraphNode): void {
  const { rules, sha256, session } = draft;
  if (countsNodes(rules, node.kind)) {
    draft.slots = slotNode(draft.slots, rules, trieGet(draft.nodes, node.id), node, sha256, session);
  }
  const countBefore = trieCount(draft.nodes);
  draft.nodes = triePut(draft.nodes, node.id, node, session);
  if (trieCount(draft.nodes) > countBefore) indexNode(draft, node);
}

/** Enters a node in the indexes that `draftPutNode` keeps, where the table has it already. */
export function indexNode(draft: GraphDraft, { kind, id }: GraphNode): void {
  draft.nodesByKind = indexAdd(draft.nodesByKind, kindKey(kind), id, draft.session);
}

export function draftDeleteNode(draft: GraphDraft, node: GraphNode): void {
  const { rules, sha256, session } = draft;
  draft.slots = slotNode(draft.slots, rules, node, undefined, sha256, session);
  draft.nodes = trieRemove(draft.nodes, node.id, session);
  unindexNode(draft, node);
}

/** Takes a node out of the indexes, where the table has it no more. */
export function unindexNode(draft: GraphDraft, { kind, id }: GraphNode): void {
  draft.nodesByKind = indexRemove(draft.nodesByKind, kindKey(kind), id, draft.session);
}

export function draftPutEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { rules, sha256, session } = draft;
  const countBefore = trieCount(draft.edges);
  draft.edges = triePut(draft.edges, edge.id, edge, session);
  if (trieCount(draft.edges) === countBefore) return;
  indexEdge(draft, edge);
  draft.slots = slotEdge(draft.slots, rules, edge, 'put', sha256, session);
}

/** As `indexNode`. */
export function indexEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  draft.edgesByKind = indexAdd(draft.edgesByKind, kindKey(edge.kind), edge.id, session);
  draft.edgesFrom = indexAdd(draft.edgesFrom, edge.from, edge.id, session);
  draft.edgesTo = indexAdd(draft.edgesTo, edge.to, edge.id, session);
}

export function draftDeleteEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { rules, sha256, session } = draft;
  draft.slots = slotEdge(draft.slots, rules, edge, 'deleted', sha256, session);
  draft.edges = trieRemove(draft.edges, edge.id, session);
  unindexEdge(draft, edge);
}

/** As `unindexNode`. */
export function unindexEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  draft.edgesByKind = indexRemove(draft.edgesByKind, kindKey(edge.kind), edge.id, session);
  draft.edgesFrom = indexRemove(draft.edgesFrom, edge.from, edge.id, session);
  draft.edgesTo = indexRemove(draft.edgesTo, edge.to, edge.id, session);
}
