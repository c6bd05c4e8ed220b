/** Applying a rewrite to a workspace. */
import { assert } from '../assert.ts';
import type { Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { runRewrite } from '../graph/rewrite.ts';
import type { RewriteApplied } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { triePut, type EditSession } from '../trie/trie.ts';
import { nextSnapshot, type Snapshot } from '../view/snapshot.ts';
import type { Workspace } from '../view/workspace.ts';
import { getWorkspace, type World } from '../world.ts';
import type { ApplyRewrite } from './command.ts';
import { pins, writableWorkspace, type EventDraft, type Outcome } from './outcome.ts';

export function decideApplyRewrite(world: World, command: ApplyRewrite, sha256: Sha256): Outcome | Refusal {
  if (command.view === 'system') {
    return refuse('SYSTEM_IS_READ_ONLY', 'view', 'System moves only by collapse: write to a workspace');
  }
  const found = writableWorkspace(world, command.view, 'view');
  if (!found.ok) return found;
  const { workspace } = found;
  const result = runRewrite(workspace.head.graph, command.ops, sha256);
  if (!result.ok) return result;
  const head = nextSnapshot(workspace.head, result.graph, world.rulePackId, sha256);
  const draft: EventDraft<RewriteApplied> = {
    kind: 'REWRITE_APPLIED',
    view: workspace.number,
    pins: pins(world, null),
    ops: command.ops,
    meta: command.meta,
    rewriteIdx: world.rewriteCount,
    viewDigest: head.digest,
    snapshotId: head.id,
  };
  return { ok: true, draft, state: withHead(world, workspace, head, draft.rewriteIdx) };
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
  const workspace = getWorkspace(world, event.view);
  assert(workspace !== undefined, `history rewrites workspace ${event.view}, which is not open`);
  const moved = event.snapshotId !== workspace.head.id;
  const result = runRewrite(workspace.head.graph, event.ops, sha256, moved ? session : undefined);
  assert(result.ok, 'history holds a rewrite that can not run');
  const head = moved ? { graph: result.graph, digest: event.viewDigest, id: event.snapshotId } : workspace.head;
  return withHead(world, workspace, head, event.rewriteIdx);
}

function withHead(world: World, workspace: Workspace, head: Snapshot, rewriteIdx: number): World {
  const workspaces = triePut(world.workspaces, numberToKey(workspace.number), { ...workspace, head }, null);
  return { ...world, workspaces, rewriteCount: rewriteIdx + 1 };
}
