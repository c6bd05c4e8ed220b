/**
 * What can be reached from a node along edges: each node once, by the least number of them.
 *
 * Nodes come in order of their distance, those of one distance in order of their ids; of several edges that lead to a node
 * from one distance below, it is the first of the first such node. The walk looks at `SCAN_MAX` edges at most, and says where
 * that was not all.
 */
import type { ElementId, GraphEdge, GraphNode, Kind } from '../graph/element.ts';
import { edgesFrom, edgesTo, type Graph } from '../graph/graph.ts';
import { trieGet } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { SCAN_MAX } from './page.ts';

export interface ReachRequest {
  readonly start: ElementId;
  /** Along edges as they point, against them, or both. */
  readonly direction: 'out' | 'in' | 'both';
  /** Of edges; null: any. */
  readonly kinds: readonly Kind[] | null;
  /** Edges that may lie between, at least 1. */
  readonly depth: number;
}

export interface Reached {
  readonly node: GraphNode;
  readonly distance: number;
  /** The edge that led to it. */
  readonly edge: GraphEdge;
}

export interface Reach {
  /** Without the start. */
  readonly reached: readonly Reached[];
  /** Nodes whose edges were looked at. */
  readonly expanded: readonly ElementId[];
  /** False: there is more than could be looked at. */
  readonly isWhole: boolean;
  /** Edges looked at. */
  readonly scanned: number;
}

export function reachFrom(graph: Graph, { start, direction, kinds, depth }: ReachRequest): Reach {
  const wanted = kinds === null ? null : new Set(kinds);
  const sides = [
    { isTaken: direction !== 'in', edgesOf: edgesFrom, endOf: ({ to }: GraphEdge) => to },
    { isTaken: direction !== 'out', edgesOf: edgesTo, endOf: ({ from }: GraphEdge) => from },
  ].filter(({ isTaken }) => isTaken);
  const seen = new Set([start]);
  const reached: Reached[] = [];
  const expanded: ElementId[] = [];
  let scanned = 0;
  let level: readonly ElementId[] = [start];
  for (let distance = 1; distance <= depth && level.length > 0; distance++) {
    const next: Reached[] = [];
    for (const id of level) {
      expanded.push(id);
      for (const { edgesOf, endOf } of sides) {
        const isCut = walkAfter(edgesOf(graph, id), null, (edgeId) => {
          if (scanned === SCAN_MAX) return true;
          scanned += 1;
          const edge = trieGet(graph.edges, edgeId)!; // an index holds only what is there (G2)
          if (wanted !== null && !wanted.has(edge.kind)) return false;
          const end = endOf(edge);
          if (seen.has(end)) return false;
          seen.add(end);
          next.push({ node: trieGet(graph.nodes, end)!, distance, edge }); // an edge has both ends (G1)
          return false;
        });
        if (isCut) return { reached: [...reached, ...inOrder(next)], expanded, isWhole: false, scanned };
      }
    }
    reached.push(...inOrder(next));
    level = reached.slice(reached.length - next.length).map(({ node }) => node.id);
  }
  return { reached, expanded, isWhole: true, scanned };
}

function inOrder(level: readonly Reached[]): readonly Reached[] {
  return level.toSorted((a, b) => (a.node.id < b.node.id ? -1 : 1));
}
