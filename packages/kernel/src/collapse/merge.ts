/**
 * The merge: a workspace's changes put onto a view that has moved, under a policy. Conflicts are values.
 *
 * - M1 Only base → ours is walked: O(own changes · log n), whatever happened to theirs since the fork.
 * - M2 An element that theirs left as it was in base becomes ours, so that a merge onto what has not moved gives ours.
 * - M3 The merged graph is whole under every policy: each edge has both its ends, and the rule pack is kept.
 * - M4 A merge is what its resolutions make of its fork (`applyMerge`), which decides nothing.
 *
 * *Ours* is always the workspace, *theirs* the view that it collapses into or is rebased on. An element in conflict stands
 * as in ours while integrity is judged; that shapes the report alone.
 */
import type { Sha256 } from '../bytes/digest.ts';
import {
  isSameEdge,
  isSameNode,
  keyedNode,
  type ElementId,
  type ElementType,
  type ElementValue,
  type Field,
  type GraphEdge,
  type GraphNode,
  type KeyedNode,
  type Kind,
} from '../graph/element.ts';
import { draftGraph, elementValue, sealGraph, type Graph } from '../graph/graph.ts';
import type { IdIndex } from '../graph/id-index.ts';
import type { FieldPatch } from '../graph/op.ts';
import { brokenRules } from '../graph/rules/check.ts';
import { allowsEverything, deletionRuleOf, mergeRuleOf, type MergeRule } from '../graph/rules/rule-pack.ts';
import type { ForkChange } from '../trie/fork-diff.ts';
import type { Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import {
  compareConflicts,
  elementConflict,
  ruleConflict,
  type Conflict,
  type ConflictClass,
  type ConflictDetail,
} from './conflict.ts';
import { fieldsInConflict, mergeFields, patchMergedFields } from './field-merge.ts';
import type { Footprint } from './footprint.ts';
import type { Fork } from './fork.ts';
import {
  beginPlacing,
  danglingEdges,
  placeEdge,
  placeNode,
  placeOurs,
  type ForkChanges,
  type Placement,
} from './placement.ts';
import type { Policy, Side } from './policy.ts';
import type { Resolution } from './resolution.ts';
import { staleReads } from './stale-reads.ts';

export interface MergeTerms {
  readonly policy: Policy;
  /** What the workspace's ops expected of elements that were as in base, by id. */
  readonly expected: Trie<ElementValue>;
  /** What the workspace has read; null if that is not asked for. */
  readonly footprint: Footprint | null;
  /** Elements whose side was chosen by hand, whatever the policy. */
  readonly choices: ReadonlyMap<ElementId, Side>;
}

export const NO_CHOICES: MergeTerms['choices'] = new Map();

export interface Merge {
  /** Null if there are conflicts. */
  readonly graph: Graph | null;
  /** Sorted; all of them. */
  readonly conflicts: readonly Conflict[];
  /** In their order (`resolution.ts`); none if there are conflicts. */
  readonly resolutions: readonly Resolution[];
  readonly changed: ChangeCounts;
  /** What the workspace changed, element by element. */
  readonly changes: ForkChanges;
  /** The index of slots as the merge left it: what it has otherwise than theirs, the merge has looked at. */
  readonly slots: IdIndex;
}

/** How many elements the workspace changed. */
export interface ChangeCounts {
  readonly nodes: number;
  readonly edges: number;
}

interface Run extends Placement, MergeTerms {
  readonly fork: Fork;
  readonly sha256: Sha256;
  readonly conflicts: Conflict[];
  readonly resolutions: Resolution[];
}

function beginPlacement({ theirs, rules }: Fork, sha256: Sha256): Placement {
  const touched = allowsEverything(rules) ? null : { nodes: [], edges: [] };
  return { draft: draftGraph(theirs, rules, sha256), addedEdges: [], deletedNodes: [], touched };
}

/** Merges under a policy: the graph, or every reason why there is none. */
export function mergeFork(fork: Fork, terms: MergeTerms, sha256: Sha256): Merge {
  const run: Run = { ...beginPlacement(fork, sha256), ...terms, fork, sha256, conflicts: [], resolutions: [] };
  const canTakeOver = run.touched === null && run.choices.size === 0;
  const changes = beginPlacing(run, fork, canTakeOver ? 'take-over' : 'place-each');
  const { nodes, edges } = changes;
  for (const change of nodes) placeNode(run, change, mergedNode(run, change));
  for (const change of edges) placeEdge(run, change, mergedEdge(run, change));
  placeChosen(run);
  const missingEnds = danglingEdges(run);
  for (const [id, other] of missingEnds) addConflict(run, 'edge', id, 'dangling', { other });
  addBrokenRules(run, missingEnds);
  addUnmetExpectations(run);
  if (run.footprint !== null) run.conflicts.push(...staleReads(fork, run.footprint.ranges, sha256));
  const { conflicts, resolutions } = run;
  const changed = { nodes: nodes.length, edges: edges.length };
  const told = { changed, changes, slots: run.draft.slots };
  if (conflicts.length === 0) return { graph: sealGraph(run.draft), conflicts, resolutions, ...told };
  return { graph: null, conflicts: conflicts.sort(compareConflicts), resolutions: [], ...told };
}

/** What a node that the workspace changed comes to. */
function mergedNode(run: Run, change: ForkChange<GraphNode>): GraphNode | undefined {
  const { before: base, after: ours, there: theirs } = change;
  const id = change.key as ElementId; // ids are the keys
  const choice = run.choices.get(id);
  if (choice === undefined && isSameNode(theirs, base)) return ours;
  const agree = isSameNode(ours, theirs);
  if (choice !== undefined) return agree || choice === 'ours' ? ours : takeTheirs(run, id, theirs);
  const { merges } = run.policy;
  if (isKeyed(ours) && isKeyed(theirs)) {
    // A rule may make something else of two equal values.
    if (merges === 'as-declared' || (merges === 'fields' && !agree)) return mergedFields(run, base, ours, theirs);
    const sides = { base: fieldsOf(base), ours: ours.fields, theirs: theirs.fields };
    return agree ? ours : settle(run, 'node', id, ours, theirs, fieldsInConflict(sides));
  }
  return agree ? ours : settle(run, 'node', id, ours, theirs, []);
}

/** What an edge that the workspace changed comes to. */
function mergedEdge(run: Run, change: ForkChange<GraphEdge>): GraphEdge | undefined {
  const { before: base, after: ours, there: theirs } = change;
  const id = change.key as ElementId; // ids are the keys
  const choice = run.choices.get(id);
  if (choice === undefined && isSameEdge(theirs, base)) return ours;
  if (isSameEdge(ours, theirs) || choice === 'ours') return ours;
  return choice === 'theirs' ? takeTheirs(run, id, theirs) : settle(run, 'edge', id, ours, theirs, []);
}

function isKeyed(node: GraphNode | undefined): node is KeyedNode {
  return node?.type === 'keyed';
}

function fieldsOf(node: GraphNode | undefined): readonly Field[] {
  return isKeyed(node) ? node.fields : [];
}

function mergedFields(run: Run, base: GraphNode | undefined, ours: KeyedNode, theirs: KeyedNode): KeyedNode {
  const { id, kind, key } = ours;
  const { merges, settles } = run.policy;
  const ruleOf = (name: string): MergeRule | null =>
    merges === 'as-declared' ? mergeRuleOf(run.fork.rules, kind, name) : null;
  const sides = { base: fieldsOf(base), ours: ours.fields, theirs: theirs.fields };
  const { fields, patches, isTheirs, isTooMany, conflicts } = mergeFields(sides, { ruleOf, settles });
  if (isTooMany || conflicts.length > 0) return settle(run, 'node', id, ours, theirs, conflicts) ?? ours;
  if (patches.length === 0) return ours;
  if (isTheirs) return takeTheirs(run, id, theirs);
  run.resolutions.push({ id, takes: patches });
  return keyedNode(id, kind, key, fields, run.sha256);
}

function takeTheirs<Element>(run: Run, id: ElementId, theirs: Element): Element {
  run.resolutions.push({ id, takes: 'theirs' });
  return theirs;
}

/** Of two values that differ from each other and from base: who wins, or the conflict and ours. */
function settle<Element extends { readonly kind: Kind }>(
  run: Run,
  element: ElementType,
  id: ElementId,
  ours: Element | undefined,
  theirs: Element | undefined,
  fields: readonly string[],
): Element | undefined {
  const winner = winnerOf(run, element, ours, theirs);
  if (winner === 'theirs') return takeTheirs(run, id, theirs);
  if (winner === null) {
    const isDeleted = ours === undefined || theirs === undefined;
    addConflict(run, element, id, isDeleted ? 'changed-and-deleted' : 'both-changed', { fields });
  }
  return ours;
}

function winnerOf(
  { policy, fork }: Run,
  element: ElementType,
  ours: { readonly kind: Kind } | undefined,
  theirs: { readonly kind: Kind } | undefined,
): Side | null {
  const kind = ours === undefined ? theirs?.kind : theirs === undefined ? ours.kind : undefined;
  if (policy.merges !== 'as-declared' || kind === undefined) return policy.settles;
  const rule = deletionRuleOf(fork.rules, element, kind);
  if (rule === null) return policy.settles;
  return (ours === undefined) === (rule === 'delete-wins') ? 'ours' : 'theirs';
}

/** Choosing ours may name an element that the workspace did not change. */
function placeChosen(run: Run): void {
  const { base, ours, theirs } = run.fork;
  for (const [id, side] of run.choices) {
    if (side === 'theirs') continue;
    for (const element of ['node', 'edge'] as const) {
      const value = elementValue(ours, element, id);
      if (value !== elementValue(base, element, id) || value === elementValue(theirs, element, id)) continue;
      run.resolutions.push({ id, takes: 'ours' });
      placeOurs(run, run.fork, element, id);
    }
  }
}

/** What theirs has is sound; so is what else the merge left as it is there. An edge without an end is told as that. */
function addBrokenRules(run: Run, missingEnds: ReadonlyMap<ElementId, ElementId>): void {
  const { draft, touched, fork, sha256, conflicts } = run;
  if (touched === null) return;
  for (const each of brokenRules(draft, fork.rules, touched, sha256)) {
    if ((each.rule === 'edge-from' || each.rule === 'edge-to') && missingEnds.has(each.id)) continue;
    conflicts.push(ruleConflict(fork, each));
  }
}

function addUnmetExpectations(run: Run): void {
  walkAfter(run.expected, null, (_, { element, id, value }) => {
    const isMet = elementValue(run.fork.theirs, element, id) === value;
    if (!isMet && !run.choices.has(id)) addConflict(run, element, id, 'expectation', {});
  });
}

function addConflict(
  { fork, conflicts }: Run,
  element: ElementType,
  id: ElementId,
  conflictClass: ConflictClass,
  detail: ConflictDetail,
): void {
  conflicts.push(elementConflict(fork, element, id, conflictClass, detail));
}

/** Puts a workspace's changes onto theirs as its merge resolved them: the graph that the merge gave. */
export function applyMerge(fork: Fork, resolutions: readonly Resolution[], sha256: Sha256): Graph {
  const placement = beginPlacement(fork, sha256);
  const canTakeOver = placement.touched === null && resolutions.length === 0;
  const { nodes, edges } = beginPlacing(placement, fork, canTakeOver ? 'take-over' : 'place-each');
  const takesById = new Map(resolutions.map(({ id, takes }) => [id, takes]));
  for (const change of nodes) {
    const takes = takesById.get(change.key as ElementId); // ids are the keys
    if (takes === 'theirs') continue;
    const { after: ours, there } = change;
    const isPatched = typeof takes === 'object' && isKeyed(ours) && isKeyed(there);
    placeNode(placement, change, isPatched ? patchedNode(ours, there, takes, sha256) : ours);
  }
  for (const change of edges) {
    const takes = takesById.get(change.key as ElementId); // likewise
    if (takes !== 'theirs') placeEdge(placement, change, change.after);
  }
  for (const [id, takes] of takesById) {
    if (takes === 'ours') for (const element of ['node', 'edge'] as const) placeOurs(placement, fork, element, id);
  }
  return sealGraph(placement.draft);
}

function patchedNode(ours: KeyedNode, theirs: KeyedNode, patches: readonly FieldPatch[], sha256: Sha256): KeyedNode {
  const fields = patchMergedFields({ ours: ours.fields, theirs: theirs.fields }, patches);
  return keyedNode(ours.id, ours.kind, ours.key, fields, sha256);
}
