/**
 * A rewrite: ops run in order on one graph, all or nothing.
 *
 * - R1 Each op sees what the earlier ones did; its expectation is checked at its turn.
 * - R2 Integrity is checked once, at the end: every edge added has both its ends, and a deleted node has no edge.
 * - R3 So is the rule pack, for what the ops touched.
 * - R4 A refusal leaves no trace: the draft is dropped, the graph was never touched.
 */
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { compareKeys } from '../bytes/value.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { beginEdits, trieCount, trieGet, type EditSession } from '../trie/trie.ts';
import {
  contentNode,
  edgeId,
  FIELD_COUNT_MAX,
  graphEdge,
  keyedNode,
  keyedNodeId,
  nodeValueDigest,
  type ElementId,
  type ElementType,
  type ElementValue,
  type Field,
  type GraphEdge,
} from './element.ts';
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
  type GraphDraft,
} from './graph.ts';
import { inOp, type Expectation, type FieldPatch, type Op } from './op.ts';
import { brokenRules, type RuleBreak } from './rules/check.ts';
import { allowsEverything, type RulePack } from './rules/rule-pack.ts';
import { ruleText } from './rules/rule-text.ts';

/** Bytes of fields that the ops of one rewrite hash at most: a patch hashes its whole node, and every slot that has it. */
export const REWRITE_HASHED_SIZE_MAX = 1_073_741_824;

export interface RewriteResult {
  readonly ok: true;
  readonly graph: Graph;
  /** What ops expected of elements, and met, in the order of the ops. */
  readonly met: readonly ElementValue[];
}

export interface RewriteOptions {
  /** Of the caller: trie nodes that it owns change in place. */
  readonly session?: EditSession | undefined;
  /** `REWRITE_HASHED_SIZE_MAX` where it is decided; what history holds runs without a bound. */
  readonly hashedSizeMax?: number;
}

interface Run {
  readonly draft: GraphDraft;
  readonly sha256: Sha256;
  /** Which one runs. */
  opIndex: number;
  /** Bytes of fields, about. */
  hashedSize: number;
  readonly hashedSizeMax: number;
  /** Edges whose ends must be there in the end, with the op that added each; `hasEnds` if they were there by then. */
  readonly added: { readonly edge: GraphEdge; readonly opIndex: number; readonly hasEnds: boolean }[];
  /** Nodes that must have no edge in the end. */
  readonly deleted: { readonly id: ElementId; readonly opIndex: number }[];
  readonly met: ElementValue[];
  /** What the rule pack is to be asked about; null if it allows everything. */
  readonly touched: TouchedByOps | null;
}

/** The op that touched each element last. A node is touched by the deletion of an edge that leaves it, too. */
interface TouchedByOps {
  readonly nodes: Map<ElementId, number>;
  readonly edges: Map<ElementId, number>;
}

/** Runs ops that keep their bounds (`opsProblem`). Costs O(ops · log n). */
export function runRewrite(
  graph: Graph,
  ops: readonly Op[],
  rules: RulePack,
  sha256: Sha256,
  { session = beginEdits(), hashedSizeMax = Infinity }: RewriteOptions = {},
): RewriteResult | Refusal {
  const run: Run = {
    draft: draftGraph(graph, rules, sha256, session),
    sha256,
    opIndex: 0,
    hashedSize: 0,
    hashedSizeMax,
    added: [],
    deleted: [],
    met: [],
    touched: allowsEverything(rules) ? null : { nodes: new Map(), edges: new Map() },
  };
  for (let i = 0; i < ops.length; i++) {
    run.opIndex = i;
    const refusal = runOp(run, ops[i]!);
    if (refusal !== undefined) return inOp(i, refusal);
  }
  return integrityProblem(run) ?? ruleProblem(run) ?? { ok: true, graph: sealGraph(run.draft), met: run.met };
}

function runOp(run: Run, op: Op): Refusal | undefined {
  switch (op.op) {
    case 'AddNode':
      return addNode(run, op);
    case 'PutNode':
      return putNode(run, op);
    case 'DeleteNode':
      return deleteNode(run, op);
    case 'AddEdge':
      return addEdge(run, op);
    case 'SetEdge':
      return setEdge(run, op);
    case 'DeleteEdge':
      return deleteEdge(run, op);
  }
}

type OpOf<Name extends Op['op']> = Extract<Op, { op: Name }>;

function addNode(run: Run, op: OpOf<'AddNode'>): Refusal | undefined {
  const node = contentNode(op.kind, op.payload, run.sha256);
  const there = trieGet(run.draft.nodes, node.id);
  const refusal = unmetExpectation(
    run,
    op.expect,
    'node',
    node.id,
    there === undefined ? null : nodeValueDigest(there),
  );
  if (refusal === undefined && there === undefined) {
    draftPutNode(run.draft, node);
    run.touched?.nodes.set(node.id, run.opIndex);
  }
  return refusal;
}

function putNode(run: Run, op: OpOf<'PutNode'>): Refusal | undefined {
  const id = keyedNodeId(op.kind, op.key, run.sha256);
  const there = trieGet(run.draft.nodes, id);
  const refusal = unmetExpectation(run, op.expect, 'node', id, there === undefined ? null : nodeValueDigest(there));
  if (refusal !== undefined) return refusal;
  const fields = patchFields(there?.type === 'keyed' ? there.fields : [], op.patches);
  if (fields.length > FIELD_COUNT_MAX) {
    return refuse('FIELD_INVALID', '', `a node has at most ${FIELD_COUNT_MAX} fields, not ${fields.length}`);
  }
  if (there?.type === 'keyed' && areSameFields(there.fields, fields)) return undefined;
  run.hashedSize += fieldsSize(fields) * (1 + (run.draft.rules.nodes.get(op.kind)?.unique.length ?? 0));
  if (run.hashedSize > run.hashedSizeMax) {
    return refuse('OPS_TOO_MANY', '', `the ops so far write more than ${run.hashedSizeMax} bytes of fields`);
  }
  // Of a node that is there, its own strings: all its versions hold one copy.
  const { kind, key } = there?.type === 'keyed' ? there : op;
  draftPutNode(run.draft, keyedNode(there?.id ?? id, kind, key, fields, run.sha256));
  run.touched?.nodes.set(id, run.opIndex);
  return undefined;
}

/** Merges two runs in canonical order; a patch without a value drops the field. */
export function patchFields(fields: readonly Field[], patches: readonly FieldPatch[]): Field[] {
  const patched: Field[] = [];
  let at = 0;
  for (const { name, value } of patches) {
    while (at < fields.length && compareKeys(fields[at]!.name, name) < 0) patched.push(fields[at++]!);
    if (at < fields.length && fields[at]!.name === name) at += 1;
    if (value !== null) patched.push({ name, value });
  }
  while (at < fields.length) patched.push(fields[at++]!);
  return patched;
}

function fieldsSize(fields: readonly Field[]): number {
  let size = 0;
  for (const { value } of fields) size += value.length;
  return size;
}

function areSameFields(a: readonly Field[], b: readonly Field[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i]!.name !== b[i]!.name || a[i]!.value !== b[i]!.value) return false;
  return true;
}

function deleteNode(run: Run, op: OpOf<'DeleteNode'>): Refusal | undefined {
  const node = trieGet(run.draft.nodes, op.id);
  if (node === undefined) return elementNotFound(op.expect, 'node');
  const refusal = unmetExpectation(run, op.expect, 'node', op.id, nodeValueDigest(node));
  if (refusal !== undefined) return refusal;
  draftDeleteNode(run.draft, node);
  run.deleted.push({ id: op.id, opIndex: run.opIndex });
  return undefined;
}

function addEdge(run: Run, op: OpOf<'AddEdge'>): Refusal | undefined {
  const { from, to, kind, key, payload } = op;
  const id = edgeId(from, to, kind, key, run.sha256);
  const there = trieGet(run.draft.edges, id);
  const refusal = unmetExpectation(run, op.expect, 'edge', id, there?.valueDigest ?? null);
  if (refusal !== undefined) return refusal;
  if (there !== undefined) {
    if (there.payload === payload) return undefined;
    return refuse('PAYLOAD_CONFLICT', '.payload', 'the edge is there with another payload: use SetEdge');
  }
  const start = trieGet(run.draft.nodes, from);
  const end = trieGet(run.draft.nodes, to);
  // The nodes' own strings, so that a million edges don't hold two million copies.
  const ends = { from: start?.id ?? from, to: end?.id ?? to };
  const edge = graphEdge({ id, ...ends, kind, key, payload }, run.sha256);
  draftPutEdge(run.draft, edge);
  run.touched?.edges.set(id, run.opIndex);
  run.added.push({ edge, opIndex: run.opIndex, hasEnds: start !== undefined && end !== undefined });
  return undefined;
}

function setEdge(run: Run, op: OpOf<'SetEdge'>): Refusal | undefined {
  const there = trieGet(run.draft.edges, op.id);
  if (there === undefined) return elementNotFound(op.expect, 'edge');
  const refusal = unmetExpectation(run, op.expect, 'edge', op.id, there.valueDigest);
  if (refusal !== undefined) return refusal;
  if (there.payload === op.payload) return undefined;
  draftPutEdge(run.draft, graphEdge({ ...there, payload: op.payload }, run.sha256));
  run.touched?.edges.set(op.id, run.opIndex);
  return undefined;
}

function deleteEdge(run: Run, op: OpOf<'DeleteEdge'>): Refusal | undefined {
  const there = trieGet(run.draft.edges, op.id);
  if (there === undefined) return elementNotFound(op.expect, 'edge');
  const refusal = unmetExpectation(run, op.expect, 'edge', op.id, there.valueDigest);
  if (refusal !== undefined) return refusal;
  draftDeleteEdge(run.draft, there);
  run.touched?.nodes.set(there.from, run.opIndex);
  return undefined;
}

function elementNotFound(expect: Expectation, element: 'node' | 'edge'): Refusal {
  if (expect !== null && expect !== 'absent') return expectationProblem(expect, null)!;
  return refuse('ELEMENT_NOT_FOUND', '.id', `the view has no such ${element}`);
}

/** One that is met is noted: a collapse holds System to it, too. */
function unmetExpectation(
  run: Run,
  expect: Expectation,
  element: ElementType,
  id: ElementId,
  value: Digest | null,
): Refusal | undefined {
  if (expect === null) return undefined;
  const refusal = expectationProblem(expect, value);
  if (refusal === undefined) run.met.push({ element, id, value });
  return refusal;
}

function expectationProblem(expect: Expectation, actual: Digest | null): Refusal | undefined {
  if (expect === (actual ?? 'absent')) return undefined;
  const wanted = expect === 'absent' ? 'no such element' : 'the value with this digest';
  const found = actual === null ? 'there is none' : 'there is one with another value';
  return refuse('EXPECTATION_FAILED', '.expect', `expected ${wanted}, but ${found}`);
}

function integrityProblem(run: Run): Refusal | undefined {
  const { draft } = run;
  for (const { edge, opIndex, hasEnds } of run.added) {
    if (hasEnds && run.deleted.length === 0) continue;
    // The edge may have gone again, later in the rewrite.
    if (trieGet(draft.edges, edge.id) === undefined) continue;
    if (trieGet(draft.nodes, edge.from) === undefined) return endMissing(opIndex, '.from');
    if (trieGet(draft.nodes, edge.to) === undefined) return endMissing(opIndex, '.to');
  }
  for (const { id, opIndex } of run.deleted) {
    // The node may have come back.
    if (trieGet(draft.nodes, id) !== undefined) continue;
    const left = trieCount(edgesFrom(draft, id)) + trieCount(edgesTo(draft, id));
    if (left > 0)
      return inOp(opIndex, refuse('NODE_HAS_EDGES', '.id', `${left} edges still join the node: delete them too`));
  }
  return undefined;
}

function endMissing(opIndex: number, place: string): Refusal {
  return inOp(opIndex, refuse('EDGE_END_MISSING', place, 'the view has no such node'));
}

/** The break of the earliest op that has one. */
function ruleProblem({ draft, touched, sha256 }: Run): Refusal | undefined {
  if (touched === null) return undefined;
  const ids = { nodes: touched.nodes.keys(), edges: touched.edges.keys() };
  let first: { readonly opIndex: number; readonly rule: RuleBreak } | undefined;
  for (const rule of brokenRules(draft, draft.rules, ids, sha256)) {
    const opIndex = (rule.element === 'node' ? touched.nodes : touched.edges).get(rule.id)!; // only these were asked about
    if (first === undefined || opIndex < first.opIndex) first = { opIndex, rule };
  }
  return first === undefined ? undefined : inOp(first.opIndex, refuse('RULE_BROKEN', '', ruleText(first.rule)));
}
