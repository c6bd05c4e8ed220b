/**
 * Rebasing a workspace: its changes are merged onto its target as that is now, which becomes its base.
 *
 * It is the merge of a collapse in the other direction: *ours* is the workspace here, too. What conflicts is settled in the
 * same command, by choosing sides of elements, and by ops that run on what the merge gave.
 *
 * - B1 A rebase that leaves a conflict is refused, and writes nothing.
 * - B2 What the workspace expected is met by the new base, or a side was chosen against it and it is forgotten.
 * - B3 A workspace with forks is not rebased: they stand on its base.
 * - B4 A collapse at once after it, by the same policy, leads where it would have led before.
 */
import type { Sha256 } from '../bytes/digest.ts';
import { applyMerge, mergeFork } from '../collapse/merge.ts';
import { policyById } from '../collapse/policy.ts';
import type { ElementValue } from '../graph/element.ts';
import { elementValue, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { REWRITE_HASHED_SIZE_MAX, runRewrite, type RewriteOptions, type RewriteResult } from '../graph/rewrite.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import type { Rebase } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { assert } from '../assert.ts';
import { beginEdits, trieCount, trieRemove, type Trie } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import { Head } from '../view/head.ts';
import { rebasedSnapshot, type Snapshot } from '../view/snapshot.ts';
import { withExpected, writtenBy, type Workspace } from '../view/workspace.ts';
import { basedNow, getWorkspace, mustGetWorkspace, putWorkspace, targetOf, usedNow, type World } from '../world.ts';
import { footprintRefusal, forkOf, mergeSizeProblem } from './collapse.ts';
import type { RebaseWorkspace } from './command.ts';
import { openWorkspace, pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideRebaseWorkspace(world: World, command: RebaseWorkspace, sha256: Sha256): Outcome | Refusal {
  const found = openWorkspace(world, command.workspace, 'workspace');
  if (!found.ok) return found;
  const { workspace } = found;
  const policy = policyById(command.policyId ?? world.settings.defaultPolicyId);
  if (policy === undefined) return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${command.policyId}`);
  const forkCount = trieCount(workspace.children);
  if (forkCount > 0) {
    const detail = `workspace ${workspace.number} has ${forkCount} forks, which stand on its base`;
    return refuse('WORKSPACE_HAS_FORKS', 'workspace', detail);
  }
  const unread = footprintRefusal(workspace, policy, command.footprint);
  if (unread !== undefined) return unread;
  const theirs = targetOf(world, workspace);
  const choices = new Map(command.choices.map(({ id, side }) => [id, side]));
  const terms = { policy, expected: workspace.expected, footprint: command.footprint, choices };
  const merge = mergeFork(forkOf(theirs, workspace), terms, sha256);
  if (merge.graph === null) {
    const count = merge.conflicts.length;
    return refuse('REBASE_CONFLICTS', 'workspace', `${count} elements are in conflict: choose a side for each`);
  }
  const tooLarge = mergeSizeProblem(workspace, merge.resolutions);
  if (tooLarge !== undefined) return tooLarge;
  const result = runOps(merge.graph, command.ops, theirs.rules, sha256, { hashedSizeMax: REWRITE_HASHED_SIZE_MAX });
  if (!result.ok) return result;
  const head = rebasedSnapshot(theirs, workspace.head, result.graph, sha256);
  const draft: EventDraft<Rebase> = {
    kind: 'REBASE',
    view: workspace.number,
    pins: pins(world, policy.id),
    choices: command.choices,
    ops: command.ops,
    footprint: command.footprint,
    resolutions: merge.resolutions,
    meta: command.meta,
    rewriteIdx: world.rewriteCount,
    viewDigest: head.digest,
    snapshotId: head.id,
    target: workspace.parent,
    baseSnapshotId: theirs.id,
    changed: merge.changed,
  };
  return { ok: true, draft, state: withRebase(world, workspace, draft, { theirs, head, met: result.met }, sha256) };
}

function runOps(
  graph: Graph,
  ops: readonly Op[],
  rules: RulePack,
  sha256: Sha256,
  options: RewriteOptions,
): RewriteResult | Refusal {
  return ops.length === 0 ? { ok: true, graph, met: [] } : runRewrite(graph, ops, rules, sha256, options);
}

/** Trusts the resolutions and the digests that the event records. */
export function applyRebase(world: World, event: EventDraft<Rebase>, sha256: Sha256): World {
  const workspace = mustGetWorkspace(world, event.view);
  const theirs = targetOf(world, workspace);
  const merged = applyMerge(forkOf(theirs, workspace), event.resolutions, sha256);
  const result = runOps(merged, event.ops, theirs.rules, sha256, {});
  assert(result.ok, 'history holds a rebase whose ops can not run');
  const head = { rules: theirs.rules, graph: result.graph, digest: event.viewDigest, id: event.snapshotId };
  return withRebase(world, workspace, event, { theirs, head, met: result.met }, sha256);
}

interface Rebased {
  readonly theirs: Snapshot;
  readonly head: Snapshot;
  readonly met: readonly ElementValue[];
}

function withRebase(
  world: World,
  workspace: Workspace,
  { changed, ops, rewriteIdx }: EventDraft<Rebase>,
  { theirs, head, met }: Rebased,
  sha256: Sha256,
): World {
  const parent = workspace.parent === null ? undefined : getWorkspace(world, workspace.parent);
  const rebased: Workspace = {
    ...workspace,
    base: theirs,
    baseView: workspace.parent,
    baseSystemChanges: parent === undefined ? world.systemChanges : parent.baseSystemChanges,
    baseTick: parent === undefined ? basedNow(world) : parent.baseTick,
    head: head.id === theirs.id ? theirs : Head.of(theirs, head, sha256),
    parentAtFork: parent === undefined ? null : writtenBy(parent),
    opCount: changed.nodes + changed.edges + ops.length,
    abortCount: 0,
    usedTick: usedNow(world),
    expected: withExpected(stillExpected(workspace.expected, theirs), theirs, met),
  };
  return { ...putWorkspace(world, rebased), rewriteCount: rewriteIdx + 1 };
}

/** Without what is expected of an element whose side was chosen against that (B2). */
function stillExpected(expected: Trie<ElementValue>, { graph }: Snapshot): Trie<ElementValue> {
  const session = beginEdits();
  let left = expected;
  for (const { key, value } of trieEntries(expected)) {
    if (elementValue(graph, value.element, value.id) !== value.value) left = trieRemove(left, key, session);
  }
  return left;
}
