/**
 * Giving grants, handing them on and taking them back, whoever asks for it.
 *
 * - G1 The kernel trusts that a link is signed: no link goes to it but by here, where its signature is checked.
 * - G2 A chain of links is taken up from where the world knows it on; what it has already is passed over, so that a chain may be
 *      sent again.
 */
import {
  chainOf,
  getGrant,
  grantId,
  keyOfPrincipal,
  linkBytes,
  trieEntries,
  type Bytes,
  type Digest,
  type Grant,
  type GrantTerms,
} from '@jitos/kernel';
import { NODE_CRYPTO, parsePublicKey } from '../../engine/proofs/signed-note.ts';
import { sha256 } from '../../engine/sha256.ts';
import { Failure } from '../../errors/failure.ts';
import { submit } from '../commands/command-base.ts';
import { mustHave, seesAll, type Asking } from './access.ts';
import type { Link } from './grant-json.ts';

const NO_ENVELOPE = { requestId: null, validUntil: null, meta: null } as const;
/** More than a chain may have. */
export const LINKS_MAX = 8;

/** The key by which a link is bound to its world: the first one that signed its tree heads. */
export function worldKeyOf({ keys }: Asking['open']): Bytes {
  const key = parsePublicKey(keys.publicKeys.firstPublicKey);
  if (key === undefined) throw new Error("a world's key is one");
  return key.raw;
}

/** A grant without a parent: the operator's to give. Throws `ACCESS_DENIED`, and what the kernel refuses. */
export async function giveGrant(asking: Asking, terms: GrantTerms): Promise<Grant> {
  if (terms.parent !== null) throw new Failure('GRANT_INVALID', 'terms.parent', 'a link is sent with its signature');
  return await add(asking, { terms, signature: null }, 'terms');
}

/** A chain, each link behind its parent. Throws `SIGNATURE_INVALID`, `GRANT_NOT_FOUND`, and what the kernel refuses. */
export async function addLinks(asking: Asking, links: readonly Link[]): Promise<readonly Grant[]> {
  const { open } = asking;
  const worldKey = worldKeyOf(open);
  const holderById = new Map<Digest, Bytes>();
  for (const [i, { terms, signature }] of links.entries()) {
    const place = `links[${i}]`;
    const { parent } = terms;
    const holder = holderById.get(parent) ?? getGrant(open.loop.world.grants, parent)?.holder;
    if (holder === undefined) throw parentNotFound(place);
    if (!NODE_CRYPTO.verifyEd25519(holder, linkBytes(terms, worldKey), signature)) {
      throw new Failure('SIGNATURE_INVALID', `${place}.signature`, "it is not by the parent's holder, for this world");
    }
    holderById.set(grantId(terms, sha256), terms.holder);
  }
  const added: Grant[] = [];
  for (const [i, link] of links.entries()) {
    const known = getGrant(open.loop.world.grants, grantId(link.terms, sha256));
    added.push(known !== undefined && known.revokedIdx === null ? known : await add(asking, link, `links[${i}].terms`));
  }
  return added;
}

/** Said of a link to a world that there is not as well: a stranger can't tell one from the other. */
export function parentNotFound(place: string): Failure {
  return new Failure('GRANT_NOT_FOUND', `${place}.terms.parent`, 'the world has not taken up the parent');
}

async function add(
  asking: Asking,
  { terms, signature }: { readonly terms: GrantTerms; readonly signature: Bytes | null },
  place: string,
): Promise<Grant> {
  const { open, principal } = asking;
  const command = { type: 'addGrant', principal, ...NO_ENVELOPE, terms, signature } as const;
  const toPlace = (named: string): string => (named === '' ? place : `${place}.${named}`);
  const { grantId: id } = await submit({ open }, command, 'GRANT_ADDED', (refusal) => toPlace(refusal.place));
  return mustGetGrant(asking, id, place);
}

/** Takes it, and what hangs on it, back. Throws `GRANT_NOT_FOUND` or `ACCESS_DENIED`. */
export async function revokeGrant(asking: Asking, id: Digest): Promise<Grant> {
  const { open, principal } = asking;
  const command = { type: 'revokeGrant', principal, ...NO_ENVELOPE, grantId: id } as const;
  await submit({ open }, command, 'GRANT_REVOKED', ({ place }) => (place === 'grantId' ? 'id' : place));
  return mustGetGrant(asking, id, 'id');
}

/** Of whoever does not control the world: those that it holds, and what hangs on these. By id. */
export function listGrants(asking: Asking): readonly Grant[] {
  const all = trieEntries(asking.open.loop.world.grants.byId).map(({ value }) => value);
  return seesAll(asking) ? all : all.filter((grant) => isInOwnChain(asking, grant));
}

/** Throws `GRANT_NOT_FOUND`, and `ACCESS_DENIED` for one that `listGrants` would not list. */
export function readGrant(asking: Asking, id: Digest): Grant {
  const grant = getGrant(asking.open.loop.world.grants, id);
  if (grant === undefined || !isInOwnChain(asking, grant)) mustHave(asking, 'control', 'id');
  return mustGetGrant(asking, id, 'id');
}

function isInOwnChain({ open, principal }: Asking, grant: Grant): boolean {
  const key = keyOfPrincipal(principal);
  return chainOf(open.loop.world.grants, grant).some(({ holder }) => holder === key);
}

function mustGetGrant({ open }: Asking, id: Digest, place: string): Grant {
  const grant = getGrant(open.loop.world.grants, id);
  if (grant !== undefined) return grant;
  throw new Failure('GRANT_NOT_FOUND', place, 'the world has not taken up such a grant');
}
