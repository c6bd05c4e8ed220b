/** Proposing rule packs, written as SDL, and taking proposals back. */
import type { Refusal, RulesProposed, RulesWithdrawn } from '@jitos/kernel';
import { readNumber } from '../graphql/view-input.ts';
import { readRules } from '../rules/read-rules.ts';
import { argumentPlace, submit, type CommandBase, type CommandContext } from './command-base.ts';

export interface ProposeRulePackArgs {
  readonly sdl: string;
}

export async function proposeRulePack(
  context: CommandContext,
  base: CommandBase,
  { sdl }: ProposeRulePackArgs,
): Promise<RulesProposed> {
  const written = readRules(sdl, 'sdl');
  return await submit(context, { type: 'proposeRules', ...base, ...written }, 'RULES_PROPOSED', proposalPlace);
}

/** The kernel's places are in the document; the caller wrote SDL. */
function proposalPlace({ place }: Refusal): string {
  if (place === 'rules' || place === '') return 'sdl';
  return place.startsWith('meta') ? place : `sdl: ${place}`;
}

export interface WithdrawRulePackArgs {
  readonly proposedAt: string;
}

export async function withdrawRulePack(
  context: CommandContext,
  base: CommandBase,
  { proposedAt }: WithdrawRulePackArgs,
): Promise<RulesWithdrawn> {
  const proposedIdx = readNumber(proposedAt, 'proposedAt');
  return await submit(context, { type: 'withdrawRules', ...base, proposedIdx }, 'RULES_WITHDRAWN', (refusal) => {
    return refusal.place === 'proposedIdx' ? 'proposedAt' : argumentPlace(refusal);
  });
}
