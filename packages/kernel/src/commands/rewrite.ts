/** Applying a rewrite to a workspace. */
import { assert } from '../assert.ts';
import type { Sha256 } from '../bytes/digest.ts';
import type { ElementValue } from '../graph/element.ts';
import { REWRITE_HASHED_SIZE_MAX, runRewrite } from '../graph/rewrite.ts';
import type { RewriteApplied } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import type { EditSession } from '../trie/trie.ts';
import { Head } from '../view/head.ts';
import { nextSnapshot, type Snapshot } from '../view/snapshot.ts';
import { withExpected, type Workspace } from '../view/workspace.ts';
import { mustGetWorkspace, putWorkspace, usedNow, type World } from '../world.ts';
import type { ApplyRewrite } from './command.ts';
import { pins, workspaceOpsMaxOf, writableWorkspace, type EventDraft, type Outcome } from './outcome.ts';

export function decideApplyRewrite(world: World, command: ApplyRewrite, sha256: Sha256): Outcome | Refusal {
  if (command.view === 'system') {
    return refuse('SYSTEM_IS_READ_ONLY', 'view', 'System moves only by collapse: write to a workspace');
  }
  const found = writableWorkspace(world, command.view, 'view');
  if (!found.ok) return found;
  const { workspace } = found;
  const opsMax = workspaceOpsMaxOf(world, workspace);
  if (workspace.opCount + command.ops.length > opsMax) {
    return refuse('WORKSPACE_TOO_LARGE', 'view', `a workspace takes at most ${opsMax} ops since its base`);
  }
  const result = runRewrite(workspace.head.graph, command.ops, workspace.head.rules, sha256, {
    hashedSizeMax: REWRITE_HASHED_SIZE_MAX,
  });
  if (!result.ok) return result;
  const next = nextSnapshot(workspace.head, result.graph, sha256);
  const head = next === workspace.head ? next : Head.of(workspace.base, next, sha256);
  const draft: EventDraft<RewriteApplied> = {
    kind: 'REWRITE_APPLIED',
    view: workspace.number,
    pins: { ...pins(world, null), rulePackId: workspace.head.rules.id },
    ops: command.ops,
    meta: command.meta,
    rewriteIdx: world.rewriteCount,
    viewDigest: head.digest,
    snapshotId: head.id,
  };
  return { ok: true, draft, state: withRewrite(world, workspace, head, draft, result.met) };
}

/**
 * Trusts the digests that the event records: whoever verifies compares them with the graph's own. Graph nodes that `session`
 * owns change in place, unless the event says that it changes nothing.
 */
export function applyRewriteApplied(
  world: World,
  event: EventDraft<RewriteApplied>,
  sha256: Sha256,
  session?: EditSession,
): World {
  const workspace = mustGetWorkspace(world, event.view);
  const { graph, rules, id } = workspace.head;
  const moved = event.snapshotId !== id;
  const result = runRewrite(graph, event.ops, rules, sha256, moved ? { session } : {});
  assert(result.ok, 'history holds a rewrite that can not run');
  const { viewDigest: digest, snapshotId } = event;
  const next = { rules, graph: result.graph, digest, id: snapshotId };
  const head = moved ? Head.of(workspace.base, next, sha256) : workspace.head;
  return withRewrite(world, workspace, head, event, result.met);
}

function withRewrite(
  world: World,
  workspace: Workspace,
  head: Snapshot,
  { ops, rewriteIdx }: EventDraft<RewriteApplied>,
  met: readonly ElementValue[],
): World {
  const expected = withExpected(workspace.expected, workspace.base, met);
  const opCount = workspace.opCount + ops.length;
  const rewritten = { ...workspace, head, opCount, expected, usedTick: usedNow(world) };
  return { ...putWorkspace(world, rewritten), rewriteCount: rewriteIdx + 1 };
}
