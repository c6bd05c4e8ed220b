/** The mutations: each makes one command of its arguments, and its answer of the event that the command wrote. */
import { LOCAL_PRINCIPAL } from '../../engine/world-loop.ts';
import {
  CONFLICTS_TOLD_MAX,
  digestToHex,
  META_SIZE_MAX,
  type Command,
  type EncodedValue,
  type Event,
  type Refusal,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import {
  CONFLICT_SIZE_BYTES_MAX,
  collapseReceipt,
  conflictAnswer,
  createdSwsAnswer,
  viewRefAnswer,
} from './answers.ts';
import { checkSize, encodedFromJson, type JsonObject } from './json-value.ts';
import { opPlaceToJson, opsFromJson } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber, readViewId, refuseSnapshotId, type ViewRefInput } from './view-input.ts';

/** Until authority exists, whoever reaches the daemon. */

type CommandBase = Pick<Command, 'principal' | 'requestId' | 'meta'>;

/** What every command has from its `meta`, which is kept as it is; `requestId` in it is the idempotency key. */
function commandBase(meta: unknown, place: string): CommandBase {
  const isAbsent = meta === undefined || meta === null;
  checkSize(meta, place, { sizeBytesMax: META_SIZE_MAX, reason: 'META_INVALID' });
  const encoded: EncodedValue | null = isAbsent ? null : encodedFromJson(meta, place);
  return { principal: LOCAL_PRINCIPAL, requestId: isAbsent ? null : readRequestId(meta, place), meta: encoded };
}

function readRequestId(meta: unknown, place: string): string | null {
  if (typeof meta !== 'object' || meta === null || !Object.hasOwn(meta, 'requestId')) return null;
  const { requestId } = meta as { readonly requestId: unknown }; // it has one
  if (typeof requestId === 'string') return requestId;
  throw new Failure('REQUEST_ID_INVALID', `${place}.requestId`, 'a request id is text');
}

/** Submits a command; `placeOf` says where the caller finds what the kernel names. */
async function submit<Kind extends Event['kind']>(
  { open }: RequestContext,
  command: Command,
  kind: Kind,
  placeOf: (refusal: Refusal) => string,
): Promise<Extract<Event, { kind: Kind }>> {
  const reply = await open.loop.submit(command);
  if ('ok' in reply) throw new Failure(reply.reason, placeOf(reply), reply.detail);
  if (reply.kind !== kind) throw new Error(`a ${command.type} command wrote ${reply.kind}`);
  return reply as Extract<Event, { kind: Kind }>; // its kind was just compared
}

/** Arguments that stand in `input` under the kernel's own names, but for the workspace. */
function inputPlace({ place }: Refusal): string {
  return place === 'workspace' ? 'input.swsId' : place === '' ? 'input' : `input.${place}`;
}

interface CreateSwsArgs {
  readonly input?: { readonly meta?: unknown } | null;
}

export async function createSws(_: unknown, args: CreateSwsArgs, context: RequestContext): Promise<JsonObject> {
  const meta = args.input?.meta;
  const base = commandBase(meta, 'input.meta');
  context.budget.reserve('createSws', jsonSizeBytesOf(meta));
  const event = await submit(context, { type: 'createWorkspace', ...base }, 'SWS_CREATED', inputPlace);
  return { sws: { ...createdSwsAnswer(event, 'ACTIVE') } };
}

interface CollapseSwsArgs {
  readonly input: { readonly swsId: string; readonly policyId?: number | null; readonly meta?: unknown };
}

export async function collapseSws(_: unknown, args: CollapseSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { swsId, policyId = null, meta } = args.input;
  const workspace = readNumber(swsId, 'input.swsId');
  const command = { type: 'collapseWorkspace', ...commandBase(meta, 'input.meta'), workspace, policyId } as const;
  context.budget.reserve('collapseSws', jsonSizeBytesOf(meta) + CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX);
  const event = await submit(context, command, 'COLLAPSE', inputPlace);
  shelveSystem(context, event.systemSnapshotId);
  return {
    committed: event.mode !== null,
    systemSnapshotId: digestToHex(event.systemSnapshotId),
    receipt: collapseReceipt(event),
    conflicts: event.conflicts.map(conflictAnswer),
  };
}

/** The caller may come back for the System that it was told of, unless it has moved on already. */
function shelveSystem({ open }: RequestContext, snapshotId: string): void {
  const { system } = open.loop.world;
  if (system.id === snapshotId) open.shelf.put('system', system);
}

interface DiscardSwsArgs {
  readonly input: { readonly swsId: string; readonly reason?: string | null; readonly meta?: unknown };
}

export async function discardSws(_: unknown, args: DiscardSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { swsId, reason = null, meta } = args.input;
  const workspace = readNumber(swsId, 'input.swsId');
  const command = { type: 'discardWorkspace', ...commandBase(meta, 'input.meta'), workspace, reason } as const;
  await submit(context, command, 'DISCARD', inputPlace);
  return { discarded: true };
}

interface ApplyRewriteArgs {
  readonly view: ViewRefInput;
  readonly rewrite: { readonly ops: readonly unknown[]; readonly meta?: unknown };
}

export async function applyRewrite(_: unknown, args: ApplyRewriteArgs, context: RequestContext): Promise<JsonObject> {
  const { ops, meta } = args.rewrite;
  const view = readViewId(args.view, 'view');
  refuseSnapshotId(args.view, 'view');
  const base = commandBase(meta, 'rewrite.meta');
  const command = { type: 'applyRewrite', ...base, view, ops: opsFromJson(ops, 'rewrite.ops') } as const;
  const event = await submit(context, command, 'REWRITE_APPLIED', (refusal) => rewritePlace(refusal, ops));
  const { rewriteIdx, viewDigest, snapshotId } = event;
  return {
    accepted: true,
    receipt: {
      rewriteIdx: String(rewriteIdx),
      view: { ...viewRefAnswer(view, digestToHex(snapshotId)) },
      viewDigest: digestToHex(viewDigest),
    },
    tickReceipt: null,
  };
}

function rewritePlace({ reason, place }: Refusal, ops: readonly unknown[]): string {
  if (place === 'view') return reason === 'SYSTEM_IS_READ_ONLY' ? 'view' : 'view.swsId';
  if (place === '') return 'rewrite';
  return place.startsWith('ops') ? opPlaceToJson(place, ops, 'rewrite.ops') : `rewrite.${place}`;
}

export function submitIntent(): never {
  throw new Failure('NOT_IMPLEMENTED', 'submitIntent', 'intents, tasks and workers come with a later version');
}
