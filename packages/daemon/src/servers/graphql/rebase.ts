/**
 * Rebasing a workspace onto what it collapses into as that is now, with conflicts settled by choices and by ops; and asking
 * what that would come to.
 */
import { CONFLICTS_TOLD_MAX, digestToHex, type Rebase, type Workspace, type WorldSettings } from '@jitos/kernel';
import { previewRebase, type Unsettled } from '../../engine/collapse-workspace.ts';
import { mustSee } from '../auth/access.ts';
import { mustGetWorkspace } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { metaBase } from '../commands/command-base.ts';
import { readRebase, rebasePlace, rebaseSws as rebase, type RebaseSwsArgs } from '../commands/rebase.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { CONFLICT_SIZE_BYTES_MAX, conflictAnswers, openSwsAnswer, viewRefAnswer } from './answers.ts';
import { previewCost } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { runInput, type WithMeta } from './mutations.ts';
import type { RequestContext } from './request-context.ts';

const CONFLICTS_SIZE_BYTES_MAX = CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX;

export async function rebaseSws(
  _: unknown,
  { input }: { readonly input: WithMeta<RebaseSwsArgs> },
  context: RequestContext,
): Promise<JsonObject> {
  context.budget.reserve('rebaseSws', CONFLICTS_SIZE_BYTES_MAX + jsonSizeBytesOf(input.meta));
  const outcome = await runInput(rebase, input, context);
  return 'unsettled' in outcome ? unsettledAnswer(outcome) : rebaseAnswer(outcome, context, 'input.swsId');
}

/** The workspace is told of as it is. Throws `WORKSPACE_ENDED` at `place` for a retry that comes after its end. */
export function rebaseAnswer(event: Rebase, { open }: Pick<RequestContext, 'open'>, place: string): JsonObject {
  const { world } = open.loop;
  return rebasedAnswer(event, mustGetWorkspace(world, event.view, place), world.settings);
}

export function resolvePreviewRebase(_: unknown, args: RebaseSwsArgs, context: RequestContext): JsonObject {
  const { open, world, budget } = context;
  budget.reserve('previewRebase', CONFLICTS_SIZE_BYTES_MAX);
  const request = { ...readRebase(args), ...metaBase(context, null) };
  // Its ops are run, though nobody keeps what they write.
  mustSee(context, request.workspace, 'swsId');
  budget.beginPage();
  const reply = previewRebase(open, world, request);
  budget.endPage(previewCost(world, request) + request.ops.length, 0);
  if ('unsettled' in reply) return unsettledAnswer(reply);
  if (!('ok' in reply)) return rebasedAnswer(reply.event, reply.workspace, world.settings);
  throw new Failure(reply.reason, rebasePlace(reply, args), reply.detail);
}

export function unsettledAnswer({ unsettled, footprint }: Unsettled): JsonObject {
  const conflicts = conflictAnswers({ conflicts: unsettled.slice(0, CONFLICTS_TOLD_MAX), footprint });
  return { rebased: false, sws: null, receipt: null, conflictCount: String(unsettled.length), conflicts };
}

function rebasedAnswer(event: Rebase, workspace: Workspace, settings: WorldSettings): JsonObject {
  const receipt = {
    rewriteIdx: String(event.rewriteIdx),
    view: { ...viewRefAnswer(event.view, digestToHex(event.snapshotId)) },
    viewDigest: digestToHex(event.viewDigest),
  };
  const sws = { ...openSwsAnswer(workspace, settings) };
  return { rebased: true, sws, receipt, conflictCount: '0', conflicts: [] };
}
