/**
 * Building a graph's indexes when its tables come whole, as from a checkpoint.
 *
 * An index is a function of the elements (G2), so whichever way it is built it is the same; these ways cost O(n) for a
 * graph from nothing, and O(what differs · log n) beside one that is there.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { trieDiff } from '../trie/diff.ts';
import { trieFromEntries, type Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type GraphEdge, type GraphNode } from './element.ts';
import {
  draftDeleteEdge,
  draftDeleteNode,
  draftGraph,
  draftPutEdge,
  draftPutNode,
  kindKey,
  sealGraph,
  type Graph,
  type IdSet,
} from './graph.ts';

export type Tables = Pick<Graph, 'nodes' | 'edges'>;

/** The graph of these tables. O(n); the ends of each edge must be nodes, or the index misses it. */
export function indexGraph({ nodes, edges }: Tables): Graph {
  const nodesByKind = new Map<Bytes, ElementId[]>();
  const edgesByKind = new Map<Bytes, ElementId[]>();
  const from = new Map<Bytes, ElementId[]>();
  const to = new Map<Bytes, ElementId[]>();
  walkAfter(nodes, null, (_, node) => push(nodesByKind, node.kind, node.id));
  walkAfter(edges, null, (_, edge) => {
    push(edgesByKind, edge.kind, edge.id);
    push(from, edge.from, edge.id);
    push(to, edge.to, edge.id);
  });
  return {
    nodes,
    edges,
    nodesByKind: indexByKind(nodesByKind),
    edgesByKind: indexByKind(edgesByKind),
    edgesFrom: indexByNode(nodes, from),
    edgesTo: indexByNode(nodes, to),
  };
}

/** The same graph as `indexGraph` gives, sharing what it can with one that differs little. */
export function indexGraphBeside(near: Graph, { nodes, edges }: Tables): Graph {
  const draft = draftGraph(near);
  const sameNode = (a: GraphNode, b: GraphNode): boolean => nodeValueDigest(a) === nodeValueDigest(b);
  const sameEdge = (a: GraphEdge, b: GraphEdge): boolean => edgeValueDigest(a) === edgeValueDigest(b);
  trieDiff(near.nodes, nodes, sameNode, (_, before, after) => {
    if (after !== undefined) draftPutNode(draft, after);
    else if (before !== undefined) draftDeleteNode(draft, before);
  });
  trieDiff(near.edges, edges, sameEdge, (_, before, after) => {
    if (after !== undefined) draftPutEdge(draft, after);
    else if (before !== undefined) draftDeleteEdge(draft, before);
  });
  return { ...sealGraph(draft), nodes, edges };
}

/** The walk goes by id, so each list is ascending. */
function push(lists: Map<string, ElementId[]>, slot: string, id: ElementId): void {
  const list = lists.get(slot);
  if (list === undefined) lists.set(slot, [id]);
  else list.push(id);
}

function indexByKind(lists: ReadonlyMap<string, readonly ElementId[]>): Trie<IdSet> {
  const slots = [...lists]
    .map(([kind, ids]) => ({ key: kindKey(kind), ids }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return trieFromEntries(
    slots.map(({ key }) => key),
    slots.map(({ ids }) => trieFromEntries(ids, ids)),
  );
}

/** In the order of the nodes, whose ids are the slots. */
function indexByNode(nodes: Trie<GraphNode>, lists: ReadonlyMap<string, readonly ElementId[]>): Trie<IdSet> {
  const slots: ElementId[] = [];
  const sets: IdSet[] = [];
  walkAfter(nodes, null, (_, { id }) => {
    const ids = lists.get(id);
    if (ids === undefined) return;
    slots.push(id);
    sets.push(trieFromEntries(ids, ids));
  });
  return trieFromEntries(slots, sets);
}
