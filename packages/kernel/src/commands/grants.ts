/** Taking up grants and revoking them. */
import type { Sha256 } from '../bytes/digest.ts';
import { GRANT_DEPTH_MAX, grantId } from '../grant/grant.ts';
import {
  addGrant,
  changeGrant,
  chainOf,
  getGrant,
  GRANTS_A_HOLDER_MAX,
  GRANTS_A_WORLD_MAX,
  heldCount,
  LINKS_SHARE,
} from '../grant/grants.ts';
import type { GrantAdded, GrantRevoked } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { trieCount } from '../trie/trie.ts';
import type { World } from '../world.ts';
import type { AddGrant, RevokeGrant } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideAddGrant(world: World, { terms, signature, meta }: AddGrant, sha256: Sha256): Outcome | Refusal {
  const id = grantId(terms, sha256);
  const problem = parentProblem(world, terms) ?? roomProblem(world, terms);
  if (problem !== undefined) return problem;
  const known = getGrant(world.grants, id);
  if (known !== undefined) {
    const detail = known.revokedIdx === null ? 'the grant is there' : 'the grant was there, and was revoked';
    return refuse('GRANT_EXISTS', 'serial', `${detail}: take another serial number`);
  }
  const draft: EventDraft<GrantAdded> = {
    kind: 'GRANT_ADDED',
    view: null,
    pins: pins(world, null),
    grantId: id,
    terms,
    signature,
    meta,
  };
  return { ok: true, draft, state: applyGrantAdded(world, draft) };
}

function parentProblem({ grants }: World, { parent }: AddGrant['terms']): Refusal | undefined {
  if (parent === null) return undefined;
  const found = getGrant(grants, parent);
  if (found === undefined) return refuse('GRANT_NOT_FOUND', 'parent', 'the world has not taken up the parent');
  const chain = chainOf(grants, found);
  if (chain.some(({ revokedIdx }) => revokedIdx !== null)) {
    return refuse('GRANT_INVALID', 'parent', 'the parent, or what it hangs on, was revoked');
  }
  if (chain.length < GRANT_DEPTH_MAX) return undefined;
  return refuse('GRANT_INVALID', 'parent', `a grant hangs on at most ${GRANT_DEPTH_MAX - 1} others`);
}

function roomProblem({ grants }: World, { parent, holder }: AddGrant['terms']): Refusal | undefined {
  const share = parent === null ? 1 : LINKS_SHARE;
  const [worldCount, holderCount] = [trieCount(grants.byId), heldCount(grants, holder)];
  if (worldCount >= GRANTS_A_WORLD_MAX * share) {
    return refuse('GRANTS_TOO_MANY', '', `the world has taken up ${worldCount} grants`);
  }
  if (holderCount < GRANTS_A_HOLDER_MAX * share) return undefined;
  return refuse('GRANTS_TOO_MANY', 'holder', `the key holds ${holderCount} grants`);
}

export function applyGrantAdded(world: World, { grantId: id, terms }: EventDraft<GrantAdded>): World {
  const grant = { ...terms, id, addedIdx: world.history.size, opsSpent: 0, revokedIdx: null };
  return { ...world, grants: addGrant(world.grants, grant) };
}

export function decideRevokeGrant(world: World, { grantId: id, meta }: RevokeGrant): Outcome | Refusal {
  const grant = getGrant(world.grants, id);
  if (grant === undefined) return refuse('GRANT_NOT_FOUND', 'grantId', 'the world has not taken up such a grant');
  if (grant.revokedIdx !== null) {
    return refuse('GRANT_NOT_FOUND', 'grantId', `the grant was revoked by event ${grant.revokedIdx}`);
  }
  const draft: EventDraft<GrantRevoked> = {
    kind: 'GRANT_REVOKED',
    view: null,
    pins: pins(world, null),
    grantId: id,
    meta,
  };
  return { ok: true, draft, state: applyGrantRevoked(world, draft) };
}

export function applyGrantRevoked(world: World, { grantId: id }: EventDraft<GrantRevoked>): World {
  const grant = getGrant(world.grants, id);
  if (grant === undefined) return world;
  return { ...world, grants: changeGrant(world.grants, { ...grant, revokedIdx: world.history.size }) };
}
