/**
 * What of a graph a chain of grants lets its holder write.
 */
import {
  edgeValueDigest,
  nodeValueDigest,
  type ElementType,
  type GraphEdge,
  type GraphNode,
  type Kind,
} from '../graph/element.ts';
import type { Graph } from '../graph/graph.ts';
import { trieDiffAfter } from '../trie/diff.ts';
import { trieGet, type Trie } from '../trie/trie.ts';
import type { Grant } from './grant.ts';

/** An element that was written, and is not to be. */
export interface OutOfReach {
  readonly element: ElementType;
  readonly kind: Kind;
}

/** Whether the chain lets everything be written, so that nobody need look. */
export function reachesAll(chain: readonly Grant[]): boolean {
  return chain.every(({ kinds, keyPrefix }) => kinds === null && keyPrefix === null);
}

/** The first element, nodes before edges, by id, that differs between the graphs and is out of reach. O(changes · log n). */
export function firstOutOfReach(chain: readonly Grant[], before: Graph, after: Graph): OutOfReach | undefined {
  let found: OutOfReach | undefined;
  const look = <Element extends GraphNode | GraphEdge>(
    element: ElementType,
    [old, young]: readonly [Trie<Element>, Trie<Element>],
    isSame: (a: Element, b: Element) => boolean,
    isReached: (written: Element) => boolean,
  ): boolean =>
    trieDiffAfter(old, young, null, {
      same: isSame,
      visit: (_, was, is) => {
        const written = is ?? was!; // never both absent
        if (isReached(written)) return false;
        found = { element, kind: written.kind };
        return true;
      },
    });
  const reaches = (node: GraphNode): boolean => chain.every((grant) => reachesNode(grant, node));
  const leavesReached = (edge: GraphEdge): boolean => {
    const from = trieGet(after.nodes, edge.from) ?? trieGet(before.nodes, edge.from);
    return chain.every((grant) => hasKind(grant, edge.kind) && (from === undefined || hasPrefix(grant, from)));
  };
  const nodes = [before.nodes, after.nodes] as const;
  if (look('node', nodes, (a, b) => nodeValueDigest(a) === nodeValueDigest(b), reaches)) return found;
  const edges = [before.edges, after.edges] as const;
  look('edge', edges, (a, b) => edgeValueDigest(a) === edgeValueDigest(b), leavesReached);
  return found;
}

function reachesNode(grant: Grant, node: GraphNode): boolean {
  return hasKind(grant, node.kind) && hasPrefix(grant, node);
}

function hasKind({ kinds }: Grant, kind: Kind): boolean {
  return kinds === null || kinds.includes(kind);
}

function hasPrefix({ keyPrefix }: Grant, node: GraphNode): boolean {
  return keyPrefix === null || (node.type === 'keyed' && node.key.startsWith(keyPrefix));
}
