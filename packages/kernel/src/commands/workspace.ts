/** Creating and discarding workspaces. */
import { numberToKey } from '../bytes/number-key.ts';
import type { Discard, SwsCreated } from '../history/event.ts';
import type { Refusal } from '../refusal.ts';
import { triePut } from '../trie/trie.ts';
import { endWorkspace, getWorkspace, type World } from '../world.ts';
import { assert } from '../assert.ts';
import type { CreateWorkspace, DiscardWorkspace } from './command.ts';
import { openWorkspace, pins, type EventDraft, type Outcome } from './outcome.ts';

/** O(1) whatever the size of the graph: the workspace shares System's snapshot. */
export function decideCreateWorkspace(world: World, command: CreateWorkspace): Outcome {
  const draft: EventDraft<SwsCreated> = {
    kind: 'SWS_CREATED',
    view: world.workspaceCount,
    pins: pins(world, null),
    meta: command.meta,
    baseSnapshotId: world.system.id,
  };
  return { ok: true, draft, state: applySwsCreated(world, draft) };
}

export function applySwsCreated(world: World, event: EventDraft<SwsCreated>): World {
  const number = event.view;
  const workspace = {
    number,
    createdIdx: world.history.size,
    base: world.system,
    baseSystemChanges: world.systemChanges,
    head: world.system,
    meta: event.meta,
  };
  const workspaces = triePut(world.workspaces, numberToKey(number), workspace, null);
  return { ...world, workspaces, workspaceCount: number + 1 };
}

export function decideDiscardWorkspace(world: World, command: DiscardWorkspace): Outcome | Refusal {
  const found = openWorkspace(world, command.workspace, 'workspace');
  if (!found.ok) return found;
  const draft: EventDraft<Discard> = {
    kind: 'DISCARD',
    view: command.workspace,
    pins: pins(world, null),
    reason: command.reason,
    meta: command.meta,
    rewriteIdx: world.rewriteCount,
    createdIdx: found.workspace.createdIdx,
  };
  return { ok: true, draft, state: applyDiscard(world, draft) };
}

export function applyDiscard(world: World, event: EventDraft<Discard>): World {
  const workspace = getWorkspace(world, event.view);
  assert(workspace !== undefined, `history discards workspace ${event.view}, which is not open`);
  return { ...endWorkspace(world, workspace, 'DISCARDED'), rewriteCount: event.rewriteIdx + 1 };
}
