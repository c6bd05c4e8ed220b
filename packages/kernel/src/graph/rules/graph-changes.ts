/** What differs between two graphs. O(what differs · log n). */
import { trieDiff } from '../../trie/diff.ts';
import { isSameEdge, isSameNode, type GraphEdge, type GraphNode } from '../element.ts';
import type { Graph } from '../graph.ts';

/** Undefined where a graph has no such element; never on both sides. */
export interface ElementChange<Element> {
  readonly before: Element | undefined;
  readonly after: Element | undefined;
}

/** Each by id. */
export interface GraphChanges {
  readonly nodes: readonly ElementChange<GraphNode>[];
  readonly edges: readonly ElementChange<GraphEdge>[];
}

export function graphChanges(before: Graph, after: Graph): GraphChanges {
  const edges: ElementChange<GraphEdge>[] = [];
  const nodes: ElementChange<GraphNode>[] = [];
  trieDiff(before.edges, after.edges, isSameEdge, (_, was, is) => void edges.push({ before: was, after: is }));
  trieDiff(before.nodes, after.nodes, isSameNode, (_, was, is) => void nodes.push({ before: was, after: is }));
  return { nodes, edges };
}
