/**
 * Which ranges of a footprint have moved between base and theirs (F2).
 *
 * An element costs O(log n), the whole view O(1). A range with members costs O(log n) for each member or for each change
 * since the base, whichever are fewer: so neither a long range that hardly moved nor a busy world makes it dear.
 */
import { unreachable } from '../assert.ts';
import type { Sha256 } from '../bytes/digest.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import {
  isSameEdge,
  isSameNode,
  edgeValueDigest,
  nodeValueDigest,
  type ElementId,
  type Kind,
} from '../graph/element.ts';
import { edgesFrom, edgesOfKind, edgesTo, elementValue, nodesOfKind, type Graph } from '../graph/graph.ts';
import { indexGet, type IdSet } from '../graph/id-index.ts';
import { trieDigest } from '../trie/digest.ts';
import { trieDiffAfter } from '../trie/diff.ts';
import { trieCount, trieGet, type Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { elementConflict, type Conflict } from './conflict.ts';
import { rangeId, type Range } from './footprint.ts';
import type { Fork } from './fork.ts';

export function staleReads(fork: Fork, ranges: readonly Range[], sha256: Sha256): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const range of ranges) if (hasMoved(fork, range, sha256)) conflicts.push(staleRead(fork, range, sha256));
  return conflicts;
}

function staleRead(fork: Fork, range: Range, sha256: Sha256): Conflict {
  if (range.range === 'node' || range.range === 'edge') {
    return elementConflict(fork, range.range, range.id, 'stale-read', {});
  }
  const nothing = { base: null, ours: null, theirs: null, fields: [], other: null, rule: null };
  return { element: 'range', id: rangeId(range, sha256), class: 'stale-read', ...nothing };
}

function hasMoved(fork: Fork, range: Range, sha256: Sha256): boolean {
  const { base, theirs } = fork;
  switch (range.range) {
    case 'node':
    case 'edge':
      return elementValue(base, range.range, range.id) !== elementValue(theirs, range.range, range.id);
    case 'nodes':
      return haveNodesMoved(fork, (graph) => nodesOfKind(graph, range.kind));
    case 'edges':
      return haveEdgesMoved(fork, (graph) => edgesOfKind(graph, range.kind), null);
    case 'out':
      return haveEdgesMoved(fork, (graph) => edgesFrom(graph, range.node), range.kind);
    case 'in':
      return haveEdgesMoved(fork, (graph) => edgesTo(graph, range.node), range.kind);
    case 'slot': {
      const ids = (graph: Graph): IdSet => indexGet(graph.slots, range.slot);
      return haveNodesMoved(fork, ids) || haveEdgesMoved(fork, ids, null);
    }
    case 'view':
      return rootsOf(base, sha256) !== rootsOf(theirs, sha256);
    default:
      return unreachable(range);
  }
}

function rootsOf({ nodes, edges }: Graph, sha256: Sha256): string {
  return trieDigest(nodes, nodeValueDigest, sha256) + trieDigest(edges, edgeValueDigest, sha256);
}

function haveNodesMoved({ base, theirs }: Fork, ids: (graph: Graph) => IdSet): boolean {
  return haveMembersMoved(base.nodes, theirs.nodes, isSameNode, { before: ids(base), after: ids(theirs), kind: null });
}

function haveEdgesMoved({ base, theirs }: Fork, ids: (graph: Graph) => IdSet, kind: Kind | null): boolean {
  return haveMembersMoved(base.edges, theirs.edges, isSameEdge, { before: ids(base), after: ids(theirs), kind });
}

/** The ids that a range is of, before and after; of one kind, if it is said. */
interface Members {
  readonly before: IdSet;
  readonly after: IdSet;
  readonly kind: Kind | null;
}

/** Stops at the first element of the range that differs. */
function haveMembersMoved<Element extends { readonly kind: Kind }>(
  before: Trie<Element>,
  after: Trie<Element>,
  same: (a: Element, b: Element) => boolean,
  members: Members,
): boolean {
  const isMember = (ids: IdSet, id: Bytes, element: Element | undefined): boolean =>
    element !== undefined && (members.kind === null || element.kind === members.kind) && trieGet(ids, id) !== undefined;
  const concerns = (id: Bytes, was: Element | undefined, is: Element | undefined): boolean =>
    isMember(members.before, id, was) || isMember(members.after, id, is);
  let left = trieCount(members.before) + trieCount(members.after);
  let moved = false;
  const isCut = trieDiffAfter(before, after, null, {
    same,
    visit: (id, was, is) => {
      moved = concerns(id, was, is);
      return moved || left-- === 0;
    },
  });
  if (moved || !isCut) return moved;
  // There are more changes than members: look at those.
  const differs = (_: Bytes, id: ElementId): boolean => {
    const [was, is] = [trieGet(before, id), trieGet(after, id)];
    const isSame = was !== undefined && is !== undefined && same(was, is);
    return !isSame && concerns(id, was, is);
  };
  return walkAfter(members.before, null, differs) || walkAfter(members.after, null, differs);
}
