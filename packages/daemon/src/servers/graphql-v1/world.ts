/** The world itself: `World`, with its settings, policies and rule packs, which v0 reads too. */
import { resolveCollapsePolicies } from '../graphql/collapses.ts';
import { resolveKernelInfo } from '../graphql/history-queries.ts';
import type { JsonObject } from '../graphql/json-value.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import {
  resolveRulePack,
  resolveRulesStatus,
  rulePackTexts,
  rulesStatusLists,
  type RulePackAnswer,
  type StatusAnswer,
} from '../graphql/rules.ts';
import { resolveWorldSettings } from '../graphql/settings.ts';

/** Its fields are read from the world that the request sees. */
export const WORLD = { type: 'World', id: 'world' } as const;

export function resolveWorld(): typeof WORLD {
  return WORLD;
}

/** A rule pack as `node` finds it. */
export async function findRulePackAnswer(
  context: RequestContext,
  id: string | null,
): Promise<RulePackAnswer & { readonly type: 'RulePack' }> {
  return { ...(await resolveRulePack(undefined, { id }, context)), type: 'RulePack' };
}

/** The fields of `World`. */
export const worldFields = {
  name: (_: unknown, __: unknown, { open }: RequestContext): string => open.name,
  version: (_: unknown, args: unknown, context: RequestContext): unknown =>
    resolveKernelInfo(_, args, context)['version'],
  eventCount: (_: unknown, __: unknown, { world }: RequestContext): string => String(world.history.size),
  tick: (_: unknown, __: unknown, { world }: RequestContext): string => String(world.clock.tick),
  commitStatus: (_: unknown, __: unknown, { world }: RequestContext): string => world.commitStatus,
  settings: (_: unknown, args: unknown, context: RequestContext): JsonObject => resolveWorldSettings(_, args, context),
  policies: (_: unknown, args: unknown, context: RequestContext): readonly JsonObject[] =>
    resolveCollapsePolicies(_, args, context),
  rulePack: (
    _: unknown,
    { id = null }: { readonly id?: string | null },
    context: RequestContext,
  ): Promise<RulePackAnswer> => findRulePackAnswer(context, id),
  proposal: (_: unknown, args: unknown, context: RequestContext): StatusAnswer | null =>
    resolveRulesStatus(_, args, context),
};

/** The fields of `WorldSettings` that v0 tells otherwise. */
export const settingsFields = {
  workspaceIdleTicksMax: ({ workspaceIdleTicksMax: ticks }: JsonObject): string | null =>
    typeof ticks === 'number' ? String(ticks) : null,
};

/** The fields of `CollapsePolicy` that v0 calls otherwise. */
export const policyFields = { number: ({ id }: { readonly id: number }): number => id };

/** The fields of `RulePack`. */
export const rulePackFields = {
  id: ({ id }: RulePackAnswer): string => `rules:${id}`,
  packId: ({ id }: RulePackAnswer): string => id,
  sdl: (pack: RulePackAnswer): string => rulePackTexts.sdl(pack),
  document: (pack: RulePackAnswer): string => rulePackTexts.document_b64(pack),
};

/** The fields of `RulesProposal` that v0 calls otherwise, or that are as long as it wants. */
export const proposalFields = {
  packId: ({ rulePackId }: StatusAnswer): string => rulePackId,
  offenders: (status: StatusAnswer): readonly JsonObject[] => rulesStatusLists.offenders(status),
};

/** The fields of `RuleOffender` that v0 calls otherwise. */
export const ruleOffenderFields = { elementId: ({ id }: { readonly id: string }): string => id };
