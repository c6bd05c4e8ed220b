/**
 * What all commands share, whichever server took them: who asks, how a retry is known, and what becomes of the answer.
 *
 * Here and beside it each command is read from its arguments, carried out, and answered with what was written. Places of
 * faults are in the arguments' own names, such as `ops[3].data.kind`; a server that has them elsewhere says so (`elsewhere`).
 */
import { META_SIZE_MAX, type Command, type EncodedValue, type Event, type Refusal } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Principal } from '../../engine/principal.ts';
import type { AskPast } from '../../engine/turn-back.ts';
import type { Reply } from '../../engine/world-loop.ts';
import { Failure } from '../../errors/failure.ts';
import { checkSize, encodedFromJson } from '../graphql/json-value.ts';

export type CommandBase = Pick<Command, 'principal' | 'requestId' | 'validUntil' | 'meta'>;

/** What carrying a command out needs to know of its request. */
export interface CommandContext {
  readonly open: OpenWorld;
  readonly principal: Principal;
  readonly askPast: AskPast;
}

/** How a retry is known, where that does not stand in `meta`. */
export interface Envelope {
  readonly requestId?: unknown;
  readonly validUntil?: unknown;
  readonly meta?: unknown;
}

/** Of a request that has `requestId` and `validUntil` in its `meta`, which is kept as it is. */
export function metaBase(context: Pick<CommandContext, 'principal'>, meta: unknown): CommandBase {
  const inMeta = { requestId: own(meta, 'requestId'), validUntil: own(meta, 'validUntil'), meta };
  return toBase(context, inMeta, 'meta.');
}

/** Of a request that has them beside its `meta`. */
export function envelopeBase(context: Pick<CommandContext, 'principal'>, envelope: Envelope): CommandBase {
  return toBase(context, envelope, '');
}

function toBase({ principal }: Pick<CommandContext, 'principal'>, envelope: Envelope, place: string): CommandBase {
  const { meta } = envelope;
  checkSize(meta, 'meta', { sizeBytesMax: META_SIZE_MAX, reason: 'META_INVALID' });
  const encoded: EncodedValue | null = meta === undefined || meta === null ? null : encodedFromJson(meta, 'meta');
  return {
    principal,
    requestId: readRequestId(envelope.requestId, `${place}requestId`),
    validUntil: readValidUntil(envelope.validUntil, `${place}validUntil`),
    meta: encoded,
  };
}

/** Undefined unless `meta` is an object that has it. */
function own(meta: unknown, name: string): unknown {
  if (typeof meta !== 'object' || meta === null || !Object.hasOwn(meta, name)) return undefined;
  return (meta as Readonly<Record<string, unknown>>)[name]; // an object
}

function readRequestId(requestId: unknown, place: string): string | null {
  return requestId === undefined ? null : mustBeUnicode(requestId, place);
}

/** A request is looked for by its id before it is decided whether the id is a good one. Throws `REQUEST_ID_INVALID`. */
export function mustBeUnicode(requestId: unknown, place: string): string {
  if (typeof requestId === 'string' && requestId.isWellFormed()) return requestId;
  throw new Failure('REQUEST_ID_INVALID', place, 'a request id is Unicode text');
}

/** As numbers are told: an integer, or its digits. */
function readValidUntil(validUntil: unknown, place: string): number | null {
  if (validUntil === undefined || validUntil === null) return null;
  const tick = typeof validUntil === 'string' && /^\d{1,16}$/.test(validUntil) ? Number(validUntil) : validUntil;
  if (typeof tick === 'number' && Number.isSafeInteger(tick) && tick >= 0) return tick;
  throw new Failure('VALID_UNTIL_INVALID', place, 'a tick is a whole number, or its digits');
}

/** Where an argument is that the kernel names. */
export type PlaceOf = (refusal: Refusal) => string;

/** Arguments have the kernel's own names, but for the workspace. */
export const argumentPlace: PlaceOf = ({ place }) => (place === 'workspace' ? 'swsId' : place);

/** Submits a command. Throws its refusal, and what the loop rejects with. */
export async function submit<Kind extends Event['kind']>(
  { open }: Pick<CommandContext, 'open'>,
  command: Command,
  kind: Kind,
  placeOf: PlaceOf = argumentPlace,
): Promise<Extract<Event, { kind: Kind }>> {
  return mustHaveWritten(await open.loop.submit(command), kind, placeOf);
}

/** The event that a command wrote. Throws its refusal. */
export function mustHaveWritten<Kind extends Event['kind']>(
  reply: Reply,
  kind: Kind,
  placeOf: PlaceOf = argumentPlace,
): Extract<Event, { kind: Kind }> {
  if ('ok' in reply) throw new Failure(reply.reason, placeOf(reply), reply.detail);
  if (reply.kind !== kind) throw new Error(`a command wrote ${reply.kind}, not ${kind}`);
  return reply as Extract<Event, { kind: Kind }>; // its kind was just compared
}

/** The same work for a caller who has the arguments elsewhere: in `input`, for instance. */
export async function elsewhere<Result>(
  toPlace: (place: string) => string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.reason, toPlace(error.place), error.message, { cause: error });
  }
}
