/** Creating and discarding workspaces. */
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { keyOfPrincipal } from '../grant/principal.ts';
import type { Discard, SwsCreated } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { beginEdits, trieCount, triePut } from '../trie/trie.ts';
import { NO_CHILDREN, NOTHING_EXPECTED, writtenBy, type Workspace } from '../view/workspace.ts';
import {
  basedNow,
  endWorkspace,
  idleSince,
  mustGetWorkspace,
  openOf,
  putWorkspace,
  usedNow,
  withOpened,
  type World,
} from '../world.ts';
import type { CreateWorkspace, DiscardWorkspace, ExpireWorkspace } from './command.ts';
import { openWorkspace, pins, writableWorkspace, type EventDraft, type Outcome } from './outcome.ts';

/** Forks of one workspace that are open at once. */
export const CHILDREN_MAX = 1024;

/** O(1) whatever the size of the graph: the workspace shares the snapshot of what it is forked from. */
export function decideCreateWorkspace(world: World, command: CreateWorkspace): Outcome | Refusal {
  const { openWorkspacesMax } = world.settings;
  if (trieCount(world.workspaces) >= openWorkspacesMax) {
    return refuse('WORKSPACES_TOO_MANY', '', `${openWorkspacesMax} workspaces are open`);
  }
  const owner = keyOfPrincipal(command.principal);
  const crowded = owner === null ? undefined : ownerProblem(world, owner);
  if (crowded !== undefined) return crowded;
  let base = world.system;
  if (command.from !== null) {
    const found = writableWorkspace(world, command.from, 'from');
    if (!found.ok) return found;
    if (trieCount(found.workspace.children) >= CHILDREN_MAX) {
      return refuse('WORKSPACES_TOO_MANY', 'from', `${CHILDREN_MAX} forks of workspace ${command.from} are open`);
    }
    base = found.workspace.head;
  }
  const draft: EventDraft<SwsCreated> = {
    kind: 'SWS_CREATED',
    view: world.workspaceCount,
    pins: pins(world, null),
    meta: command.meta,
    baseSnapshotId: base.id,
    parent: command.from,
  };
  return { ok: true, draft, state: applySwsCreated(world, draft, owner) };
}

function ownerProblem(world: World, owner: Bytes): Refusal | undefined {
  const { keyWorkspacesMax } = world.settings;
  if (trieCount(openOf(world, owner)) < keyWorkspacesMax) return undefined;
  return refuse('WORKSPACES_TOO_MANY', '', `a key may have ${keyWorkspacesMax} workspaces open`);
}

export function applySwsCreated(
  world: World,
  { view: number, parent: parentNumber, meta }: EventDraft<SwsCreated>,
  owner: Bytes | null,
): World {
  const parent = parentNumber === null ? null : mustGetWorkspace(world, parentNumber);
  const base = parent === null ? world.system : parent.head;
  const workspace = {
    number,
    createdIdx: world.history.size,
    base,
    baseView: parentNumber,
    // A fork is as old as what it was forked from.
    baseSystemChanges: parent === null ? world.systemChanges : parent.baseSystemChanges,
    head: base,
    meta,
    parent: parentNumber,
    parentAtFork: parent && writtenBy(parent),
    children: NO_CHILDREN,
    opCount: 0,
    abortCount: 0,
    expected: NOTHING_EXPECTED,
    owner,
    usedTick: usedNow(world),
    baseTick: parent === null ? basedNow(world) : parent.baseTick,
  };
  const openByOwner = withOpened(world.openByOwner, workspace);
  const created = { ...putWorkspace(world, workspace), workspaceCount: number + 1, openByOwner };
  if (parent === null) return created;
  return putWorkspace(created, { ...parent, children: triePut(parent.children, numberToKey(number), number, null) });
}

export function decideDiscardWorkspace(world: World, command: DiscardWorkspace): Outcome | Refusal {
  const found = openWorkspace(world, command.workspace, 'workspace');
  if (!found.ok) return found;
  return discard(world, found.workspace, command);
}

/** As a discard; in its event the reason tells since when the workspace was idle. */
export function decideExpireWorkspace(world: World, { workspace: number, meta }: ExpireWorkspace): Outcome | Refusal {
  const found = openWorkspace(world, number, 'workspace');
  if (!found.ok) return found;
  const since = idleSince(world, found.workspace);
  const { workspaceIdleTicksMax } = world.settings;
  if (since === undefined || world.clock.tick - since < workspaceIdleTicksMax) {
    return refuse(
      'WORKSPACE_NOT_IDLE',
      'workspace',
      `workspace ${number} was used within ${workspaceIdleTicksMax} ticks`,
    );
  }
  return discard(world, found.workspace, { reason: `idle since tick ${since}`, meta });
}

function discard(
  world: World,
  { number, createdIdx }: Workspace,
  { reason, meta }: Pick<DiscardWorkspace, 'reason' | 'meta'>,
): Outcome {
  const draft: EventDraft<Discard> = {
    kind: 'DISCARD',
    view: number,
    pins: pins(world, null),
    reason,
    meta,
    rewriteIdx: world.rewriteCount,
    createdIdx,
  };
  return { ok: true, draft, state: applyDiscard(world, draft) };
}

export function applyDiscard(world: World, event: EventDraft<Discard>): World {
  const workspace = mustGetWorkspace(world, event.view);
  return { ...endWorkspace(world, workspace, 'DISCARDED', beginEdits()), rewriteCount: event.rewriteIdx + 1 };
}
