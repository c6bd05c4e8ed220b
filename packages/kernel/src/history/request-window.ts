/**
 * The window of remembered requests: what makes a retry answer instead of acting twice.
 *
 * - Q1 At most 1,024 requests a principal and 65,536 a world; the oldest (by idx) goes first, inside `apply`.
 * - Q2 Refused commands are not remembered: they wrote nothing, so deciding them again is harmless.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import {
  beginEdits,
  emptyTrie,
  trieCount,
  trieGet,
  triePut,
  trieRemove,
  type EditSession,
  type Trie,
} from '../trie/trie.ts';
import { trieEntryAt } from '../trie/walk.ts';

export const REQUESTS_A_PRINCIPAL_MAX = 1024;
export const REQUESTS_A_WORLD_MAX = 65_536;

export interface RememberedRequest {
  readonly commandDigest: Digest;
  /** idx of the first event that the command wrote. */
  readonly firstIdx: number;
  readonly principalKey: Digest;
}

export interface RequestWindow {
  /** By `requestKey`; hashed. */
  readonly requests: Trie<RememberedRequest>;
  /** Request keys by idx: the order of eviction. An index. */
  readonly keysByIdx: Trie<Digest>;
  /** The same, by principal. An index. */
  readonly keysByPrincipal: Trie<Trie<Digest>>;
}

export const EMPTY_REQUEST_WINDOW: RequestWindow = {
  requests: emptyTrie(),
  keysByIdx: emptyTrie(),
  keysByPrincipal: emptyTrie(),
};

const writer = new CanonicalWriter();

export function requestKey(principal: string, requestId: string, sha256: Sha256): Digest {
  writer.reset();
  writer.array(2);
  writer.text(principal);
  writer.text(requestId);
  return taggedHash('request', writer.toBytes(), sha256);
}

function principalKey(principal: string, sha256: Sha256): Digest {
  writer.reset();
  writer.text(principal);
  return taggedHash('principal', writer.toBytes(), sha256);
}

export function requestValueDigest(request: RememberedRequest, sha256: Sha256): Digest {
  writer.reset();
  writer.array(3);
  writer.bytes(request.commandDigest);
  writer.integer(request.firstIdx);
  writer.bytes(request.principalKey);
  return taggedHash('request/value', writer.toBytes(), sha256);
}

/** The window after a command of `principal` wrote its first event at `firstIdx`. O(log n). */
export function rememberRequest(
  window: RequestWindow,
  request: {
    readonly principal: string;
    readonly requestId: string;
    readonly commandDigest: Digest;
    readonly firstIdx: number;
  },
  sha256: Sha256,
): RequestWindow {
  const session = beginEdits();
  const key = requestKey(request.principal, request.requestId, sha256);
  const owner = principalKey(request.principal, sha256);
  const { commandDigest, firstIdx } = request;
  const grown = addRequest(window, key, { commandDigest, firstIdx, principalKey: owner }, session);
  const ofOwner = trieGet(grown.keysByPrincipal, owner)!; // it has this request
  if (trieCount(ofOwner) > REQUESTS_A_PRINCIPAL_MAX) return forgetOldest(grown, ofOwner, session);
  if (trieCount(grown.keysByIdx) > REQUESTS_A_WORLD_MAX) return forgetOldest(grown, grown.keysByIdx, session);
  return grown;
}

/** The window with a request that it held before, as a checkpoint tells; the bounds are those of whoever wrote that. */
export function restoreRequest(window: RequestWindow, key: Digest, request: RememberedRequest): RequestWindow {
  return addRequest(window, key, request, null);
}

function addRequest(
  window: RequestWindow,
  key: Digest,
  request: RememberedRequest,
  session: EditSession | null,
): RequestWindow {
  const owner = request.principalKey;
  const at = numberToKey(request.firstIdx);
  const ofOwner = triePut(trieGet(window.keysByPrincipal, owner) ?? emptyTrie<Digest>(), at, key, session);
  return {
    requests: triePut(window.requests, key, request, session),
    keysByIdx: triePut(window.keysByIdx, at, key, session),
    keysByPrincipal: triePut(window.keysByPrincipal, owner, ofOwner, session),
  };
}

function forgetOldest(window: RequestWindow, order: Trie<Digest>, session: EditSession): RequestWindow {
  const oldest = trieEntryAt(order, 0)!; // the window is over its bound, so not empty
  const { principalKey: owner } = trieGet(window.requests, oldest.value)!; // keysByIdx lists only remembered ones
  const ofOwner = trieRemove(trieGet(window.keysByPrincipal, owner)!, oldest.key, session);
  return {
    requests: trieRemove(window.requests, oldest.value, session),
    keysByIdx: trieRemove(window.keysByIdx, oldest.key, session),
    keysByPrincipal: putOrDrop(window.keysByPrincipal, owner, ofOwner, session),
  };
}

function putOrDrop(
  index: Trie<Trie<Digest>>,
  slot: Bytes,
  keys: Trie<Digest>,
  session: EditSession,
): Trie<Trie<Digest>> {
  return trieCount(keys) === 0 ? trieRemove(index, slot, session) : triePut(index, slot, keys, session);
}
