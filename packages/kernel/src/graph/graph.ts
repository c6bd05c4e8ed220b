/**
 * The graph: nodes and edges in two hashed tries, and the indexes that answer questions about them.
 *
 * - G1 Every edge's two ends are nodes of the graph (checked where a rewrite or a collapse ends, not here).
 * - G2 The indexes are functions of nodes and edges; they are never hashed. They hold ids, so an element whose value
 *      changes leaves them as they are.
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
  type GraphEdge,
  type GraphNode,
  type Kind,
} from './element.ts';

/** A set of elements: ids by themselves, in their order. */
export type IdSet = Trie<ElementId>;

export interface Graph {
  readonly nodes: Trie<GraphNode>;
  readonly edges: Trie<GraphEdge>;
  /** Ids by kind (`kindKey`). */
  readonly nodesByKind: Trie<IdSet>;
  readonly edgesByKind: Trie<IdSet>;
  /** Ids by the node that the edges leave. */
  readonly edgesFrom: Trie<IdSet>;
  /** Ids by the node that the edges reach. */
  readonly edgesTo: Trie<IdSet>;
}

/** A graph in the hands of one edit session. */
export type GraphDraft = { -readonly [Table in keyof Graph]: Graph[Table] } & { readonly session: EditSession };

const NO_IDS: IdSet = emptyTrie();

export const EMPTY_GRAPH: Graph = {
  nodes: emptyTrie(),
  edges: emptyTrie(),
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

export function nodesOfKind(graph: Graph, kind: Kind): IdSet {
  return trieGet(graph.nodesByKind, kindKey(kind)) ?? NO_IDS;
}

export function edgesOfKind(graph: Graph, kind: Kind): IdSet {
  return trieGet(graph.edgesByKind, kindKey(kind)) ?? NO_IDS;
}

export function edgesFrom(graph: Graph, node: ElementId): IdSet {
  return trieGet(graph.edgesFrom, node) ?? NO_IDS;
}

export function edgesTo(graph: Graph, node: ElementId): IdSet {
  return trieGet(graph.edgesTo, node) ?? NO_IDS;
}

export function draftGraph(graph: Graph, session: EditSession = beginEdits()): GraphDraft {
  return { ...graph, session };
}

/** The draft as a graph; the session must make no further edit. */
export function sealGraph(draft: GraphDraft): Graph {
  const { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to } = draft;
  return { nodes, edges, nodesByKind, edgesByKind, edgesFrom: from, edgesTo: to };
}

export function draftPutNode(draft: GraphDraft, node: GraphNode): void {
  const { session } = draft;
  const countBefore = trieCount(draft.nodes);
  draft.nodes = triePut(draft.nodes, node.id, node, session);
  if (trieCount(draft.nodes) === countBefore) return;
  draft.nodesByKind = indexAdd(draft.nodesByKind, kindKey(node.kind), node.id, session);
}

export function draftDeleteNode(draft: GraphDraft, node: GraphNode): void {
  const { session } = draft;
  draft.nodes = trieRemove(draft.nodes, node.id, session);
  draft.nodesByKind = indexRemove(draft.nodesByKind, kindKey(node.kind), node.id, session);
}

export function draftPutEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  const countBefore = trieCount(draft.edges);
  draft.edges = triePut(draft.edges, edge.id, edge, session);
  if (trieCount(draft.edges) === countBefore) return;
  draft.edgesByKind = indexAdd(draft.edgesByKind, kindKey(edge.kind), edge.id, session);
  draft.edgesFrom = indexAdd(draft.edgesFrom, edge.from, edge.id, session);
  draft.edgesTo = indexAdd(draft.edgesTo, edge.to, edge.id, session);
}

export function draftDeleteEdge(draft: GraphDraft, edge: GraphEdge): void {
  const { session } = draft;
  draft.edges = trieRemove(draft.edges, edge.id, session);
  draft.edgesByKind = indexRemove(draft.edgesByKind, kindKey(edge.kind), edge.id, session);
  draft.edgesFrom = indexRemove(draft.edgesFrom, edge.from, edge.id, session);
  draft.edgesTo = indexRemove(draft.edgesTo, edge.to, edge.id, session);
}

function indexAdd(index: Trie<IdSet>, slot: Bytes, id: ElementId, session: EditSession): Trie<IdSet> {
  const there = trieGet(index, slot);
  const ids = triePut(there ?? NO_IDS, id, id, session);
  // A set that the session owns was changed where it stands.
  return ids === there ? index : triePut(index, slot, ids, session);
}

/** An index keeps no empty slot, so that it is a function of the elements alone (G2). */
function indexRemove(index: Trie<IdSet>, slot: Bytes, id: ElementId, session: EditSession): Trie<IdSet> {
  const ids = trieRemove(trieGet(index, slot) ?? NO_IDS, id, session);
  return trieCount(ids) === 0 ? trieRemove(index, slot, session) : triePut(index, slot, ids, session);
}
