/**
 * Building a graph's indexes when its tables come whole, as from a checkpoint.
 *
 * An index is a function of the elements (G2), so whichever way it is built it is the same; these ways cost O(n) for a
 * graph from nothing, and O(what differs · log n) beside one that is there.
 */
import type { Sha256 } from '../bytes/digest.ts';
import { trieDiff } from '../trie/diff.ts';
import { IdTable } from './id-table.ts';
import { beginEdits, emptyTrie, trieFromEntries } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { isSameEdge, isSameNode, type ElementId, type Kind } from './element.ts';
import {
  draftDeleteEdge,
  draftDeleteNode,
  draftGraph,
  draftPutEdge,
  draftPutNode,
  kindKey,
  sealGraph,
  type Graph,
} from './graph.ts';
import type { IdIndex, IdSet } from './id-index.ts';
import type { RulePack } from './rules/rule-pack.ts';
import { slotEdge, slotNode } from './rules/slots.ts';

export type Tables = Pick<Graph, 'nodes' | 'edges'>;

/** The graph of these tables. O(n); the ends of each edge must be nodes, or the index misses it. */
export function indexGraph({ nodes, edges }: Tables, rules: RulePack, sha256: Sha256): Graph {
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
    slots: indexSlots({ nodes, edges }, rules, sha256),
  };
}

/** The slots of these tables. O(n · log n) for those that the pack counts. */
export function indexSlots({ nodes, edges }: Tables, rules: RulePack, sha256: Sha256): IdIndex {
  const session = beginEdits();
  let slots: IdIndex = emptyTrie();
  if (rules.edges.size > 0) {
    walkAfter(edges, null, (_, edge) => {
      slots = slotEdge(slots, rules, edge, 'put', sha256, session);
    });
  }
  if (rules.nodes.size > 0) {
    walkAfter(nodes, null, (_, node) => {
      slots = slotNode(slots, rules, undefined, node, sha256, session);
    });
  }
  return slots;
}

/** A graph and the pack that it is under. */
export interface Ruled {
  readonly graph: Graph;
  readonly rules: RulePack;
}

/**
 * The same graph as `indexGraph` gives, sharing what it can with one that differs little. Under another pack than that one's
 * all slots are filled anew.
 */
export function indexGraphBeside(near: Ruled, tables: Tables, rules: RulePack, sha256: Sha256): Graph {
  const { nodes, edges } = tables;
  const draft = draftGraph(near.graph, near.rules, sha256);
  trieDiff(near.graph.nodes, nodes, isSameNode, (_, before, after) => {
    if (after !== undefined) draftPutNode(draft, after);
    else if (before !== undefined) draftDeleteNode(draft, before);
  });
  trieDiff(near.graph.edges, edges, isSameEdge, (_, before, after) => {
    if (after !== undefined) draftPutEdge(draft, after);
    else if (before !== undefined) draftDeleteEdge(draft, before);
  });
  const graph = { ...sealGraph(draft), nodes, edges };
  return near.rules.id === rules.id ? graph : { ...graph, slots: indexSlots(tables, rules, sha256) };
}

/** The walk goes by id, so each list is ascending. */
function push(lists: Map<Kind, ElementId[]>, kind: Kind, id: ElementId): void {
  const list = lists.get(kind);
  if (list === undefined) lists.set(kind, [id]);
  else list.push(id);
}

function indexByKind(lists: ReadonlyMap<Kind, readonly ElementId[]>): IdIndex {
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
function indexByNode(slots: readonly ElementId[], ids: readonly ElementId[], nodes: readonly number[]): IdIndex {
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
