/**
 * What a command family hands back, and what every event of it shares.
 */
import type { Event, Pins } from '../history/event.ts';
import { ENGINE_VERSION } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { trieGet } from '../trie/trie.ts';
import type { Workspace } from '../view/workspace.ts';
import { baseSince, type World } from '../world.ts';

/** An event without what `decide` itself fills in. */
export type EventDraft<E extends Event = Event> = E extends Event ? Omit<E, 'idx' | 'cause'> : never;

/** A family's answer: the event, and the world's state after it, history and request window apart. */
export interface Outcome {
  readonly ok: true;
  readonly draft: EventDraft;
  readonly state: World;
}

export function pins(world: World, policyId: number | null): Pins {
  return { engine: ENGINE_VERSION, policyId, rulePackId: world.system.rules.id };
}

/** The open workspace, or why there is none. */
export function openWorkspace(
  world: World,
  number: number,
  place: string,
): { ok: true; workspace: Workspace } | Refusal {
  const workspace = trieGet(world.workspaces, numberToKey(number));
  if (workspace !== undefined) return { ok: true, workspace };
  if (number < world.workspaceCount) return refuse('WORKSPACE_ENDED', place, `workspace ${number} has ended`);
  return refuse('WORKSPACE_NOT_FOUND', place, `there is no workspace ${number}`);
}

/** The open workspace whose base is young enough to be written. */
export function writableWorkspace(
  world: World,
  number: number,
  place: string,
): { ok: true; workspace: Workspace } | Refusal {
  const found = openWorkspace(world, number, place);
  return found.ok ? (ageProblem(world, found.workspace, place) ?? found) : found;
}

/** Why the workspace's base is too old, or undefined. */
export function ageProblem(world: World, workspace: Workspace, place: string): Refusal | undefined {
  const { number, baseSystemChanges } = workspace;
  const { baseAgeSystemChangesMax, baseAgeTicksMax } = world.settings;
  const age = world.systemChanges - baseSystemChanges;
  if (age > baseAgeSystemChangesMax) {
    return refuse('REBASE_NEEDED', place, `System has moved ${age} times since workspace ${number} was forked`);
  }
  const since = baseSince(world, workspace);
  if (since === undefined || world.clock.tick - since <= baseAgeTicksMax) return undefined;
  return refuse('REBASE_NEEDED', place, `workspace ${number} has its base since tick ${since}`);
}

/** Ops that the workspace may take since its base. */
export function workspaceOpsMaxOf({ settings }: World, { owner }: Workspace): number {
  const { workspaceOpsMax, keyWorkspaceOpsMax } = settings;
  return owner === null ? workspaceOpsMax : Math.min(workspaceOpsMax, keyWorkspaceOpsMax);
}
