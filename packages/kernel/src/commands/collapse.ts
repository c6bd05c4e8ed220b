/**
 * Collapsing a workspace into System.
 *
 * If System has not moved since the fork it becomes the head, which is what the merge would give, in O(1).
 * Commit or abort, never in part; both are events. After an abort the workspace lives.
 */
import { assert } from '../assert.ts';
import type { Sha256 } from '../bytes/digest.ts';
import { mergeFailFast, mergeForced, type Conflict } from '../collapse/merge.ts';
import { POLICY_DEFAULT, policyById } from '../collapse/policy.ts';
import type { Graph } from '../graph/graph.ts';
import { CONFLICTS_TOLD_MAX, type Collapse, type CollapseMode } from '../history/event.ts';
import { conflictsDigest } from '../history/event-codec.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { collapsedSnapshot, type Snapshot } from '../view/snapshot.ts';
import type { Workspace } from '../view/workspace.ts';
import { endWorkspace, getWorkspace, type World } from '../world.ts';
import type { CollapseWorkspace } from './command.ts';
import { pins, writableWorkspace, type EventDraft, type Outcome } from './outcome.ts';

const NO_CONFLICTS: readonly Conflict[] = [];

export function decideCollapseWorkspace(world: World, command: CollapseWorkspace, sha256: Sha256): Outcome | Refusal {
  const found = writableWorkspace(world, command.workspace, 'workspace');
  if (!found.ok) return found;
  const policy = command.policyId === null ? POLICY_DEFAULT : policyById(command.policyId);
  if (policy === undefined) return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${command.policyId}`);
  const { workspace } = found;
  const merge = mergeWorkspace(world, workspace);
  const system = merge.mode === null ? world.system : collapsed(world, workspace, merge.graph, sha256);
  const draft: EventDraft<Collapse> = {
    kind: 'COLLAPSE',
    view: workspace.number,
    pins: pins(world, policy.id),
    mode: merge.mode,
    meta: command.meta,
    conflicts: merge.conflicts.slice(0, CONFLICTS_TOLD_MAX),
    conflictCount: merge.conflicts.length,
    conflictsDigest: merge.conflicts.length === 0 ? null : conflictsDigest(merge.conflicts, sha256),
    rewriteIdx: world.rewriteCount,
    createdIdx: workspace.createdIdx,
    systemDigest: system.digest,
    systemSnapshotId: system.id,
  };
  return { ok: true, draft, state: withCollapse(world, workspace, draft, system) };
}

type Merge =
  | { readonly mode: CollapseMode; readonly graph: Graph; readonly conflicts: readonly Conflict[] }
  | { readonly mode: null; readonly conflicts: readonly Conflict[] };

function mergeWorkspace(world: World, workspace: Workspace): Merge {
  if (hasNotMoved(world, workspace)) return { mode: 'forward', graph: workspace.head.graph, conflicts: NO_CONFLICTS };
  const result = mergeFailFast(forkOf(world, workspace));
  if (result.merged) return { mode: 'merged', graph: result.graph, conflicts: NO_CONFLICTS };
  return { mode: null, conflicts: result.conflicts };
}

function hasNotMoved(world: World, workspace: Workspace): boolean {
  return world.system.id === workspace.base.id;
}

function forkOf(world: World, workspace: Workspace): { base: Graph; ours: Graph; theirs: Graph } {
  return { base: workspace.base.graph, ours: workspace.head.graph, theirs: world.system.graph };
}

/** In the unmoved case the digest is the head's own: nothing is hashed again. */
function collapsed(world: World, workspace: Workspace, graph: Graph, sha256: Sha256): Snapshot {
  return collapsedSnapshot(world.system, workspace.head.id, graph, world.rulePackId, sha256);
}

/** Trusts the mode and the digests that the event records. */
export function applyCollapse(world: World, event: EventDraft<Collapse>): World {
  const workspace = getWorkspace(world, event.view);
  assert(workspace !== undefined, `history collapses workspace ${event.view}, which is not open`);
  if (event.mode === null || event.systemSnapshotId === world.system.id) {
    return withCollapse(world, workspace, event, world.system);
  }
  const graph = event.mode === 'forward' ? workspace.head.graph : mergeForced(forkOf(world, workspace));
  return withCollapse(world, workspace, event, { graph, digest: event.systemDigest, id: event.systemSnapshotId });
}

function withCollapse(world: World, workspace: Workspace, event: EventDraft<Collapse>, system: Snapshot): World {
  const rewriteCount = event.rewriteIdx + 1;
  if (event.mode === null) return { ...world, rewriteCount, commitStatus: 'ABORTED' };
  const systemChanges = system.id === world.system.id ? world.systemChanges : world.systemChanges + 1;
  const ended = endWorkspace(world, workspace, 'COLLAPSED');
  return { ...ended, rewriteCount, system, systemChanges, commitStatus: 'COMMITTED' };
}
