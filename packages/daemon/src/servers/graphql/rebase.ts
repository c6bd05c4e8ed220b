/** Rebasing a workspace: onto what it collapses into as that is now, with conflicts settled by choices and by ops. */
import { CONFLICTS_TOLD_MAX, digestToHex, sortChoices, type Side } from '@jitos/kernel';
import { submitWithReads } from '../../engine/collapse-workspace.ts';
import { mustGetWorkspace } from '../../engine/world-views.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { CONFLICT_SIZE_BYTES_MAX, conflictAnswers, openSwsAnswer, viewRefAnswer } from './answers.ts';
import { readCollapse, type PreviewArgs } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { commandBase, inputPlace, mustHaveWritten } from './mutations.ts';
import { opPlaceToJson, opsFromJson, readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';

interface RebaseSwsArgs {
  readonly input: PreviewArgs & {
    readonly choices?: readonly { readonly element: string; readonly side: Uppercase<Side> }[] | null;
    readonly ops?: readonly unknown[] | null;
    readonly meta?: unknown;
  };
}

export async function rebaseSws(_: unknown, { input }: RebaseSwsArgs, context: RequestContext): Promise<JsonObject> {
  const { open, budget } = context;
  const ops = input.ops ?? [];
  const choices = (input.choices ?? []).map(({ element, side }, i) => {
    const id = readHash(element, `input.choices[${i}].element`);
    return { id, side: side === 'OURS' ? ('ours' as const) : ('theirs' as const) };
  });
  const command = {
    ...readCollapse(input, 'input.'),
    ...commandBase(input.meta, 'input.meta'),
    type: 'rebaseWorkspace',
    choices: sortChoices(choices),
    ops: ops.length === 0 ? [] : opsFromJson(ops, 'input.ops'),
  } as const;
  budget.reserve('rebaseSws', CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX + jsonSizeBytesOf(input.meta));
  const reply = await submitWithReads(open, command);
  if ('unsettled' in reply) {
    const { unsettled, footprint } = reply;
    const conflicts = conflictAnswers({ conflicts: unsettled.slice(0, CONFLICTS_TOLD_MAX), footprint });
    return { rebased: false, sws: null, receipt: null, conflictCount: String(unsettled.length), conflicts };
  }
  const event = mustHaveWritten(reply, 'REBASE', (refusal) => {
    return refusal.place.startsWith('ops') ? opPlaceToJson(refusal.place, ops, 'input.ops') : inputPlace(refusal);
  });
  const receipt = {
    rewriteIdx: String(event.rewriteIdx),
    view: { ...viewRefAnswer(event.view, digestToHex(event.snapshotId)) },
    viewDigest: digestToHex(event.viewDigest),
  };
  const { world } = open.loop;
  const sws = { ...openSwsAnswer(mustGetWorkspace(world, event.view, 'input.swsId'), world.settings) };
  return { rebased: true, sws, receipt, conflictCount: '0', conflicts: [] };
}
