/**
 * Merging a workspace's changes onto a System that has moved: conflicts are values, found and sorted, never thrown.
 *
 * - M1 Only base → head is walked: O(own changes · log n), whatever happened to System since the fork.
 * - M2 An element conflicts if System's value is neither the base's nor ours; equal results are no conflict, a
 *      deletion on both sides included.
 * - M3 What we write must stand in the merged graph: both ends of each edge, and no edge of theirs on a node we delete.
 *
 * *Ours* is always the workspace, *theirs* always System.
 */
import type { Digest } from '../bytes/digest.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type GraphEdge, type GraphNode } from '../graph/element.ts';
import {
  draftDeleteEdge,
  draftDeleteNode,
  draftGraph,
  draftPutEdge,
  draftPutNode,
  edgesFrom,
  edgesTo,
  sealGraph,
  type Graph,
} from '../graph/graph.ts';
import { trieDiff } from '../trie/diff.ts';
import { trieGet, type Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';

export type ConflictClass = 'both-changed' | 'changed-and-deleted' | 'dangling';

export interface Conflict {
  readonly element: 'node' | 'edge';
  readonly id: ElementId;
  readonly class: ConflictClass;
  /** Value digests; null where the side has no such element. */
  readonly base: Digest | null;
  readonly ours: Digest | null;
  readonly theirs: Digest | null;
}

export interface Fork {
  readonly base: Graph;
  readonly ours: Graph;
  readonly theirs: Graph;
}

interface Change<Element> {
  readonly id: ElementId;
  readonly before: Element | undefined;
  readonly after: Element | undefined;
}

/** What the workspace changed, in order of ids. */
interface ChangeSet {
  readonly nodes: readonly Change<GraphNode>[];
  readonly edges: readonly Change<GraphEdge>[];
}

export type MergeResult =
  | { readonly merged: true; readonly graph: Graph }
  | { readonly merged: false; readonly conflicts: readonly Conflict[] };

/** The policy `fail-fast`: everything ours on theirs, or every reason why not. */
export function mergeFailFast(fork: Fork): MergeResult {
  const changes = changesOf(fork);
  const conflicts = [
    ...changes.nodes.flatMap((change) => changeConflict('node', change, fork.theirs.nodes, nodeValueDigest)),
    ...changes.edges.flatMap((change) => changeConflict('edge', change, fork.theirs.edges, edgeValueDigest)),
    ...danglingConflicts(fork, changes),
  ];
  if (conflicts.length > 0) return { merged: false, conflicts: distinctSorted(conflicts) };
  return { merged: true, graph: applyChanges(fork.theirs, changes) };
}

/** Puts the workspace's changes onto System, unasked: how a merged collapse is replayed. */
export function mergeForced(fork: Fork): Graph {
  return applyChanges(fork.theirs, changesOf(fork));
}

function changesOf(fork: Fork): ChangeSet {
  return {
    nodes: changedElements(fork.base.nodes, fork.ours.nodes, nodeValueDigest),
    edges: changedElements(fork.base.edges, fork.ours.edges, edgeValueDigest),
  };
}

function changedElements<Element>(
  base: Trie<Element>,
  ours: Trie<Element>,
  valueDigest: (element: Element) => Digest,
): Change<Element>[] {
  const changes: Change<Element>[] = [];
  const same = (a: Element, b: Element): boolean => valueDigest(a) === valueDigest(b);
  trieDiff(base, ours, same, (key, before, after) => changes.push({ id: key as ElementId, before, after })); // ids are the keys
  return changes;
}

function changeConflict<Element>(
  element: Conflict['element'],
  change: Change<Element>,
  theirElements: Trie<Element>,
  valueDigest: (element: Element) => Digest,
): Conflict[] {
  const digestOf = (value: Element | undefined): Digest | null => (value === undefined ? null : valueDigest(value));
  const base = digestOf(change.before);
  const ours = digestOf(change.after);
  const theirs = digestOf(trieGet(theirElements, change.id));
  if (theirs === base || theirs === ours) return [];
  const conflictClass = ours === null || theirs === null ? 'changed-and-deleted' : 'both-changed';
  return [{ element, id: change.id, class: conflictClass, base, ours, theirs }];
}

function danglingConflicts(fork: Fork, changes: ChangeSet): Conflict[] {
  const conflicts: Conflict[] = [];
  const nodeById = new Map(changes.nodes.map((change) => [change.id, change]));
  const edgeById = new Map(changes.edges.map((change) => [change.id, change]));
  const nodeStands = (id: ElementId): boolean => {
    const change = nodeById.get(id);
    return change === undefined ? trieGet(fork.theirs.nodes, id) !== undefined : change.after !== undefined;
  };
  const dangling = (id: ElementId): void => {
    const digestOf = (edge: GraphEdge | undefined): Digest | null => edge?.valueDigest ?? null;
    const base = digestOf(trieGet(fork.base.edges, id));
    const ours = digestOf(trieGet(fork.ours.edges, id));
    conflicts.push({
      element: 'edge',
      id,
      class: 'dangling',
      base,
      ours,
      theirs: digestOf(trieGet(fork.theirs.edges, id)),
    });
  };
  for (const { id, after } of changes.edges) {
    if (after !== undefined && !(nodeStands(after.from) && nodeStands(after.to))) dangling(id);
  }
  for (const { id, after } of changes.nodes) {
    if (after !== undefined) continue;
    for (const edgeIds of [edgesFrom(fork.theirs, id), edgesTo(fork.theirs, id)]) {
      walkAfter(edgeIds, null, (_, edgeId) => {
        const change = edgeById.get(edgeId);
        if (change === undefined || change.after !== undefined) dangling(edgeId);
      });
    }
  }
  return conflicts;
}

/** Nodes before edges, each by id, then by class; an edge that dangles at both ends is told once. */
function distinctSorted(conflicts: readonly Conflict[]): Conflict[] {
  const rank = (conflict: Conflict): string =>
    `${conflict.element === 'node' ? '0' : '1'}${conflict.id}${conflict.class}`;
  const byRank = new Map(conflicts.map((conflict) => [rank(conflict), conflict]));
  return [...byRank].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, conflict]) => conflict);
}

function applyChanges(theirs: Graph, changes: ChangeSet): Graph {
  const draft = draftGraph(theirs);
  for (const { id, after } of changes.edges) {
    const there = trieGet(draft.edges, id);
    if (after !== undefined) draftPutEdge(draft, after);
    else if (there !== undefined) draftDeleteEdge(draft, there);
  }
  for (const { id, after } of changes.nodes) {
    const there = trieGet(draft.nodes, id);
    if (after !== undefined) draftPutNode(draft, after);
    else if (there !== undefined) draftDeleteNode(draft, there);
  }
  return sealGraph(draft);
}
