/**
 * Collapsing workspaces into their target by one command.
 *
 * Each of them is merged as a collapse by itself would merge it, onto what those before it led to, and commits or aborts by
 * itself. The target's digest and snapshot are made once, at the end: nothing between is hashed.
 *
 * - D1 Where the order is `any`, no two write sets meet, nor do the slots that the merges moved: so no outcome depends on it, and
 *      entries stand in that of the workspaces' numbers. Where it is `given`, who comes first wins.
 * - D2 While a rule pack is checked, System takes no batch: that pack may count what the one in force does not, and what two
 *      workspaces do together would depend on the order.
 */
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { digestToHex } from '../bytes/digest.ts';
import { conflictsDigest } from '../collapse/conflict.ts';
import { applyMerge, mergeFork, NO_CHOICES, type Merge } from '../collapse/merge.ts';
import { policyById, type Policy } from '../collapse/policy.ts';
import { claim, movedSlots, writtenMembers, type Claims } from '../collapse/write-set.ts';
import type { Graph } from '../graph/graph.ts';
import {
  CONFLICTS_TOLD_MAX,
  isCommitted,
  type BatchEntry,
  type BatchOrder,
  type CollapseBatch,
} from '../history/event.ts';
import { beginEdits } from '../trie/trie.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { batchSnapshot, type Snapshot } from '../view/snapshot.ts';
import type { Workspace } from '../view/workspace.ts';
import { mustGetWorkspace, targetOf, type World } from '../world.ts';
import { attentionProblem, footprintRefusal, forkOf, sideOf, sizeProblem, withAbort, withCommit } from './collapse.ts';
import { batchNumbers, type CollapseBatchCommand } from './command.ts';
import { ageProblem, openWorkspace, pins, type EventDraft, type Outcome } from './outcome.ts';

const PLACE = 'workspaces';

export function decideCollapseBatch(world: World, command: CollapseBatchCommand, sha256: Sha256): Outcome | Refusal {
  const policy = policyById(command.policyId ?? world.settings.defaultPolicyId);
  if (policy === undefined) return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${command.policyId}`);
  const found = findMembers(world, batchNumbers(command), policy);
  if (!found.ok) return found;
  const { members, target } = found;
  const theirs = targetOf(world, members[0]!); // a batch has one at least
  const batch = mergeAll(theirs, members, { policy, order: command.order }, sha256);
  if (!batch.ok) return batch;
  const { entries, graph } = batch;
  const after = batchSnapshot(theirs, committedHeads(members, entries), graph, sha256);
  const committed = entries.filter(isCommitted);
  const draft: EventDraft<CollapseBatch> = {
    kind: 'COLLAPSE_BATCH',
    view: null,
    pins: pins(world, policy.id),
    order: command.order,
    entries,
    meta: command.meta,
    rewriteIdx: world.rewriteCount,
    target,
    targetDigest: after.digest,
    targetSnapshotId: after.id,
    theirs: sideOf(theirs),
    committedCount: committed.length,
    abortedCount: entries.length - committed.length,
    changed: {
      nodes: committed.reduce((sum, { changed }) => sum + changed.nodes, 0),
      edges: committed.reduce((sum, { changed }) => sum + changed.edges, 0),
    },
  };
  return { ok: true, draft, state: withBatch(world, draft, after, sha256) };
}

interface Members {
  readonly ok: true;
  /** One at least. */
  readonly members: readonly Workspace[];
  readonly target: number | null;
}

/** The workspaces, if each could be collapsed by itself and all have one target. */
function findMembers(world: World, numbers: readonly number[], policy: Policy): Members | Refusal {
  const members: Workspace[] = [];
  for (const number of numbers) {
    const open = openWorkspace(world, number, PLACE);
    if (!open.ok) return open;
    members.push(open.workspace);
  }
  const target = members[0]!.parent; // a batch has one at least
  for (const member of members) {
    const problem =
      parentProblem(member, target) ??
      (target === null ? ageProblem(world, member, PLACE) : undefined) ??
      attentionProblem(world, member, PLACE) ??
      unreadProblem(member, policy);
    if (problem !== undefined) return problem;
  }
  const opCount = members.reduce((sum, member) => sum + member.opCount, 0);
  const problem =
    target === null ? (busyProblem(world) ?? opsProblem(world, opCount)) : sizeProblem(world, target, opCount, PLACE);
  return problem ?? { ok: true, members, target };
}

/** A batch has no place for footprints. */
function unreadProblem(member: Workspace, policy: Policy): Refusal | undefined {
  const unread = footprintRefusal(member, policy, null);
  return unread && { ...unread, place: 'policyId' };
}

function parentProblem({ number, parent }: Workspace, target: number | null): Refusal | undefined {
  if (parent === target) return undefined;
  const [one, other] = [parent, target].map((view) => (view === null ? 'System' : `workspace ${view}`));
  const detail = `workspace ${number} would be collapsed into ${one}, and others of the batch into ${other}`;
  return refuse('BATCH_INVALID', PLACE, detail);
}

/** D2. */
function busyProblem({ installation }: World): Refusal | undefined {
  if (installation?.status !== 'checking') return undefined;
  const detail = `event ${installation.proposedIdx} proposed a rule pack that is being checked`;
  return refuse('RULES_BUSY', PLACE, detail);
}

/** A batch is decided in one go, as the largest workspace is. */
function opsProblem({ settings: { workspaceOpsMax } }: World, opCount: number): Refusal | undefined {
  if (opCount <= workspaceOpsMax) return undefined;
  const detail = `the workspaces have ${opCount} ops together, and may have ${workspaceOpsMax}`;
  return refuse('BATCH_INVALID', PLACE, detail);
}

interface Merged {
  readonly ok: true;
  readonly entries: readonly BatchEntry[];
  readonly graph: Graph;
}

interface BatchTerms {
  readonly policy: Policy;
  readonly order: BatchOrder;
}

function mergeAll(
  theirs: Snapshot,
  members: readonly Workspace[],
  { policy, order }: BatchTerms,
  sha256: Sha256,
): Merged | Refusal {
  const claims: Claims = new Map();
  const entries: BatchEntry[] = [];
  let { graph } = theirs;
  let toldLeft = CONFLICTS_TOLD_MAX;
  for (const member of members) {
    const { number, expected } = member;
    const fork = { ...forkOf(theirs, member), theirs: graph };
    const merge = mergeFork(fork, { policy, expected, footprint: null, choices: NO_CHOICES }, sha256);
    if (order === 'any') {
      const written = writtenMembers(fork.rules, merge.changes, expected, sha256);
      const moved = movedSlots(graph.slots, merge.slots);
      const shared = claimAll(claims, written, number) ?? claimAll(claims, moved, number);
      if (shared !== undefined) return shared;
    }
    const entry = entryOf(member, merge, toldLeft, sha256);
    toldLeft -= entry.conflicts.length;
    entries.push(entry);
    graph = merge.graph ?? graph;
  }
  return { ok: true, entries, graph };
}

function claimAll(claims: Claims, members: Iterable<Digest>, number: number): Refusal | undefined {
  const meeting = claim(claims, members, number);
  if (meeting === undefined) return undefined;
  const detail = `workspaces ${meeting.other} and ${number} both need ${digestToHex(meeting.member)} to themselves`;
  return refuse('BATCH_NOT_DISJOINT', PLACE, detail);
}

function entryOf(member: Workspace, merge: Merge, toldMax: number, sha256: Sha256): BatchEntry {
  return {
    workspace: member.number,
    createdIdx: member.createdIdx,
    base: sideOf(member.base),
    ours: sideOf(member.head),
    changed: merge.changed,
    conflictCount: merge.conflicts.length,
    conflictsDigest: conflictsDigest(merge.conflicts, sha256),
    conflicts: merge.conflicts.slice(0, toldMax),
    resolutions: merge.resolutions,
  };
}

function committedHeads(members: readonly Workspace[], entries: readonly BatchEntry[]): Digest[] {
  return members.filter((_, i) => isCommitted(entries[i]!)).map(({ head }) => head.id); // an entry each
}

/** Trusts the outcomes, the resolutions and the digests that the event records. */
export function applyCollapseBatch(world: World, event: EventDraft<CollapseBatch>, sha256: Sha256): World {
  const theirs = event.target === null ? world.system : mustGetWorkspace(world, event.target).head;
  if (event.targetSnapshotId === theirs.id) return withBatch(world, event, theirs, sha256);
  let { graph } = theirs;
  for (const { workspace, resolutions } of event.entries.filter(isCommitted)) {
    const fork = { ...forkOf(theirs, mustGetWorkspace(world, workspace)), theirs: graph };
    graph = applyMerge(fork, resolutions, sha256);
  }
  const { rules } = theirs;
  const after = { rules, graph, digest: event.targetDigest, id: event.targetSnapshotId };
  return withBatch(world, event, after, sha256);
}

function withBatch(world: World, event: EventDraft<CollapseBatch>, target: Snapshot, sha256: Sha256): World {
  const session = beginEdits();
  let state = world;
  for (const entry of event.entries) {
    const member = mustGetWorkspace(state, entry.workspace);
    state = isCommitted(entry) ? withCommit(state, member, target, sha256, session) : withAbort(state, member);
  }
  const commitStatus = event.committedCount > 0 ? 'COMMITTED' : 'ABORTED';
  return { ...state, rewriteCount: event.rewriteIdx + 1, commitStatus };
}
