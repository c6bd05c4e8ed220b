/**
 * Collapsing a workspace into its target: System, or the workspace that it was forked from.
 *
 * If the target has not moved since the fork it becomes the head, which is what the merge would give, in O(1).
 * Commit or abort, never in part; both are events. After an abort the workspace lives.
 */
import type { Sha256 } from '../bytes/digest.ts';
import { compareConflicts, conflictsDigest, ruleConflict, type Conflict } from '../collapse/conflict.ts';
import type { Footprint } from '../collapse/footprint.ts';
import type { Fork } from '../collapse/fork.ts';
import { applyMerge, mergeFork, NO_CHOICES, type ChangeCounts } from '../collapse/merge.ts';
import { policyById, type Policy } from '../collapse/policy.ts';
import { resolutionsSizeBytesMin, type Resolution } from '../collapse/resolution.ts';
import type { Graph } from '../graph/graph.ts';
import {
  BODY_SIZE_MAX,
  CONFLICTS_TOLD_MAX,
  type Collapse,
  type CollapseMode,
  type CollapseSide,
} from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { Head } from '../view/head.ts';
import { collapsedSnapshot, type Snapshot } from '../view/snapshot.ts';
import { beginEdits, trieCount, type EditSession } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import { withExpected, type Workspace } from '../view/workspace.ts';
import { endWorkspace, mustGetWorkspace, putWorkspace, targetOf, usedNow, type World } from '../world.ts';
import type { CollapseWorkspace } from './command.ts';
import { moveSystem, proposedBreaks } from './rules.ts';
import { ageProblem, openWorkspace, pins, workspaceOpsMaxOf, type EventDraft, type Outcome } from './outcome.ts';

export function decideCollapseWorkspace(world: World, command: CollapseWorkspace, sha256: Sha256): Outcome | Refusal {
  const found = openWorkspace(world, command.workspace, 'workspace');
  if (!found.ok) return found;
  const unfit = targetProblem(world, found.workspace);
  if (unfit !== undefined) return unfit;
  const policy = policyById(command.policyId ?? world.settings.defaultPolicyId);
  if (policy === undefined) return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${command.policyId}`);
  const { workspace } = found;
  const stuck = attentionProblem(world, workspace, 'workspace');
  if (stuck !== undefined) return stuck;
  const unread = footprintRefusal(workspace, policy, command.footprint);
  if (unread !== undefined) return unread;
  const theirs = targetOf(world, workspace);
  const merged = mergeWorkspace(theirs, workspace, policy, command.footprint, sha256);
  const tooLarge = mergeSizeProblem(workspace, merged.resolutions);
  if (tooLarge !== undefined) return tooLarge;
  const merge = heldToProposal(world, workspace, merged, sha256);
  // Forward, the digest is the head's own: nothing is hashed again.
  const target = merge.mode === null ? theirs : collapsedSnapshot(theirs, workspace.head.id, merge.graph, sha256);
  const draft: EventDraft<Collapse> = {
    kind: 'COLLAPSE',
    view: workspace.number,
    pins: pins(world, policy.id),
    mode: merge.mode,
    meta: command.meta,
    footprint: command.footprint,
    conflicts: merge.conflicts.slice(0, CONFLICTS_TOLD_MAX),
    conflictCount: merge.conflicts.length,
    conflictsDigest: conflictsDigest(merge.conflicts, sha256),
    resolutions: merge.resolutions,
    rewriteIdx: world.rewriteCount,
    createdIdx: workspace.createdIdx,
    target: workspace.parent,
    targetDigest: target.digest,
    targetSnapshotId: target.id,
    base: sideOf(workspace.base),
    ours: sideOf(workspace.head),
    theirs: sideOf(theirs),
    changed: merge.changed,
  };
  return { ok: true, draft, state: withCollapse(world, workspace, draft, target, sha256) };
}

/**
 * What keeps a workspace from its target, whatever it holds. The age of a fork does not: its parent is rebased only when no
 * fork of it is left.
 */
function targetProblem(world: World, workspace: Workspace): Refusal | undefined {
  if (workspace.parent === null) return ageProblem(world, workspace, 'workspace');
  return sizeProblem(world, workspace.parent, workspace.opCount, 'workspace');
}

/** Why the workspace may not take as many ops of its forks. */
export function sizeProblem(world: World, parent: number, opCount: number, place: string): Refusal | undefined {
  const target = mustGetWorkspace(world, parent);
  const opsMax = workspaceOpsMaxOf(world, target);
  const total = opCount + target.opCount;
  if (total <= opsMax) return undefined;
  const detail = `workspace ${parent} would have ${total} ops since its base, and may have ${opsMax}`;
  return refuse('WORKSPACE_TOO_LARGE', place, detail);
}

/** Why somebody should look at the workspace before it is collapsed again. */
export function attentionProblem(world: World, { number, abortCount }: Workspace, place: string): Refusal | undefined {
  if (abortCount < world.settings.abortsMax) return undefined;
  return refuse('WORKSPACE_NEEDS_ATTENTION', place, `${abortCount} collapses of workspace ${number} were aborted`);
}

/** What the workspace read is known if it was read of the base that it still has. */
export function footprintRefusal(
  { number, base }: Workspace,
  { name, checksReads }: Policy,
  footprint: Footprint | null,
): Refusal | undefined {
  if (!checksReads) {
    if (footprint === null) return undefined;
    return refuse('FOOTPRINT_INVALID', 'footprint', `the policy ${name} does not look at what was read`);
  }
  if (footprint !== null && footprint.baseSnapshotId === base.id) return undefined;
  const detail = footprint === null ? 'there is no footprint' : 'the footprint is of another base';
  return refuse('FOOTPRINT_UNKNOWN', 'footprint', `the policy ${name} asks what workspace ${number} read: ${detail}`);
}

/** A merge that no event can hold is told before anything of it is hashed. */
export function mergeSizeProblem({ number }: Workspace, resolutions: readonly Resolution[]): Refusal | undefined {
  const sizeBytes = resolutionsSizeBytesMin(resolutions);
  if (sizeBytes <= BODY_SIZE_MAX) return undefined;
  const detail = `the merge of workspace ${number} settles ${resolutions.length} elements, which takes ${sizeBytes} bytes of ${BODY_SIZE_MAX}`;
  return refuse('MERGE_TOO_LARGE', 'workspace', detail);
}

/** What a merge comes to, or the short cut where there is nothing to merge. */
type Merged = {
  readonly conflicts: readonly Conflict[];
  readonly resolutions: readonly Resolution[];
  readonly changed: ChangeCounts | null;
} & ({ readonly mode: CollapseMode; readonly graph: Graph } | { readonly mode: null });

function mergeWorkspace(
  theirs: Snapshot,
  workspace: Workspace,
  policy: Policy,
  footprint: Footprint | null,
  sha256: Sha256,
): Merged {
  const { base, head, expected } = workspace;
  // Not by digests: a target that went away and came back has moved.
  if (theirs.id === base.id) {
    return { mode: 'forward', graph: head.graph, conflicts: [], resolutions: [], changed: null };
  }
  const terms = { policy, expected, footprint, choices: NO_CHOICES };
  const { graph, ...told } = mergeFork(forkOf(theirs, workspace), terms, sha256);
  return graph === null ? { ...told, mode: null } : { ...told, mode: 'merged', graph };
}

/** While a rule pack is checked, what goes into System is held to that one too, a head as much as a merge. */
function heldToProposal(world: World, workspace: Workspace, merge: Merged, sha256: Sha256): Merged {
  if (merge.mode === null || workspace.parent !== null) return merge;
  const breaks = proposedBreaks(world, merge.graph, sha256);
  if (breaks.length === 0) return merge;
  const fork = forkOf(world.system, workspace);
  const conflicts = breaks.map((each) => ruleConflict(fork, each)).sort(compareConflicts);
  return { mode: null, conflicts, resolutions: [], changed: merge.changed };
}

/** Whose changes are merged onto what. */
export function forkOf({ graph, rules }: Snapshot, { base, head }: Workspace): Fork {
  return { rules, base: base.graph, ours: head.graph, theirs: graph };
}

export function sideOf({ digest, graph }: Snapshot): CollapseSide {
  return { digest, nodeCount: trieCount(graph.nodes), edgeCount: trieCount(graph.edges) };
}

/** Trusts the mode, the resolutions and the digests that the event records. */
export function applyCollapse(world: World, event: EventDraft<Collapse>, sha256: Sha256): World {
  const workspace = mustGetWorkspace(world, event.view);
  const theirs = targetOf(world, workspace);
  if (event.mode === null || event.targetSnapshotId === theirs.id) {
    return withCollapse(world, workspace, event, theirs, sha256);
  }
  const { rules } = theirs;
  const graph =
    event.mode === 'forward' ? workspace.head.graph : applyMerge(forkOf(theirs, workspace), event.resolutions, sha256);
  const target = { rules, graph, digest: event.targetDigest, id: event.targetSnapshotId };
  return withCollapse(world, workspace, event, target, sha256);
}

function withCollapse(
  world: World,
  workspace: Workspace,
  event: EventDraft<Collapse>,
  target: Snapshot,
  sha256: Sha256,
): World {
  const rewriteCount = event.rewriteIdx + 1;
  if (event.mode === null) return { ...withAbort(world, workspace), rewriteCount, commitStatus: 'ABORTED' };
  return { ...withCommit(world, workspace, target, sha256, beginEdits()), rewriteCount, commitStatus: 'COMMITTED' };
}

export function withAbort(world: World, workspace: Workspace): World {
  return putWorkspace(world, { ...workspace, abortCount: workspace.abortCount + 1, usedTick: usedNow(world) });
}

/** The world with the target where the workspace led it, which has ended. */
export function withCommit(
  world: World,
  workspace: Workspace,
  target: Snapshot,
  sha256: Sha256,
  session: EditSession,
): World {
  const moved =
    workspace.parent === null ? moveSystem(world, target, sha256) : withParent(world, workspace, target, sha256);
  return endWorkspace(moved, workspace, 'COLLAPSED', session);
}

/** What the fork wrote and expected is the parent's from now on. */
function withParent(world: World, fork: Workspace, target: Snapshot, sha256: Sha256): World {
  const parent = mustGetWorkspace(world, fork.parent!); // it has one
  const head = target.id === parent.head.id ? parent.head : Head.of(parent.base, target, sha256);
  const met = trieEntries(fork.expected).map(({ value }) => value);
  const expected = withExpected(parent.expected, parent.base, met);
  return putWorkspace(world, { ...parent, head, opCount: parent.opCount + fork.opCount, expected });
}
