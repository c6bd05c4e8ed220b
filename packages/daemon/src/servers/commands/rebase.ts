/** Merging a workspace onto what it collapses into, with conflicts settled by choices and by ops. */
import { sortChoices, type Rebase, type RebaseWorkspace, type Refusal, type Side } from '@jitos/kernel';
import { submitWithReads, type Unsettled } from '../../engine/collapse-workspace.ts';
import { opPlaceToJson, opsFromJson, readHash } from '../graphql/op-json.ts';
import { readCollapse, type CollapseSwsArgs } from './collapses.ts';
import { argumentPlace, mustHaveWritten, type CommandBase, type CommandContext } from './command-base.ts';

export interface RebaseSwsArgs extends CollapseSwsArgs {
  readonly choices?: readonly { readonly element: string; readonly side: Uppercase<Side> }[] | null;
  readonly ops?: readonly unknown[] | null;
}

/** Where conflicts are left nothing is written. */
export async function rebaseSws(
  context: CommandContext,
  base: CommandBase,
  args: RebaseSwsArgs,
): Promise<Rebase | Unsettled> {
  const reply = await submitWithReads(context.open, { ...readRebase(args), ...base });
  if ('unsettled' in reply) return reply;
  return mustHaveWritten(reply, 'REBASE', (refusal) => rebasePlace(refusal, args));
}

/** A command without what every command has. */
export function readRebase({ choices, ops, ...args }: RebaseSwsArgs): Omit<RebaseWorkspace, keyof CommandBase> {
  const sides = (choices ?? []).map(({ element, side }, i) => {
    const id = readHash(element, `choices[${i}].element`);
    return { id, side: side === 'OURS' ? ('ours' as const) : ('theirs' as const) };
  });
  return {
    ...readCollapse(args),
    type: 'rebaseWorkspace',
    choices: sortChoices(sides),
    // A rewrite has one op at least; a rebase may have none.
    ops: ops === undefined || ops === null || ops.length === 0 ? [] : opsFromJson(ops, 'ops'),
  };
}

export function rebasePlace(refusal: Refusal, { ops }: RebaseSwsArgs): string {
  return refusal.place.startsWith('ops') ? opPlaceToJson(refusal.place, ops ?? [], 'ops') : argumentPlace(refusal);
}
