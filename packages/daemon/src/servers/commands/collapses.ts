/** Carrying workspaces into what they were forked from: one by one, or many as one event. */
import { POLICIES, type Collapse, type CollapseBatch, type CollapseWorkspace, type Refusal } from '@jitos/kernel';
import { submitWithReads } from '../../engine/collapse-workspace.ts';
import { Failure } from '../../errors/failure.ts';
import { invalid } from '../graphql/json-value.ts';
import { readNumber } from '../graphql/view-input.ts';
import { argumentPlace, mustHaveWritten, submit, type CommandBase, type CommandContext } from './command-base.ts';
import { readFootprint, type FootprintInput } from './footprint.ts';

export interface PolicyArgs {
  readonly policyId?: number | null;
  readonly policy?: string | null;
}

export interface CollapseSwsArgs extends PolicyArgs {
  readonly swsId: string;
  readonly footprint?: FootprintInput | null;
}

export async function collapseSws(
  context: CommandContext,
  base: CommandBase,
  args: CollapseSwsArgs,
): Promise<Collapse> {
  const reply = await submitWithReads(context.open, { ...readCollapse(args), ...base });
  if ('unsettled' in reply) throw new Error('a collapse was answered as a rebase');
  const event = mustHaveWritten(reply, 'COLLAPSE');
  shelveTarget(context, event);
  return event;
}

/** The caller may come back for the System that it was told of, unless it has moved on already. */
function shelveTarget({ open }: CommandContext, { target, targetSnapshotId }: Collapse | CollapseBatch): void {
  const { system } = open.loop.world;
  if (target === null && system.id === targetSnapshotId) open.shelf.put('system', system);
}

/** A command without what every command has. */
export function readCollapse({
  swsId,
  footprint = null,
  ...policy
}: CollapseSwsArgs): Omit<CollapseWorkspace, keyof CommandBase> {
  return {
    type: 'collapseWorkspace',
    workspace: readNumber(swsId, 'swsId'),
    policyId: readPolicyId(policy, { id: 'policyId', name: 'policy' }),
    footprint: footprint === null ? null : readFootprint(footprint, 'footprint'),
  };
}

/** Null where none is named. Throws `POLICY_UNKNOWN`, and `FORMAT_INVALID` where two are. */
export function readPolicyId(
  { policyId = null, policy = null }: PolicyArgs,
  places: { readonly id: string; readonly name: string },
): number | null {
  if (policy === null) return policyId;
  if (policyId !== null) throw invalid(places.name, 'name a policy by its number or by its name, not by both');
  const found = POLICIES.findLast(({ name }) => name === policy);
  if (found !== undefined) return found.id;
  const names = POLICIES.map(({ name }) => name).join(', ');
  throw new Failure('POLICY_UNKNOWN', places.name, `there is no policy '${policy}': there are ${names}`);
}

export interface CollapseBatchArgs extends PolicyArgs {
  readonly swsIds: readonly string[];
  readonly order: 'ANY' | 'GIVEN';
}

export async function collapseBatch(
  context: CommandContext,
  base: CommandBase,
  { swsIds, order: given, ...policy }: CollapseBatchArgs,
): Promise<CollapseBatch> {
  const policyId = readPolicyId(policy, { id: 'policyId', name: 'policy' });
  const workspaces = swsIds.map((id, i) => readNumber(id, `swsIds[${i}]`));
  const order = given === 'GIVEN' ? 'given' : 'any';
  const command = { type: 'collapseBatch', workspaces, order, policyId, ...base } as const;
  const event = await submit(context, command, 'COLLAPSE_BATCH', batchPlace);
  shelveTarget(context, event);
  return event;
}

function batchPlace(refusal: Refusal): string {
  return argumentPlace({ ...refusal, place: refusal.place.replace(/^workspaces/, 'swsIds') });
}
