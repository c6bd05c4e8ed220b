/** What the kernel's values look like in answers: plain objects in the shapes of `schema.graphql`. */
import {
  digestToHex,
  isCommitted,
  rangeId,
  trieCount,
  trieEntries,
  unreachable,
  type Collapse,
  type CollapseBatch,
  type Conflict,
  type Digest,
  type EndedWorkspace,
  type GraphEdge,
  type GraphNode,
  type Range,
  type SwsCreated,
  type ViewId,
  type Workspace,
  type WorldSettings,
} from '@jitos/kernel';
import { targetView, type RewriteKind } from '../../engine/event-workspaces.ts';
import { sha256 } from '../../engine/sha256.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { bytesToBase64, encodedToJson, setOwn, type JsonObject, type JsonValue } from './json-value.ts';
import { opToJson } from './op-json.ts';

export interface ViewRefAnswer {
  readonly kind: 'SYSTEM' | 'SWS';
  readonly swsId: string | null;
  readonly snapshotId: string | null;
}

/** `snapshotId` in hex, or null where none is told. */
export function viewRefAnswer(view: ViewId, snapshotId: string | null): ViewRefAnswer {
  return view === 'system'
    ? { kind: 'SYSTEM', swsId: null, snapshotId }
    : { kind: 'SWS', swsId: String(view), snapshotId };
}

export interface NodeAnswer {
  readonly id: string;
  readonly kind: string;
  readonly data: JsonValue;
  readonly createdAt: null;
  /** Resolves `key_b64`. */
  readonly node: GraphNode;
}

/** Without `data` where nobody asks for it. */
export function nodeAnswers(nodes: readonly GraphNode[], wantsData: boolean): NodeAnswer[] {
  const ids = idsToHex(nodes);
  return nodes.map((node, i) => ({
    id: ids.slice(i * HEX_LENGTH, (i + 1) * HEX_LENGTH),
    kind: node.kind,
    data: wantsData ? nodeData(node) : null,
    createdAt: null,
    node,
  }));
}

export const HEX_LENGTH = 64;

/** All ids in one piece of hex: one conversion is much cheaper than hundreds. */
export function idsToHex(elements: readonly { readonly id: Digest }[]): string {
  let ids = '';
  for (const { id } of elements) ids += id;
  return Buffer.from(ids, 'latin1').toString('hex');
}

/** The `data` of a node. */
export function nodeData(node: GraphNode): JsonObject {
  if (node.type === 'content') return payloadData(node);
  const data: Record<string, JsonValue> = {};
  for (const { name, value } of node.fields) setOwn(data, name, encodedToJson(value));
  return data;
}

/** The `data` of an edge, or of a content node. */
export function payloadData({ payload }: { readonly payload: GraphEdge['payload'] }): JsonObject {
  return { payload_b64: payload === null ? null : bytesToBase64(payload) };
}

export function keyAnswer({ node }: NodeAnswer): string | null {
  return node.type === 'content' ? null : bytesToBase64(node.key);
}

export interface EdgeAnswer {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly data: JsonValue;
  readonly createdAt: null;
  readonly key_b64: string | null;
}

export function edgeAnswers(edges: readonly GraphEdge[], wantsData: boolean): EdgeAnswer[] {
  const ids = idsToHex(edges);
  return edges.map((edge, i) => ({
    id: ids.slice(i * HEX_LENGTH, (i + 1) * HEX_LENGTH),
    kind: edge.kind,
    from: digestToHex(edge.from),
    to: digestToHex(edge.to),
    data: wantsData ? payloadData(edge) : null,
    createdAt: null,
    key_b64: edge.key === null ? null : bytesToBase64(edge.key),
  }));
}

export interface SwsAnswer {
  readonly id: string;
  readonly parentSnapshotId: string;
  readonly base: JsonObject;
  readonly createdAt: null;
  readonly state: 'ACTIVE' | EndedWorkspace['end'];
  readonly meta: JsonValue;
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly opCount: number | null;
  readonly abortCount: number | null;
  readonly needsAttention: boolean;
  readonly digest: string | null;
  readonly snapshotId: string | null;
}

export function openSwsAnswer(workspace: Workspace, { abortsMax }: WorldSettings): SwsAnswer {
  const { number, base, baseView, head, meta, parent, children, opCount, abortCount } = workspace;
  return {
    ...swsAnswer(number, { view: baseView, id: base.id }, 'ACTIVE', meta),
    parent: parent === null ? null : String(parent),
    children: trieEntries(children).map(({ value }) => String(value)),
    opCount,
    abortCount,
    needsAttention: abortCount >= abortsMax,
    digest: digestToHex(head.digest),
    snapshotId: digestToHex(head.id),
  };
}

export function endedSwsAnswer({ number, baseView, parentSnapshotId, end, meta }: EndedWorkspace): SwsAnswer {
  return swsAnswer(number, { view: baseView, id: parentSnapshotId }, end, meta);
}

export function createdSwsAnswer(created: SwsCreated, state: SwsAnswer['state']): SwsAnswer {
  const { view, baseSnapshotId, parent, meta } = created;
  return swsAnswer(view, { view: parent, id: baseSnapshotId }, state, meta);
}

/** Bytes of an open workspace's answer that grow with it. */
export function swsSizeBytes({ meta, children }: Workspace): number {
  return (meta?.length ?? 0) + trieCount(children) * CHILD_SIZE_BYTES;
}

/** A number in quotes, and a comma. */
const CHILD_SIZE_BYTES = 12;

/** A snapshot, and the view that had it; null: System. */
interface Base {
  readonly view: number | null;
  readonly id: Digest;
}

function swsAnswer(number: number, { view, id }: Base, state: SwsAnswer['state'], meta: Workspace['meta']): SwsAnswer {
  const snapshotId = digestToHex(id);
  return {
    id: String(number),
    parentSnapshotId: snapshotId,
    base: { ...viewRefAnswer(view ?? 'system', snapshotId) },
    createdAt: null,
    state,
    meta: metaAnswer(meta),
    parent: null,
    children: [],
    opCount: null,
    abortCount: null,
    needsAttention: false,
    digest: null,
    snapshotId: null,
  };
}

export function metaAnswer(meta: Workspace['meta']): JsonValue {
  return meta === null ? null : encodedToJson(meta);
}

export function rewriteEventAnswer(event: RewriteKind): JsonObject {
  return {
    id: String(event.idx),
    idx: String(event.rewriteIdx),
    view: { ...viewAnswer(event) },
    at: null,
    ops: rewriteOps(event),
    meta: metaAnswer(event.meta),
  };
}

/** A batch is told of what its workspaces were collapsed into. */
function viewAnswer(event: RewriteKind): ViewRefAnswer {
  if (event.kind === 'COLLAPSE_BATCH') return viewRefAnswer(targetView(event), digestToHex(event.targetSnapshotId));
  return viewRefAnswer(event.view, 'snapshotId' in event ? digestToHex(event.snapshotId) : null);
}

function targetAnswer({ target, targetDigest, targetSnapshotId }: Collapse | CollapseBatch): JsonObject {
  return {
    target: target === null ? null : String(target),
    targetDigest: digestToHex(targetDigest),
    targetSnapshotId: digestToHex(targetSnapshotId),
  };
}

function rewriteOps(event: RewriteKind): readonly JsonObject[] {
  const swsId = String(event.view);
  switch (event.kind) {
    case 'REWRITE_APPLIED':
      return event.ops.map(opToJson);
    case 'COLLAPSE': {
      const { mode, pins, conflictCount } = event;
      const conflicts = conflictAnswers(event);
      const data = {
        swsId,
        committed: mode !== null,
        mode,
        policyId: pins.policyId,
        ...targetAnswer(event),
        conflictCount,
        conflicts,
      };
      return [{ op: 'COLLAPSE', data }];
    }
    case 'COLLAPSE_BATCH': {
      const sws = event.entries.map((entry) => ({
        swsId: String(entry.workspace),
        committed: isCommitted(entry),
        conflictCount: entry.conflictCount,
        conflicts: entry.conflicts.map((conflict) => conflictAnswer(conflict)),
      }));
      return [{ op: 'COLLAPSE_BATCH', data: { sws, policyId: event.pins.policyId, ...targetAnswer(event) } }];
    }
    case 'REBASE': {
      const { pins, baseSnapshotId, viewDigest, choices } = event;
      const data = {
        swsId,
        policyId: pins.policyId,
        baseSnapshotId: digestToHex(baseSnapshotId),
        viewDigest: digestToHex(viewDigest),
        choices: choices.map(({ id, side }) => ({ id: digestToHex(id), side })),
      };
      return [{ op: 'REBASE', data }, ...event.ops.map(opToJson)];
    }
    case 'DISCARD':
      return [{ op: 'DISCARD', data: { swsId, reason: event.reason } }];
  }
}

/** What `conflictAnswer` takes as JSON, with a comma. */
export const CONFLICT_SIZE_BYTES_MAX = 2560;
/** As JSON: the rest of the names is told by the event alone. */
const FIELDS_SIZE_BYTES_MAX = 512;

/** `range` is what was read, in the class `stale-read`, where it is neither a node nor an edge. */
export function conflictAnswer(conflict: Conflict, range: Range | null = null): JsonObject {
  const { element, id, class: conflictClass, fields, rule } = conflict;
  const side = (digest: Conflict['base']): string | null => (digest === null ? null : digestToHex(digest));
  return {
    element,
    id: digestToHex(id),
    class: conflictClass,
    base: side(conflict.base),
    ours: side(conflict.ours),
    theirs: side(conflict.theirs),
    fields: cutFields(fields),
    other: side(conflict.other),
    rule: rule === null ? null : { ...rule },
    range: range === null ? null : rangeAnswer(range),
  };
}

/** The first fields, as many as `FIELDS_SIZE_BYTES_MAX` leaves room for. */
function cutFields(fields: readonly string[]): readonly string[] {
  let sizeBytes = 0;
  const end = fields.findIndex((name) => (sizeBytes += jsonSizeBytesOf(name) + 1) > FIELDS_SIZE_BYTES_MAX);
  return end < 0 ? fields : fields.slice(0, end);
}

/** As `RangeInput` takes it. */
function rangeAnswer(range: Range): JsonObject {
  const name = range.range.toUpperCase();
  switch (range.range) {
    case 'node':
    case 'edge':
      return { range: name, id: digestToHex(range.id) };
    case 'nodes':
    case 'edges':
      return { range: name, kind: range.kind };
    case 'out':
    case 'in':
      return { range: name, id: digestToHex(range.node), ...(range.kind === null ? {} : { kind: range.kind }) };
    case 'slot':
      return { range: name, id: digestToHex(range.slot) };
    case 'view':
      return { range: name };
    default:
      return unreachable(range);
  }
}

/** Conflicts of an event, those about ranges with what was read. */
export function conflictAnswers({
  conflicts,
  footprint,
}: Pick<Collapse, 'conflicts' | 'footprint'>): readonly JsonObject[] {
  const ranges = conflicts.some(({ element }) => element === 'range') ? (footprint?.ranges ?? []) : [];
  const rangeById = new Map(ranges.map((range) => [rangeId(range, sha256), range]));
  return conflicts.map((conflict) => conflictAnswer(conflict, rangeById.get(conflict.id)));
}

/** The receipt of a collapse, committed or aborted: where it stands, what its target is now, and the rules that shaped it. */
export function collapseReceipt(event: Collapse | CollapseBatch): JsonObject {
  const { idx, kind, rewriteIdx, pins, target, targetDigest, targetSnapshotId } = event;
  return {
    tickId: null,
    rulePackId: digestToHex(pins.rulePackId),
    policyId: pins.policyId,
    events: [{ id: String(idx), kind, at: null, meta: metaAnswer(event.meta) }],
    rewriteIdx: String(rewriteIdx),
    view: { ...viewRefAnswer(target ?? 'system', digestToHex(targetSnapshotId)) },
    viewDigest: digestToHex(targetDigest),
  };
}
