/** Making and ending workspaces: new ones, forks, those that lead back to an older System, and discarding them. */
import type { Discard, SwsCreated } from '@jitos/kernel';
import { forkAt, undoCollapse as undo, type Undone } from '../../engine/turn-back.ts';
import { mustGetEvent } from '../../engine/history-reader.ts';
import { mustHave, mustSeeEvent, seesAll } from '../auth/access.ts';
import { Failure } from '../../errors/failure.ts';
import { invalid } from '../graphql/json-value.ts';
import { readNumber } from '../graphql/view-input.ts';
import { submit, type CommandBase, type CommandContext } from './command-base.ts';

export interface CreateSwsArgs {
  readonly from?: string | null;
  readonly at?: string | null;
}

export async function createSws(
  context: CommandContext,
  base: CommandBase,
  { from = null, at = null }: CreateSwsArgs,
): Promise<SwsCreated> {
  if (at === null) {
    const parent = from === null ? null : readNumber(from, 'from');
    return await submit(context, { type: 'createWorkspace', from: parent, ...base }, 'SWS_CREATED');
  }
  if (from !== null) throw invalid('at', 'a fork of a workspace is of it as it is');
  const idx = readNumber(at, 'at');
  mustLeadBack(context, 'at');
  return await forkAt(context.open, { ...base, idx }, context.askPast);
}

export interface UndoCollapseArgs {
  readonly id: string;
}

export async function undoCollapse(
  context: CommandContext,
  base: CommandBase,
  { id }: UndoCollapseArgs,
): Promise<Undone> {
  const idx = readNumber(id, 'id');
  mustLeadBack(context, 'id');
  // Why it can not be undone would tell what it is.
  if (!seesAll(context)) mustSeeEvent(context, (await mustGetEvent(context.open.log, idx, 'id')).event, 'id');
  try {
    return await undo(context.open, { ...base, idx }, context.askPast);
  } catch (error) {
    // The collapse is named by its event, there by its number and in the past that is asked by the moment.
    if (!(error instanceof Failure) || (error.place !== 'idx' && error.place !== 'at')) throw error;
    throw new Failure(error.reason, 'id', error.message, { cause: error });
  }
}

/** What leads back is read from System's past, and may be answered with that alone. Throws `ACCESS_DENIED`. */
function mustLeadBack(context: CommandContext, place: string): void {
  for (const verb of ['read', 'write'] as const) mustHave(context, verb, place);
}

export interface DiscardSwsArgs {
  readonly swsId: string;
  readonly reason?: string | null;
}

export async function discardSws(
  context: CommandContext,
  base: CommandBase,
  { swsId, reason = null }: DiscardSwsArgs,
): Promise<Discard> {
  const workspace = readNumber(swsId, 'swsId');
  return await submit(context, { type: 'discardWorkspace', ...base, workspace, reason }, 'DISCARD');
}
