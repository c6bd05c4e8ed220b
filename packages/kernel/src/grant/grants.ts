/**
 * The grants of a world, and what they allow.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { emptyTrie, trieCount, trieGet, triePut, type Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { GRANT_DEPTH_MAX, type Grant, type Verb } from './grant.ts';

/** Grants that a world takes up, those that were revoked or have expired included. */
export const GRANTS_A_WORLD_MAX = 65_536;
/** Grants of one holder: all of them may be looked at for each of its commands. */
export const GRANTS_A_HOLDER_MAX = 64;
/** Of that room, what links may fill: whoever hands on keeps nobody from being given a grant. */
export const LINKS_SHARE = 0.5;

export interface Grants {
  /** By id; hashed. */
  readonly byId: Trie<Grant>;
  /** Their ids by holder, in the order in which they were added. An index. */
  readonly byHolder: Trie<Trie<Digest>>;
}

export const NO_GRANTS: Grants = { byId: emptyTrie(), byHolder: emptyTrie() };

/** Adds a grant that is not there. */
export function addGrant({ byId, byHolder }: Grants, grant: Grant): Grants {
  const { id, holder, addedIdx } = grant;
  const held = triePut(trieGet(byHolder, holder) ?? emptyTrie<Digest>(), numberToKey(addedIdx), id, null);
  return { byId: triePut(byId, id, grant, null), byHolder: triePut(byHolder, holder, held, null) };
}

/** Puts a grant in the place of what it was. */
export function changeGrant({ byId, byHolder }: Grants, grant: Grant): Grants {
  return { byId: triePut(byId, grant.id, grant, null), byHolder };
}

export function getGrant({ byId }: Grants, id: Digest): Grant | undefined {
  return trieGet(byId, id);
}

/** How many grants the key was given, whether they still hold or not. */
export function heldCount({ byHolder }: Grants, holder: Bytes): number {
  const held = trieGet(byHolder, holder);
  return held === undefined ? 0 : trieCount(held);
}

/** The key's grants in the order in which they were added. */
export function grantsOf(grants: Grants, holder: Bytes): readonly Grant[] {
  const found: Grant[] = [];
  const held = trieGet(grants.byHolder, holder);
  if (held !== undefined) walkAfter(held, null, (_, id) => void found.push(getGrant(grants, id)!)); // an index
  return found;
}

/** The grant and those that it hangs on, up to the owner's own: at most `GRANT_DEPTH_MAX`. */
export function chainOf(grants: Grants, grant: Grant): readonly Grant[] {
  const chain: Grant[] = [];
  for (let at: Grant | undefined = grant; at !== undefined && chain.length < GRANT_DEPTH_MAX;) {
    chain.push(at);
    at = at.parent === null ? undefined : getGrant(grants, at.parent);
  }
  return chain;
}

/** Whether a grant of the key still holds, whatever it allows. O(its grants · depth). */
export function holdsGrant(grants: Grants, holder: Bytes, tick: number): boolean {
  return grantsOf(grants, holder).some((grant) => chainOf(grants, grant).every((link) => isInForce(link, tick)));
}

function isInForce({ until, revokedIdx }: Grant, tick: number): boolean {
  return revokedIdx === null && (until === null || tick <= until);
}

/** What a chain of grants comes to (G1). */
export interface Allowance {
  readonly grant: Grant;
  readonly chain: readonly Grant[];
}

export interface Wish {
  readonly verb: Verb;
  /** At which it is to be done. */
  readonly tick: number;
  /** Ops to be paid for. */
  readonly ops: number;
}

/** The grants of the key that allow the verb at the tick, and can pay, wherever that may be. O(its grants · depth). */
export function allowancesFor(grants: Grants, holder: Bytes, wish: Wish): readonly Allowance[] {
  const allowed: Allowance[] = [];
  for (const grant of grantsOf(grants, holder)) {
    const chain = chainOf(grants, grant);
    if (chain.every((link) => allows(link, wish))) allowed.push({ grant, chain });
  }
  return allowed;
}

function allows(grant: Grant, { verb, tick, ops }: Wish): boolean {
  const { verbs, opsMax, opsSpent } = grant;
  return (
    isInForce(grant, tick) &&
    (verbs.includes(verb) || (verb !== 'work' && verbs.includes('control'))) &&
    (opsMax === null || opsSpent + ops <= opsMax)
  );
}

/** The grants after one of them has paid for ops, and with it all that it hangs on. */
export function spend(grants: Grants, id: Digest, ops: number): Grants {
  const grant = getGrant(grants, id);
  if (grant === undefined) return grants;
  let next = grants;
  for (const link of chainOf(grants, grant)) {
    if (link.opsMax !== null) next = changeGrant(next, { ...link, opsSpent: link.opsSpent + ops });
  }
  return next;
}
