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
  /** What ours has changed, where that is known already (`changesOf`): it is not looked for again. */
  readonly changes?: Changes;
}

/** What a workspace has changed, each by id. */
export interface Changes {
  readonly nodes: readonly Parameters<VisitChange<GraphNode>>[];
  readonly edges: readonly Parameters<VisitChange<GraphEdge>>[];
}

/** Told of an element by its id, and what it was and is: never absent in both. */
export type VisitChange<Element> = (id: ElementId, before: Element | undefined, after: Element | undefined) => void;

/** Visits what the workspace changed, nodes before edges, each by id. O(changes · log n), whatever theirs has. */
export function eachChange(
  { base, ours, changes }: Pick<Fork, 'base' | 'ours' | 'changes'>,
  visitNode: VisitChange<GraphNode>,
  visitEdge: VisitChange<GraphEdge>,
): void {
  if (changes !== undefined) {
    for (const change of changes.nodes) visitNode(...change);
    for (const change of changes.edges) visitEdge(...change);
    return;
  }
  const { nodes, edges } = base;
  trieDiff(nodes, ours.nodes, isSameNode, (id, before, after) => visitNode(id as ElementId, before, after)); // ids are the keys
  trieDiff(edges, ours.edges, isSameEdge, (id, before, after) => visitEdge(id as ElementId, before, after)); // likewise
}

/** For whoever visits them more than once. */
export function changesOf(fork: Pick<Fork, 'base' | 'ours'>): Changes {
  const nodes: Parameters<VisitChange<GraphNode>>[] = [];
  const edges: Parameters<VisitChange<GraphEdge>>[] = [];
  eachChange(
    fork,
    (...change) => void nodes.push(change),
    (...change) => void edges.push(change),
  );
  return { nodes, edges };
}
