/** What the kernel's values look like in answers: plain objects in the shapes of `schema.graphql`. */
import {
  digestToHex,
  type Collapse,
  type Conflict,
  type Digest,
  type Discard,
  type EndedWorkspace,
  type Event,
  type GraphEdge,
  type GraphNode,
  type RewriteApplied,
  type SwsCreated,
  type ViewId,
  type Workspace,
} from '@jitos/kernel';
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

const HEX_LENGTH = 64;

/** All ids in one piece of hex: one conversion is much cheaper than hundreds. */
function idsToHex(elements: readonly { readonly id: Digest }[]): string {
  let ids = '';
  for (const { id } of elements) ids += id;
  return Buffer.from(ids, 'latin1').toString('hex');
}

function nodeData(node: GraphNode): JsonObject {
  if (node.type === 'content') return payloadData(node);
  const data: Record<string, JsonValue> = {};
  for (const { name, value } of node.fields) setOwn(data, name, encodedToJson(value));
  return data;
}

function payloadData({ payload }: { readonly payload: GraphEdge['payload'] }): JsonObject {
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
  readonly createdAt: null;
  readonly state: 'ACTIVE' | EndedWorkspace['end'];
  readonly meta: JsonValue;
}

export function openSwsAnswer({ number, base, meta }: Workspace): SwsAnswer {
  return swsAnswer(number, digestToHex(base.id), 'ACTIVE', meta);
}

export function endedSwsAnswer({ number, parentSnapshotId, end, meta }: EndedWorkspace): SwsAnswer {
  return swsAnswer(number, digestToHex(parentSnapshotId), end, meta);
}

export function createdSwsAnswer({ view, baseSnapshotId, meta }: SwsCreated, state: SwsAnswer['state']): SwsAnswer {
  return swsAnswer(view, digestToHex(baseSnapshotId), state, meta);
}

function swsAnswer(
  number: number,
  parentSnapshotId: string,
  state: SwsAnswer['state'],
  meta: Workspace['meta'],
): SwsAnswer {
  return { id: String(number), parentSnapshotId, createdAt: null, state, meta: metaAnswer(meta) };
}

function metaAnswer(meta: Workspace['meta']): JsonValue {
  return meta === null ? null : encodedToJson(meta);
}

/** The kinds of event that `rewriteIdx` counts. */
export type RewriteKind = RewriteApplied | Collapse | Discard;

export function isRewrite(event: Event): event is RewriteKind {
  return event.kind === 'REWRITE_APPLIED' || event.kind === 'COLLAPSE' || event.kind === 'DISCARD';
}

export function rewriteEventAnswer(event: RewriteKind): JsonObject {
  const snapshotId = event.kind === 'REWRITE_APPLIED' ? digestToHex(event.snapshotId) : null;
  return {
    id: String(event.idx),
    idx: String(event.rewriteIdx),
    view: { ...viewRefAnswer(event.view, snapshotId) },
    at: null,
    ops: rewriteOps(event),
    meta: metaAnswer(event.meta),
  };
}

function rewriteOps(event: RewriteKind): readonly JsonObject[] {
  const swsId = String(event.view);
  switch (event.kind) {
    case 'REWRITE_APPLIED':
      return event.ops.map(opToJson);
    case 'COLLAPSE': {
      const { mode, pins, conflictCount } = event;
      const system = {
        systemDigest: digestToHex(event.systemDigest),
        systemSnapshotId: digestToHex(event.systemSnapshotId),
      };
      const conflicts = event.conflicts.map(conflictAnswer);
      const data = {
        swsId,
        committed: mode !== null,
        mode,
        policyId: pins.policyId,
        ...system,
        conflictCount,
        conflicts,
      };
      return [{ op: 'COLLAPSE', data }];
    }
    case 'DISCARD':
      return [{ op: 'DISCARD', data: { swsId, reason: event.reason } }];
  }
}

/** What `conflictAnswer` takes as JSON, with a comma. */
export const CONFLICT_SIZE_BYTES_MAX = 384;

export function conflictAnswer({ element, id, class: conflictClass, base, ours, theirs }: Conflict): JsonObject {
  const side = (digest: Conflict['base']): string | null => (digest === null ? null : digestToHex(digest));
  const sides = { base: side(base), ours: side(ours), theirs: side(theirs) };
  return { element, id: digestToHex(id), class: conflictClass, ...sides };
}

/** The receipt of a collapse, committed or aborted: where it stands, what System is now, and the rules that shaped it. */
export function collapseReceipt(event: Collapse): JsonObject {
  const { idx, rewriteIdx, pins, systemDigest, systemSnapshotId } = event;
  return {
    tickId: null,
    rulePackId: digestToHex(pins.rulePackId),
    policyId: pins.policyId,
    events: [{ id: String(idx), kind: 'COLLAPSE', at: null, meta: metaAnswer(event.meta) }],
    rewriteIdx: String(rewriteIdx),
    view: { ...viewRefAnswer('system', digestToHex(systemSnapshotId)) },
    viewDigest: digestToHex(systemDigest),
  };
}
