/**
 * Rebasing a workspace onto what it collapses into as that is now, with conflicts settled by choices and by ops; and asking
 * what that would come to.
 */
import {
  CONFLICTS_TOLD_MAX,
  digestToHex,
  sortChoices,
  type Rebase,
  type RebaseWorkspace,
  type Side,
  type Workspace,
  type WorldSettings,
} from '@jitos/kernel';
import { previewRebase, submitWithReads, type Unsettled } from '../../engine/collapse-workspace.ts';
import { mustGetWorkspace } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { CONFLICT_SIZE_BYTES_MAX, conflictAnswers, openSwsAnswer, viewRefAnswer } from './answers.ts';
import { previewCost, readCollapse, type PreviewArgs } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { commandBase, inputPlace, mustHaveWritten, type CommandBase } from './mutations.ts';
import { opPlaceToJson, opsFromJson, readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';

interface RebaseArgs extends PreviewArgs {
  readonly choices?: readonly { readonly element: string; readonly side: Uppercase<Side> }[] | null;
  readonly ops?: readonly unknown[] | null;
}

interface RebaseSwsArgs {
  readonly input: RebaseArgs & { readonly meta?: unknown };
}

const CONFLICTS_SIZE_BYTES_MAX = CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX;

export async function rebaseSws(_: unknown, { input }: RebaseSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { open, budget } = context;
  const command = { ...readRebase(input, 'input.'), ...commandBase(context, input.meta, 'input.meta') };
  budget.reserve('rebaseSws', CONFLICTS_SIZE_BYTES_MAX + jsonSizeBytesOf(input.meta));
  const reply = await submitWithReads(open, command);
  if ('unsettled' in reply) return unsettledAnswer(reply);
  const event = mustHaveWritten(reply, 'REBASE', (refusal) => {
    return refusal.place.startsWith('ops')
      ? opPlaceToJson(refusal.place, input.ops ?? [], 'input.ops')
      : inputPlace(refusal);
  });
  const { world } = open.loop;
  return rebasedAnswer(event, mustGetWorkspace(world, event.view, 'input.swsId'), world.settings);
}

export function resolvePreviewRebase(_: unknown, args: RebaseArgs, context: RequestContext): JsonObject {
  const { open, world, budget } = context;
  budget.reserve('previewRebase', CONFLICTS_SIZE_BYTES_MAX);
  const request = { ...readRebase(args, ''), ...commandBase(context, null, '') };
  // Its ops are run, though nobody keeps what they write.
  budget.beginPage();
  const reply = previewRebase(open, world, request);
  budget.endPage(previewCost(world, request) + request.ops.length, 0);
  if ('unsettled' in reply) return unsettledAnswer(reply);
  if (!('ok' in reply)) return rebasedAnswer(reply.event, reply.workspace, world.settings);
  const { place, reason, detail } = reply;
  if (place.startsWith('ops')) throw new Failure(reason, opPlaceToJson(place, args.ops ?? [], 'ops'), detail);
  throw new Failure(reason, place === 'workspace' ? 'swsId' : place, detail);
}

/** A command without what every command has; `place` stands before the names of its arguments. */
function readRebase({ choices, ops, ...args }: RebaseArgs, place: string): Omit<RebaseWorkspace, keyof CommandBase> {
  const sides = (choices ?? []).map(({ element, side }, i) => {
    const id = readHash(element, `${place}choices[${i}].element`);
    return { id, side: side === 'OURS' ? ('ours' as const) : ('theirs' as const) };
  });
  return {
    ...readCollapse(args, place),
    type: 'rebaseWorkspace',
    choices: sortChoices(sides),
    // A rewrite has one op at least; a rebase may have none.
    ops: ops === undefined || ops === null || ops.length === 0 ? [] : opsFromJson(ops, `${place}ops`),
  };
}

function unsettledAnswer({ unsettled, footprint }: Unsettled): JsonObject {
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
