/** Writing ops to a workspace, all or none. */
import type { Refusal, RewriteApplied } from '@jitos/kernel';
import { opPlaceToJson, opsFromJson } from '../graphql/op-json.ts';
import { readViewId, refuseSnapshotId, type ViewRefInput } from '../graphql/view-input.ts';
import { submit, type CommandBase, type CommandContext } from './command-base.ts';

export interface ApplyRewriteArgs {
  readonly view: ViewRefInput;
  readonly ops: readonly unknown[];
}

export async function applyRewrite(
  context: CommandContext,
  base: CommandBase,
  args: ApplyRewriteArgs,
): Promise<RewriteApplied> {
  const { ops } = args;
  const view = readViewId(args.view, 'view');
  refuseSnapshotId(args.view, 'view');
  const command = { type: 'applyRewrite', ...base, view, ops: opsFromJson(ops, 'ops') } as const;
  return await submit(context, command, 'REWRITE_APPLIED', (refusal) => rewritePlace(refusal, ops));
}

function rewritePlace({ reason, place }: Refusal, ops: readonly unknown[]): string {
  if (place === 'view') return reason === 'SYSTEM_IS_READ_ONLY' ? 'view' : 'view.swsId';
  return place.startsWith('ops') ? opPlaceToJson(place, ops, 'ops') : place;
}
