/**
 * Building a graph's indexes when its tables come whole, as from a checkpoint.
 *
 * An index is a function of the elements (G2), so whichever way it is built it is the same; these ways cost O(n) for a
 * graph from nothing, and O(what differs · log n) beside one that is there.
 */
import { trieDiff } from '../trie/diff.ts';
import { IdTable } from './id-table.ts';
import { trieFromEntries, type Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import {
  edgeValueDigest,
  nodeValueDigest,
  type ElementId,
  type GraphEdge,
  type GraphNode,
  type Kind,
} from './element.ts';
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
  const nodesByKind = new Map<Kind, ElementId[]>();
  const edgesByKind = new Map<Kind, ElementId[]>();
  const nodeIds = new IdTable();
  const slots: ElementId[] = [];
  walkAfter(nodes, null, (_, { id, kind }) => {
    push(nodesByKind, kind, id);
    nodeIds.add(id);
    slots.push(id);
  });
  const ids: ElementId[] = [];
  const from: number[] = [];
  const to: number[] = [];
  walkAfter(edges, null, (_, edge) => {
    push(edgesByKind, edge.kind, edge.id);
    ids.push(edge.id);
    from.push(nodeIds.numberOf(edge.from) ?? slots.length);
    to.push(nodeIds.numberOf(edge.to) ?? slots.length);
  });
  return {
    nodes,
    edges,
    nodesByKind: indexByKind(nodesByKind),
    edgesByKind: indexByKind(edgesByKind),
    edgesFrom: indexByNode(slots, ids, from),
    edgesTo: indexByNode(slots, ids, to),
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
function push(lists: Map<Kind, ElementId[]>, kind: Kind, id: ElementId): void {
  const list = lists.get(kind);
  if (list === undefined) lists.set(kind, [id]);
  else list.push(id);
}

function indexByKind(lists: ReadonlyMap<Kind, readonly ElementId[]>): Trie<IdSet> {
  const slots = [...lists]
    .map(([kind, ids]) => ({ key: kindKey(kind), ids }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return trieFromEntries(
    slots.map(({ key }) => key),
    slots.map(({ ids }) => trieFromEntries(ids, ids)),
  );
}

/**
 * The edges `ids` by their nodes: edge i is of the node whose id is `slots[nodes[i]]`, or of none past their end. Both lists
 * of ids are ascending.
 */
function indexByNode(slots: readonly ElementId[], ids: readonly ElementId[], nodes: readonly number[]): Trie<IdSet> {
  // Sorted by counting: how many edges each node has says where its edges go.
  const ends = new Int32Array(slots.length + 1);
  for (const node of nodes) ends[node]! += 1;
  for (let node = 1; node < ends.length; node++) ends[node]! += ends[node - 1]!;
  const sorted = new Array<ElementId>(ids.length);
  const starts = ends.slice();
  for (let i = ids.length - 1; i >= 0; i--) sorted[--starts[nodes[i]!]!] = ids[i]!;
  const joined: ElementId[] = [];
  const sets: IdSet[] = [];
  for (const [node, slot] of slots.entries()) {
    if (starts[node] === ends[node]) continue;
    const set = sorted.slice(starts[node], ends[node]);
    joined.push(slot);
    sets.push(trieFromEntries(set, set));
  }
  return trieFromEntries(joined, sets);
}
