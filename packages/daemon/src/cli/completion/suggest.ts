/**
 * What may stand in a place of a command line, for whoever is typing it: asked of the daemon, which has a moment to answer. No data
 * folder is opened for it.
 */
import { worldOf, type Context } from '../command.ts';
import { openHttpSession } from '../http-session.ts';
import { findAsked } from '../open-session.ts';
import { readProfiles } from '../profiles.ts';
import type { Session } from '../session.ts';

/** Whoever waits longer for a suggestion has typed the word. */
const ANSWER_TIMEOUT_MS = 1000;
const WORKSPACES_MAX = 200;

/** Throws what the daemon answers, or that it does not. */
export async function suggest(context: Context, what: string): Promise<readonly string[]> {
  if (what === 'profiles') return [...readProfiles(context.environment).byName.keys()];
  const daemon = await findAsked(context.flags, ANSWER_TIMEOUT_MS);
  if (daemon === undefined) return [];
  const session = openHttpSession({ ...daemon, answerTimeoutMs: ANSWER_TIMEOUT_MS }, context.progress);
  return await ask(session, worldOf(context.flags), what);
}

async function ask(session: Session, world: string, what: string): Promise<readonly string[]> {
  if (what === 'worlds') return (await session.listWorlds()).map(({ name }) => name);
  if (what === 'workspaces') {
    const document = `{ listSws(page: {first: ${WORKSPACES_MAX}}) { id } }`;
    type Data = { readonly listSws: readonly { readonly id: string }[] };
    return (await session.execute<Data>(world, { document, variables: {}, places: {} })).listSws.map(({ id }) => id);
  }
  if (what === 'policies') {
    const document = '{ collapsePolicies { name } }';
    type Data = { readonly collapsePolicies: readonly { readonly name: string }[] };
    const { collapsePolicies } = await session.execute<Data>(world, { document, variables: {}, places: {} });
    return collapsePolicies.map(({ name }) => name);
  }
  return [];
}
