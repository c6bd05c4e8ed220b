/**
 * Putting merged elements in the place of theirs, and finding the edges that this leaves without an end.
 *
 * Theirs is whole, so an edge can have lost an end in two ways only: theirs has not the edge, or had the end.
 */
import { unreachable } from '../assert.ts';
import {
  isSameEdge,
  isSameNode,
  type ElementId,
  type ElementType,
  type GraphEdge,
  type GraphNode,
} from '../graph/element.ts';
import {
  draftDeleteEdge,
  draftDeleteNode,
  draftPutEdge,
  draftPutNode,
  indexEdge,
  indexNode,
  unindexEdge,
  unindexNode,
  edgesFrom,
  edgesTo,
  type GraphDraft,
} from '../graph/graph.ts';
import { trieGet, trieTakeOver } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import type { Fork } from './fork.ts';

/** A merged graph under construction, and where it could have lost an end. */
export interface Placement {
  readonly draft: GraphDraft;
  /** Edges that theirs has not. */
  readonly addedEdges: GraphEdge[];
  /** Nodes of theirs that the merged graph has not. */
  readonly deletedNodes: ElementId[];
  /** What the rule pack is to be asked about; null if it allows everything. */
  readonly touched: { readonly nodes: ElementId[]; readonly edges: ElementId[] } | null;
}

/**
 * Takes over the parts of the tables that theirs left as they were in base, their indexes apart: placing what ours changed
 * there then finds it in its place. Only where each of these elements is to be as in ours, and no rule counts them.
 */
export function takeOver({ draft }: Placement, { base, ours, theirs }: Fork): void {
  draft.nodes = trieTakeOver(base.nodes, ours.nodes, theirs.nodes, draft.session);
  draft.edges = trieTakeOver(base.edges, ours.edges, theirs.edges, draft.session);
}

export function placeNode(placement: Placement, theirs: GraphNode | undefined, merged: GraphNode | undefined): void {
  const { draft } = placement;
  if (merged !== undefined) {
    if (isSameNode(merged, theirs)) return;
    if (trieGet(draft.nodes, merged.id) !== merged) draftPutNode(draft, merged);
    else if (theirs === undefined) indexNode(draft, merged);
    placement.touched?.nodes.push(merged.id);
  } else if (theirs !== undefined) {
    if (trieGet(draft.nodes, theirs.id) !== undefined) draftDeleteNode(draft, theirs);
    else unindexNode(draft, theirs);
    placement.deletedNodes.push(theirs.id);
  }
}

export function placeEdge(placement: Placement, theirs: GraphEdge | undefined, merged: GraphEdge | undefined): void {
  const { draft } = placement;
  if (merged !== undefined) {
    if (isSameEdge(merged, theirs)) return;
    if (trieGet(draft.edges, merged.id) !== merged) draftPutEdge(draft, merged);
    else if (theirs === undefined) indexEdge(draft, merged);
    placement.touched?.edges.push(merged.id);
    if (theirs === undefined) placement.addedEdges.push(merged);
  } else if (theirs !== undefined) {
    if (trieGet(draft.edges, theirs.id) !== undefined) draftDeleteEdge(draft, theirs);
    else unindexEdge(draft, theirs);
    placement.touched?.nodes.push(theirs.from);
  }
}

/** Puts an element that the workspace did not change as it is there. */
export function placeOurs(placement: Placement, { ours, theirs }: Fork, element: ElementType, id: ElementId): void {
  switch (element) {
    case 'node':
      return placeNode(placement, trieGet(theirs.nodes, id), trieGet(ours.nodes, id));
    case 'edge':
      return placeEdge(placement, trieGet(theirs.edges, id), trieGet(ours.edges, id));
    default:
      return unreachable(element);
  }
}

/** Each edge that lacks an end, with one that it lacks. O(edges added, and edges of nodes deleted). */
export function danglingEdges({ draft, addedEdges, deletedNodes }: Placement): ReadonlyMap<ElementId, ElementId> {
  const missingEnds = new Map<ElementId, ElementId>();
  const look = ({ id, from, to }: GraphEdge): void => {
    if (trieGet(draft.nodes, to) === undefined) missingEnds.set(id, to);
    if (trieGet(draft.nodes, from) === undefined) missingEnds.set(id, from);
  };
  for (const edge of addedEdges) look(edge);
  for (const node of deletedNodes) {
    for (const edgeIds of [edgesFrom(draft, node), edgesTo(draft, node)]) {
      walkAfter(edgeIds, null, (_, id) => look(trieGet(draft.edges, id)!)); // an index holds what is there
    }
  }
  return missingEnds;
}
