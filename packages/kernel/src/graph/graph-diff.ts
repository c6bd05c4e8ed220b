/**
 * What differs between two graphs: as elements, page by page, or as the ops that turn the one into the other.
 *
 * - D1 Changes come nodes before edges, each in order of ids. A page begins where the one before it ended without walking
 *      what came before: O(changes of the page · log n) where the graphs share what they have in common.
 * - D2 Ops come in stages: edges that go, nodes that go, nodes that come or change, edges that come or change; each in
 *      order of ids. Run in this order they may be cut into rewrites anywhere: each leaves every edge both its ends.
 * - D3 Each op expects the element as the first graph has it (or none), so that a run on any other value of it is refused.
 * - D4 A page looks at most at `DIFF_SCAN_MAX` changes however few of them match, as other pages do.
 */
import type { Sha256 } from '../bytes/digest.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { trieDiffAfter } from '../trie/diff.ts';
import type { Trie } from '../trie/trie.ts';
import {
  edgeValueDigest,
  FIELD_COUNT_MAX,
  keyedNode,
  nodeValueDigest,
  type ElementId,
  type ElementType,
  type Field,
  type GraphEdge,
  type GraphNode,
  type KeyedNode,
  type Kind,
} from './element.ts';
import type { Graph } from './graph.ts';
import { OP_COUNT_MAX, OPS_SIZE_MAX, sortPatches, type FieldPatch, type Op } from './op.ts';
import { writeOp } from './op-codec.ts';
import { patchFields } from './rewrite.ts';

export const DIFF_SCAN_MAX = 20_000;

/** An element whose value differs; undefined where a graph has no such element, never in both. */
export type GraphChange = NodeChange | EdgeChange;

interface NodeChange {
  readonly element: 'node';
  readonly id: ElementId;
  readonly before: GraphNode | undefined;
  readonly after: GraphNode | undefined;
}

interface EdgeChange {
  readonly element: 'edge';
  readonly id: ElementId;
  readonly before: GraphEdge | undefined;
  readonly after: GraphEdge | undefined;
}

/** What one change takes: one op, or several that come one after another. */
export interface DiffStep {
  readonly id: ElementId;
  readonly ops: readonly Op[];
}

/** A place among the changes or the steps: behind this element in this stage. */
export interface DiffPosition {
  /** Of changes: 0 nodes, 1 edges. Of steps: as in D2, from 0. */
  readonly stage: number;
  readonly id: ElementId;
}

export interface DiffRequest {
  /** At least 1. */
  readonly first: number;
  /** Null from the beginning. */
  readonly after: DiffPosition | null;
  /** Only elements of these; null for all. */
  readonly kinds: readonly Kind[] | null;
}

export interface DiffPage<Entry> {
  readonly entries: readonly Entry[];
  /** Where each entry stands. */
  readonly positions: readonly DiffPosition[];
  /** Where the next page begins; null if nothing was read. */
  readonly end: DiffPosition | null;
  /** Whether there is more to read; it may turn out not to match. */
  readonly hasNext: boolean;
  /** Changes looked at: what a budget is charged. */
  readonly scanned: number;
}

interface Stage {
  readonly element: ElementType;
  /** Whether a change belongs here. */
  readonly takes: (change: GraphChange) => boolean;
}

const goes = ({ after }: GraphChange): boolean => after === undefined;
const stays = ({ after }: GraphChange): boolean => after !== undefined;
const any = (): boolean => true;

const CHANGE_STAGES: readonly Stage[] = [
  { element: 'node', takes: any },
  { element: 'edge', takes: any },
];

const STEP_STAGES: readonly Stage[] = [
  { element: 'edge', takes: goes },
  { element: 'node', takes: goes },
  { element: 'node', takes: stays },
  { element: 'edge', takes: stays },
];

/** Stages of steps: a position of one names one of them. */
export const STEP_STAGE_COUNT: number = STEP_STAGES.length;

export interface Graphs {
  readonly before: Graph;
  readonly after: Graph;
}

/** A page of the elements that differ. */
export function changesPage(graphs: Graphs, request: DiffRequest): DiffPage<GraphChange> {
  return readStages(graphs, CHANGE_STAGES, request, (change) => change);
}

/** A page of the steps from `before` to `after`; with `kinds` they may not run by themselves. */
export function stepsPage(graphs: Graphs, request: DiffRequest, sha256: Sha256): DiffPage<DiffStep> {
  return readStages(graphs, STEP_STAGES, request, (change) => ({ id: change.id, ops: opsOf(change, sha256) }));
}

function readStages<Entry>(
  graphs: Graphs,
  stages: readonly Stage[],
  { first, after, kinds }: DiffRequest,
  entryOf: (change: GraphChange) => Entry,
): DiffPage<Entry> {
  const wanted = kinds === null ? null : new Set(kinds);
  const entries: Entry[] = [];
  const positions: DiffPosition[] = [];
  let end = after;
  let scanned = 0;
  let isOver = false;
  for (let stage = after?.stage ?? 0; stage < stages.length && !isOver; stage++) {
    const { element, takes } = stages[stage]!;
    const from = after?.stage === stage ? after.id : null;
    isOver = walkChanges(graphs, element, from, (change) => {
      if (entries.length === first || scanned === DIFF_SCAN_MAX) return true;
      scanned += 1;
      end = { stage, id: change.id };
      if (!takes(change) || wanted?.has(kindOf(change)) === false) return false;
      entries.push(entryOf(change));
      positions.push(end);
      return false;
    });
  }
  return { entries, positions, end: scanned === 0 ? null : end, hasNext: isOver, scanned };
}

function kindOf({ before, after }: GraphChange): Kind {
  return (after ?? before)!.kind; // one of the two is there
}

function walkChanges(
  { before, after }: Graphs,
  element: ElementType,
  from: ElementId | null,
  visit: (change: GraphChange) => boolean,
): boolean {
  if (element === 'node') {
    const change = (id: ElementId, was?: GraphNode, is?: GraphNode): GraphChange => ({
      element: 'node',
      id,
      before: was,
      after: is,
    });
    const same = (a: GraphNode, b: GraphNode): boolean => nodeValueDigest(a) === nodeValueDigest(b);
    return walkTable(before.nodes, after.nodes, from, same, (id, was, is) => visit(change(id, was, is)));
  }
  const change = (id: ElementId, was?: GraphEdge, is?: GraphEdge): GraphChange => ({
    element: 'edge',
    id,
    before: was,
    after: is,
  });
  const same = (a: GraphEdge, b: GraphEdge): boolean => edgeValueDigest(a) === edgeValueDigest(b);
  return walkTable(before.edges, after.edges, from, same, (id, was, is) => visit(change(id, was, is)));
}

function walkTable<Element extends { readonly id: ElementId }>(
  before: Trie<Element>,
  after: Trie<Element>,
  from: ElementId | null,
  same: (a: Element, b: Element) => boolean,
  visit: (id: ElementId, before: Element | undefined, after: Element | undefined) => boolean,
): boolean {
  return trieDiffAfter(before, after, from, { same, visit: (_, was, is) => visit((is ?? was)!.id, was, is) }); // one is there
}

function opsOf(change: GraphChange, sha256: Sha256): readonly Op[] {
  return change.element === 'node' ? nodeOps(change, sha256) : [edgeOp(change)];
}

function nodeOps({ id, before, after }: NodeChange, sha256: Sha256): readonly Op[] {
  if (after === undefined) return [{ op: 'DeleteNode', id, expect: nodeValueDigest(before!) }]; // one is there
  // Its id says it all: one that is in both is the same.
  if (after.type === 'content') return [{ op: 'AddNode', kind: after.kind, payload: after.payload, expect: 'absent' }];
  return putNodeOps(before?.type === 'keyed' ? before : undefined, after, sha256);
}

function edgeOp({ id, before, after }: EdgeChange): Op {
  if (after === undefined) return { op: 'DeleteEdge', id, expect: before!.valueDigest }; // one is there
  if (before !== undefined) return { op: 'SetEdge', id, payload: after.payload, expect: before.valueDigest };
  const { from, to, kind, key, payload } = after;
  return { op: 'AddEdge', from, to, kind, key, payload, expect: 'absent' };
}

/** One op, or several where its fields are too many or too large for one: what goes before what comes. */
function putNodeOps(before: KeyedNode | undefined, after: KeyedNode, sha256: Sha256): readonly Op[] {
  const { id, kind, key } = after;
  let fields: readonly Field[] = before?.fields ?? [];
  let expect = before?.valueDigest ?? ('absent' as const);
  return cutPatches(patchesBetween(fields, after.fields)).map((patches, part, { length }): Op => {
    const op: Op = { op: 'PutNode', kind, key, patches, expect };
    if (part + 1 === length) return op;
    fields = patchFields(fields, patches);
    expect = keyedNode(id, kind, key, fields, sha256).valueDigest;
    return op;
  });
}

function patchesBetween(before: readonly Field[], after: readonly Field[]): FieldPatch[] {
  const valueByName = new Map(before.map(({ name, value }) => [name, value]));
  const names = new Set(after.map(({ name }) => name));
  const gone = before.filter(({ name }) => !names.has(name)).map(({ name }) => ({ name, value: null }));
  return [...gone, ...after.filter(({ name, value }) => valueByName.get(name) !== value)];
}

/** Of one patch: what its name and its value take beside their own bytes, and a UTF-8 name at most per character. */
const PATCH_SIZE_EXTRA = 16;
const CHARACTER_SIZE_MAX = 3;

/** Parts that an op may hold, in canonical order each; at least one, if only an empty one. */
function cutPatches(patches: readonly FieldPatch[]): readonly (readonly FieldPatch[])[] {
  const parts: FieldPatch[][] = [[]];
  let size = 0;
  for (const patch of patches) {
    const patchSize = patch.name.length * CHARACTER_SIZE_MAX + (patch.value?.length ?? 0) + PATCH_SIZE_EXTRA;
    if (parts.at(-1)!.length === FIELD_COUNT_MAX || size + patchSize > OPS_SIZE_MAX / 2) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)!.push(patch);
    size += patchSize;
  }
  return parts.map(sortPatches);
}

const STEPS_PER_PAGE = 1000;

/**
 * The rewrites that turn `before` into `after`, one after another: none if they are equal. Each fits an event, with any
 * `meta`; where something else holds an element, the rewrite that comes to it is refused with `EXPECTATION_FAILED`.
 */
export function* diffRewrites(graphs: Graphs, sha256: Sha256): Generator<readonly Op[], void, undefined> {
  yield* packOps(diffOps(graphs, sha256));
}

function* diffOps(graphs: Graphs, sha256: Sha256): Generator<Op, void, undefined> {
  let after: DiffPosition | null = null;
  for (let hasNext = true; hasNext;) {
    const page: DiffPage<DiffStep> = stepsPage(graphs, { first: STEPS_PER_PAGE, after, kinds: null }, sha256);
    for (const { ops } of page.entries) yield* ops;
    ({ hasNext } = page);
    after = page.end;
  }
}

/** Puts ops into as few rewrites as hold them in this order. */
export function* packOps(ops: Iterable<Op>): Generator<readonly Op[], void, undefined> {
  const writer = new CanonicalWriter();
  let packed: Op[] = [];
  let size = 0;
  for (const op of ops) {
    writer.reset();
    writeOp(writer, op);
    if (packed.length === OP_COUNT_MAX || (packed.length > 0 && size + writer.size > OPS_SIZE_MAX)) {
      yield packed;
      packed = [];
      size = 0;
    }
    packed.push(op);
    size += writer.size;
  }
  if (packed.length > 0) yield packed;
}
