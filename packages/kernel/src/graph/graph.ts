/**
 * The graph: nodes and edges in two hashed tries, and the indexes that answer questions about them.
 *
 * - G1 Every edge's two ends are nodes of the graph (checked where a rewrite or a collapse ends, not here).
 * - G2 The indexes are functions of nodes and edges; they are never hashed.
 *
 * A graph is an immutable value. A draft is a graph being edited by one session; it costs a pointer to begin and to
 * drop, and one path a trie to change.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { trieDigest } from '../trie/digest.ts';
import { beginEdits, emptyTrie, trieCount, trieGet, triePut, trieRemove, type EditSession, type Trie } from '../trie/trie.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type GraphEdge, type GraphNode, type Kind } from './element.ts';

export interface Graph {
  readonly nodes: Trie<GraphNode>;
  readonly edges: Trie<GraphEdge>;
  /** By kind (`kindKey`), then by id. */
  readonly nodesByKind: Trie<Trie<GraphNode>>;
  readonly edgesByKind: Trie<Trie<GraphEdge>>;
  /** By the node they leave, then by edge id. */
  readonly edgesFrom: Trie<Trie<GraphEdge>>;
  /** By the node they reach, then by edge id. */
  readonly edgesTo: Trie<Trie<GraphEdge>>;
}

/** A graph in the hands of one edit session. */
export type GraphDraft = { -readonly [Table in keyof Graph]: Graph[Table] } & { readonly session: EditSession };

const NO_NODES: Trie<GraphNode> = emptyTrie();
const NO_EDGES: Trie<GraphEdge> = emptyTrie();

export const EMPTY_GRAPH: Graph = {
  nodes: NO_NODES,
  edges: NO_EDGES,
  nodesByKind: emptyTrie(),
  edgesByKind: emptyTrie(),
  edgesFrom: emptyTrie(),
  edgesTo: emptyTrie(),
};

const KIND_KEY_SIZE = 128;

/** A kind as a key of fixed width: padded with zeros, which no kind holds, so key order is kind order. */
export function kindKey(kind: Kind): Bytes {
  return kind.padEnd(KIND_KEY_SIZE, '\0') as Bytes; // kinds are ASCII
}

/** `H("graph")` over `nodesRoot ‖ edgesRoot ‖ rulePackId`. */
export function graphDigest(graph: Graph, rulePackId: Digest, sha256: Sha256): Digest {
  const nodesRoot = trieDigest(graph.nodes, nodeValueDigest, sha256);
  const edgesRoot = trieDigest(graph.edges, edgeValueDigest, sha256);
  return taggedHash('graph', nodesRoot + edgesRoot + rulePackId, sha256);
}

export function nodesOfKind(graph: Graph, kind: Kind): Trie<GraphNode> {
  return trieGet(graph.nodesByKind, kindKey(kind)) ?? NO_NODES;
}

export function edgesOfKind(graph: Graph, kind: Kind): Trie<GraphEdge> {
  return trieGet(graph.edgesByKind, kindKey(kind)) ?? NO_EDGES;
}

export function edgesFrom(graph: Graph, node: ElementId): Trie<GraphEdge> {
  return trieGet(graph.edgesFrom, node) ?? NO_EDGES;
}

export function edgesTo(graph: Graph, node: ElementId): Trie<GraphEdge> {
  return trieGet(graph.edgesTo, node) ?? NO_EDGES;
}

export function draftGraph(graph: Graph): GraphDraft {
  return { ...graph, session: beginEdits() };
}

/** The draft as a graph; the session must make no further edit. */
export function sealGraph(draft: GraphDraft): Graph {
  const { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to } = draft;
  return { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to };
}

export function draftPutNode(draft: GraphDraft, node: GraphNode): void {
  const { session } = draft;
  draft.nodes = triePut(draft.nodes, node.id, node, session);
  draft.nodesByKind = indexPut(draft.nodesByKind, kindKey(node.kind), node.id, node, session);
}

export function draftDeleteNode(draft: GraphDraft, node: GraphNode): void {
  const { session } = draft;
  draft.nodes = trieRemove(draft.nodes, node.id, session);
  draft.nodesByKind = indexRemove(draft.nodesByKind, kindKey(node.kind), node.id, session);
}

export function draftPutEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  draft.edges = triePut(draft.edges, edge.id, edge, session);
  draft.edgesByKind = indexPut(draft.edgesByKind, kindKey(edge.kind), edge.id, edge, session);
  draft.edgesFrom = indexPut(draft.edgesFrom, edge.from, edge.id, edge, session);
  draft.edgesTo = indexPut(draft.edgesTo, edge.to, edge.id, edge, session);
}

export function draftDeleteEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  draft.edges = trieRemove(draft.edges, edge.id, session);
  draft.edgesByKind = indexRemove(draft.edgesByKind, kindKey(edge.kind), edge.id, session);
  draft.edgesFrom = indexRemove(draft.edgesFrom, edge.from, edge.id, session);
  draft.edgesTo = indexRemove(draft.edgesTo, edge.to, edge.id, session);
}

function indexPut<V>(index: Trie<Trie<V>>, slot: Bytes, id: ElementId, value: V, session: EditSession): Trie<Trie<V>> {
  const members = trieGet(index, slot) ?? emptyTrie<V>();
  return triePut(index, slot, triePut(members, id, value, session), session);
}

/** An index keeps no empty slot, so that it is a function of the elements alone (G2). */
function indexRemove<V>(index: Trie<Trie<V>>, slot: Bytes, id: ElementId, session: EditSession): Trie<Trie<V>> {
  const members = trieRemove(trieGet(index, slot) ?? emptyTrie<V>(), id, session);
  return trieCount(members) === 0 ? trieRemove(index, slot, session) : triePut(index, slot, members, session);
}
