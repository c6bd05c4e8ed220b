/**
 * Which ranges of a footprint have moved between base and theirs (F2).
 *
 * An element costs O(log n), the whole view O(1). A range with members costs O(log n) for each member or for each change
 * since the base, whichever are fewer: so neither a long range that hardly moved nor a busy world makes it dear. The edges of
 * a node cost so once, of however many kinds they are asked for.
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
  const kindsAt = lastMovedKinds(fork);
  for (const range of ranges)
    if (hasMoved(fork, range, kindsAt, sha256)) conflicts.push(staleRead(fork, range, sha256));
  return conflicts;
}

function staleRead(fork: Fork, range: Range, sha256: Sha256): Conflict {
  if (range.range === 'node' || range.range === 'edge') {
    return elementConflict(fork, range.range, range.id, 'stale-read', {});
  }
  const nothing = { base: null, ours: null, theirs: null, fields: [], other: null, rule: null };
  return { element: 'range', id: rangeId(range, sha256), class: 'stale-read', ...nothing };
}

type NodeEdges = Extract<Range, { readonly range: 'out' | 'in' }>;

/** The kinds of a node's edges that moved; of the node that was asked for last they are known: ranges are sorted (F1). */
function lastMovedKinds(fork: Fork): (range: NodeEdges) => ReadonlySet<Kind> {
  let last: { readonly of: NodeEdges; readonly kinds: ReadonlySet<Kind> } | undefined;
  return (range) => {
    if (last?.of.range !== range.range || last.of.node !== range.node) {
      last = { of: range, kinds: movedKinds(fork, range) };
    }
    return last.kinds;
  };
}

function movedKinds(fork: Fork, { range, node }: NodeEdges): ReadonlySet<Kind> {
  const kinds = new Set<Kind>();
  const edgesAt = range === 'out' ? edgesFrom : edgesTo;
  visitMovedEdges(
    fork,
    (graph) => edgesAt(graph, node),
    (kind) => {
      kinds.add(kind);
      return false;
    },
  );
  return kinds;
}

function hasMoved(fork: Fork, range: Range, kindsAt: (range: NodeEdges) => ReadonlySet<Kind>, sha256: Sha256): boolean {
  const { base, theirs } = fork;
  switch (range.range) {
    case 'node':
    case 'edge':
      return elementValue(base, range.range, range.id) !== elementValue(theirs, range.range, range.id);
    case 'nodes':
      return haveNodesMoved(fork, (graph) => nodesOfKind(graph, range.kind));
    case 'edges':
      return haveEdgesMoved(fork, (graph) => edgesOfKind(graph, range.kind));
    case 'out':
    case 'in': {
      const kinds = kindsAt(range);
      return range.kind === null ? kinds.size > 0 : kinds.has(range.kind);
    }
    case 'slot': {
      const ids = (graph: Graph): IdSet => indexGet(graph.slots, range.slot);
      return haveNodesMoved(fork, ids) || haveEdgesMoved(fork, ids);
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

const ANY = (): boolean => true;

function haveNodesMoved({ base, theirs }: Fork, ids: (graph: Graph) => IdSet): boolean {
  return visitMoved(base.nodes, theirs.nodes, isSameNode, { before: ids(base), after: ids(theirs), visit: ANY });
}

function haveEdgesMoved(fork: Fork, ids: (graph: Graph) => IdSet): boolean {
  return visitMovedEdges(fork, ids, ANY);
}

function visitMovedEdges({ base, theirs }: Fork, ids: (graph: Graph) => IdSet, visit: Members['visit']): boolean {
  return visitMoved(base.edges, theirs.edges, isSameEdge, { before: ids(base), after: ids(theirs), visit });
}

interface Members {
  /** The ids that a range is of. */
  readonly before: IdSet;
  readonly after: IdSet;
  /** Told of each member that moved, once at least; true: that is all that is asked. */
  readonly visit: (kind: Kind) => boolean;
}

/** Whether a visit said that this is all. */
function visitMoved<Element extends { readonly kind: Kind }>(
  before: Trie<Element>,
  after: Trie<Element>,
  same: (a: Element, b: Element) => boolean,
  members: Members,
): boolean {
  const isMember = (ids: IdSet, id: Bytes, element: Element | undefined): element is Element =>
    element !== undefined && trieGet(ids, id) !== undefined;
  const visitMember = (id: Bytes, was: Element | undefined, is: Element | undefined): boolean => {
    if (isMember(members.before, id, was)) return members.visit(was.kind);
    return isMember(members.after, id, is) && members.visit(is.kind);
  };
  let left = trieCount(members.before) + trieCount(members.after);
  let isDone = false;
  const isCut = trieDiffAfter(before, after, null, {
    same,
    visit: (id, was, is) => {
      isDone = visitMember(id, was, is);
      return isDone || left-- === 0;
    },
  });
  if (isDone || !isCut) return isDone;
  // There are more changes than members: look at those.
  const visitDiffering = (_: Bytes, id: ElementId): boolean => {
    const [was, is] = [trieGet(before, id), trieGet(after, id)];
    const isSame = was !== undefined && is !== undefined && same(was, is);
    return !isSame && visitMember(id, was, is);
  };
  return walkAfter(members.before, null, visitDiffering) || walkAfter(members.after, null, visitDiffering);
}
