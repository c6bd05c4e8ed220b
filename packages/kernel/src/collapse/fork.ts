/** The three graphs that a merge is of, and what becomes of what the workspace changed. */
import { isSameEdge, isSameNode, type ElementId, type GraphEdge, type GraphNode } from '../graph/element.ts';
import type { Graph } from '../graph/graph.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { trieDiff } from '../trie/diff.ts';

export interface Fork {
  /** The pack that the merged graph is to keep to: that of theirs. */
  readonly rules: RulePack;
  readonly base: Graph;
  /** The workspace's head, always: in a rebase, too. */
  readonly ours: Graph;
  /** The view that the workspace collapses into, or is rebased on. */
  readonly theirs: Graph;
}

/** Told of an element by its id, and what it was and is: never absent in both. */
export type VisitChange<Element> = (id: ElementId, before: Element | undefined, after: Element | undefined) => void;

/** Visits what the workspace changed, nodes before edges, each by id. O(changes · log n), whatever theirs has. */
export function eachChange(
  { base, ours }: Pick<Fork, 'base' | 'ours'>,
  visitNode: VisitChange<GraphNode>,
  visitEdge: VisitChange<GraphEdge>,
): void {
  const { nodes, edges } = base;
  trieDiff(nodes, ours.nodes, isSameNode, (id, before, after) => visitNode(id as ElementId, before, after)); // ids are the keys
  trieDiff(edges, ours.edges, isSameEdge, (id, before, after) => visitEdge(id as ElementId, before, after)); // likewise
}
