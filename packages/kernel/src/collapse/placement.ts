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
import { trieForkDiff, type ForkChange } from '../trie/fork-diff.ts';
import { trieGet } from '../trie/trie.ts';
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

/** What the workspace changed, each element beside the one of theirs. */
export interface ForkChanges {
  readonly nodes: readonly ForkChange<GraphNode>[];
  readonly edges: readonly ForkChange<GraphEdge>[];
}

/**
 * Whether the parts of the tables that theirs left as they were in base are taken over from ours, their indexes apart. Only
 * where each of these elements is to be as in ours, and no rule counts them.
 */
export type TakeOver = 'take-over' | 'place-each';

/** What the workspace changed. O(own changes · log n). */
export function beginPlacing({ draft }: Placement, { base, ours, theirs }: Fork, takeOver: TakeOver): ForkChanges {
  const session = takeOver === 'take-over' ? draft.session : null;
  const nodes = trieForkDiff({ base: base.nodes, ours: ours.nodes, theirs: theirs.nodes }, isSameNode, session);
  const edges = trieForkDiff({ base: base.edges, ours: ours.edges, theirs: theirs.edges }, isSameEdge, session);
  draft.nodes = nodes.merged;
  draft.edges = edges.merged;
  return { nodes: nodes.changes, edges: edges.changes };
}

/** What theirs has in the place of an element, and whether the merged one was taken over into it already. */
export type Place<Element> = Pick<ForkChange<Element>, 'there' | 'isTaken'>;

export function placeNode(
  placement: Placement,
  { there, isTaken }: Place<GraphNode>,
  merged: GraphNode | undefined,
): void {
  const { draft } = placement;
  if (merged !== undefined) {
    if (isSameNode(merged, there)) return;
    if (!isTaken) draftPutNode(draft, merged);
    else if (there === undefined) indexNode(draft, merged);
    placement.touched?.nodes.push(merged.id);
  } else if (there !== undefined) {
    if (!isTaken) draftDeleteNode(draft, there);
    else unindexNode(draft, there);
    placement.deletedNodes.push(there.id);
  }
}

export function placeEdge(
  placement: Placement,
  { there, isTaken }: Place<GraphEdge>,
  merged: GraphEdge | undefined,
): void {
  const { draft } = placement;
  if (merged !== undefined) {
    if (isSameEdge(merged, there)) return;
    if (!isTaken) draftPutEdge(draft, merged);
    else if (there === undefined) indexEdge(draft, merged);
    placement.touched?.edges.push(merged.id);
    if (there === undefined) placement.addedEdges.push(merged);
  } else if (there !== undefined) {
    if (!isTaken) draftDeleteEdge(draft, there);
    else unindexEdge(draft, there);
    placement.touched?.nodes.push(there.from);
  }
}

/** Puts an element that the workspace did not change as it is there. */
export function placeOurs(placement: Placement, { ours, theirs }: Fork, element: ElementType, id: ElementId): void {
  switch (element) {
    case 'node':
      return placeNode(placement, { there: trieGet(theirs.nodes, id), isTaken: false }, trieGet(ours.nodes, id));
    case 'edge':
      return placeEdge(placement, { there: trieGet(theirs.edges, id), isTaken: false }, trieGet(ours.edges, id));
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
