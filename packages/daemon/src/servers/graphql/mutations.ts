/** The mutations: each makes one command of its arguments, and its answer of the event that the command wrote. */
import type { Offender } from '../../engine/op-offenders.ts';
import { forkAt, OFFENDERS_TOLD_MAX, undoCollapse as undo } from '../../engine/turn-back.ts';
import type { Reply } from '../../engine/world-loop.ts';
import {
  digestToHex,
  getWorkspace,
  META_SIZE_MAX,
  type Command,
  type Digest,
  type EncodedValue,
  type Event,
  type Refusal,
  type SwsCreated,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { createdSwsAnswer, openSwsAnswer, viewRefAnswer, type SwsAnswer } from './answers.ts';
import { checkSize, encodedFromJson, invalid, type JsonObject } from './json-value.ts';
import { opPlaceToJson, opsFromJson } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber, readViewId, refuseSnapshotId, type ViewRefInput } from './view-input.ts';

export type CommandBase = Pick<Command, 'requestId' | 'validUntil' | 'meta'> & Pick<RequestContext, 'principal'>;

/**
 * What every command has from its `meta`, which is kept as it is: `requestId` in it is the idempotency key, `validUntil` the
 * last tick in which it may be carried out.
 */
export function commandBase(
  { principal }: Pick<RequestContext, 'principal'>,
  meta: unknown,
  place: string,
): CommandBase {
  const isAbsent = meta === undefined || meta === null;
  checkSize(meta, place, { sizeBytesMax: META_SIZE_MAX, reason: 'META_INVALID' });
  const encoded: EncodedValue | null = isAbsent ? null : encodedFromJson(meta, place);
  return {
    principal,
    requestId: readRequestId(own(meta, 'requestId'), place),
    validUntil: readValidUntil(own(meta, 'validUntil'), place),
    meta: encoded,
  };
}

/** Undefined unless `meta` is an object that has it. */
function own(meta: unknown, name: string): unknown {
  if (typeof meta !== 'object' || meta === null || !Object.hasOwn(meta, name)) return undefined;
  return (meta as Readonly<Record<string, unknown>>)[name]; // an object
}

function readRequestId(requestId: unknown, place: string): string | null {
  if (requestId === undefined) return null;
  if (typeof requestId === 'string') return requestId;
  throw new Failure('REQUEST_ID_INVALID', `${place}.requestId`, 'a request id is text');
}

/** As numbers are told: an integer, or its digits. */
function readValidUntil(validUntil: unknown, place: string): number | null {
  if (validUntil === undefined || validUntil === null) return null;
  const tick = typeof validUntil === 'string' && /^\d{1,16}$/.test(validUntil) ? Number(validUntil) : validUntil;
  if (typeof tick === 'number' && Number.isSafeInteger(tick) && tick >= 0) return tick;
  throw new Failure('VALID_UNTIL_INVALID', `${place}.validUntil`, 'a tick is a whole number, or its digits');
}

/** Submits a command; `placeOf` says where the caller finds what the kernel names. */
export async function submit<Kind extends Event['kind']>(
  { open }: RequestContext,
  command: Command,
  kind: Kind,
  placeOf: (refusal: Refusal) => string,
): Promise<Extract<Event, { kind: Kind }>> {
  return mustHaveWritten(await open.loop.submit(command), kind, placeOf);
}

/** The event that a command wrote. Throws its refusal, with the place as the caller knows it. */
export function mustHaveWritten<Kind extends Event['kind']>(
  reply: Reply,
  kind: Kind,
  placeOf: (refusal: Refusal) => string,
): Extract<Event, { kind: Kind }> {
  if ('ok' in reply) throw new Failure(reply.reason, placeOf(reply), reply.detail);
  if (reply.kind !== kind) throw new Error(`a command wrote ${reply.kind}, not ${kind}`);
  return reply as Extract<Event, { kind: Kind }>; // its kind was just compared
}

/** Arguments that stand in `input` under the kernel's own names, but for the workspace. */
export function inputPlace({ place }: Refusal): string {
  return place === 'workspace' ? 'input.swsId' : place === '' ? 'input' : `input.${place}`;
}

interface CreateSwsArgs {
  readonly input?: { readonly from?: string | null; readonly meta?: unknown; readonly at?: string | null } | null;
}

export async function createSws(_: unknown, args: CreateSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { meta, at = null, from = null } = args.input ?? {};
  if (at !== null && from !== null) throw invalid('input.at', 'a fork of a workspace is of it as it is');
  const base = commandBase(context, meta, 'input.meta');
  context.budget.reserve('createSws', jsonSizeBytesOf(meta));
  const parent = from === null ? null : readNumber(from, 'input.from');
  const event =
    at === null
      ? await submit(context, { type: 'createWorkspace', from: parent, ...base }, 'SWS_CREATED', inputPlace)
      : await inInput(forkAt(context.open, { ...base, idx: readNumber(at, 'input.at') }, context.askPast));
  return { sws: { ...newSwsAnswer(event, context) } };
}

/** As it is; of a retry it may have ended meanwhile. */
function newSwsAnswer(event: SwsCreated, { open }: RequestContext): SwsAnswer {
  const { world } = open.loop;
  const workspace = getWorkspace(world, event.view);
  return workspace === undefined ? createdSwsAnswer(event, 'ACTIVE') : openSwsAnswer(workspace, world.settings);
}

interface UndoCollapseArgs {
  readonly input: { readonly id: string; readonly meta?: unknown };
}

export async function undoCollapse(_: unknown, args: UndoCollapseArgs, context: RequestContext): Promise<JsonObject> {
  const { id, meta } = args.input;
  const request = { ...commandBase(context, meta, 'input.meta'), idx: readNumber(id, 'input.id') };
  context.budget.reserve('undoCollapse', jsonSizeBytesOf(meta) + OFFENDERS_TOLD_MAX * OFFENDER_SIZE_BYTES_MAX);
  const undone = await inInput(undo(context.open, request, context.askPast), { idx: 'input.id', at: 'input.id' });
  if (undone.type === 'created') {
    return { sws: { ...newSwsAnswer(undone.created, context) }, offenderCount: 0, offenders: [] };
  }
  const { count, first } = undone.offenders;
  return { sws: null, offenderCount: count, offenders: first.map(offenderAnswer) };
}

/** What `offenderAnswer` takes as JSON, with a comma. */
const OFFENDER_SIZE_BYTES_MAX = 280;

function offenderAnswer({ element, id, expected, found }: Offender): JsonObject {
  const hexOrNull = (digest: Digest | null): string | null => (digest === null ? null : digestToHex(digest));
  return { element, id: digestToHex(id), expected: hexOrNull(expected), found: hexOrNull(found) };
}

/** What the engine does with a mutation's `input`; places are told as the caller knows them. */
async function inInput<Result>(work: Promise<Result>, places: Readonly<Record<string, string>> = {}): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const place = places[error.place] ?? (error.place === '' ? 'input' : `input.${error.place}`);
    throw new Failure(error.reason, place, error.message, { cause: error });
  }
}

interface DiscardSwsArgs {
  readonly input: { readonly swsId: string; readonly reason?: string | null; readonly meta?: unknown };
}

export async function discardSws(_: unknown, args: DiscardSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { swsId, reason = null, meta } = args.input;
  const workspace = readNumber(swsId, 'input.swsId');
  const command = { type: 'discardWorkspace', ...commandBase(context, meta, 'input.meta'), workspace, reason } as const;
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
  const base = commandBase(context, meta, 'rewrite.meta');
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
