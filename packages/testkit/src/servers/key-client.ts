/** A key that asks a server over HTTP: it logs in, holds grants, and sends its token. */
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { LOCAL_PRINCIPAL, principalOfKey, type Principal } from '@jitos/daemon/engine/principal.ts';
import { newKey, type PrincipalKey } from '@jitos/daemon/cli/key-file.ts';
import { logIn } from '@jitos/daemon/cli/key-session.ts';
import { giveGrant } from '@jitos/daemon/servers/auth/grants.ts';
import type { GrantTerms, Grant, Verb } from '@jitos/kernel';

export interface KeyClient {
  readonly key: PrincipalKey;
  readonly principal: Principal;
  readonly headers: { readonly authorization: string };
}

/** Terms that bound nothing but the verbs. */
export function termsFor(
  { publicKey: holder }: PrincipalKey,
  verbs: readonly Verb[],
  more: Partial<GrantTerms> = {},
): GrantTerms {
  return { parent: null, holder, verbs, kinds: null, keyPrefix: null, until: null, opsMax: null, serial: 0, ...more };
}

export function giveLocally(open: OpenWorld, terms: GrantTerms): Promise<Grant> {
  return giveGrant({ open, principal: LOCAL_PRINCIPAL }, terms);
}

/** Logs a new key in at a server that asks for tokens, with such a grant in the world; with none where no verbs are named. */
export async function openKeyClient(url: string, open: OpenWorld, verbs: readonly Verb[]): Promise<KeyClient> {
  const key = newKey();
  if (verbs.length > 0) await giveLocally(open, termsFor(key, verbs));
  const token = await logIn(url, key, async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return await (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  });
  return { key, principal: principalOfKey(key.publicKey), headers: { authorization: `Bearer ${token}` } };
}
