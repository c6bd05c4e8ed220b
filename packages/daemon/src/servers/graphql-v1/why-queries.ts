/** The queries `requestedEvent` and `grant`: what a request has come to, and what a grant is. */
import { requestKey, trieGet, type Digest } from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';
import { mustHave } from '../auth/access.ts';
import { grantToJson } from '../auth/grant-json.ts';
import { readGrant } from '../auth/grants.ts';
import { mustBeUnicode } from '../commands/command-base.ts';
import type { JsonObject } from '../graphql/json-value.ts';
import { readHash } from '../graphql/op-json.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { findEvent, type EventAnswer } from './events.ts';

interface RequestArgs {
  readonly requestId: string;
  readonly principal?: string | null;
}

/** Throws `REQUEST_ID_INVALID`, and `ACCESS_DENIED` for the request of another, unless who asks controls the world. */
export function resolveRequestedEvent(
  _: unknown,
  { requestId, principal }: RequestArgs,
  context: RequestContext,
): Promise<EventAnswer> | null {
  const asked = principal ?? context.principal;
  if (asked !== context.principal) mustHave(context, 'control', 'principal');
  mustBeUnicode(requestId, 'requestId');
  if (!asked.isWellFormed()) return null; // nobody is called that
  const remembered = trieGet(context.world.requests.requests, requestKey(asked, requestId, sha256));
  return remembered === undefined ? null : findEvent(context, remembered.firstIdx, 'requestId');
}

/** Throws `GRANT_NOT_FOUND` or `ACCESS_DENIED`. */
export function resolveGrant(_: unknown, { id }: { readonly id: string }, context: RequestContext): JsonObject {
  const found: Digest = readHash(id, 'id');
  return { ...grantToJson(readGrant(context, found)) };
}
