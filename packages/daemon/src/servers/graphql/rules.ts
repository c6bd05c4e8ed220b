/** Rule packs over GraphQL: the one in force, the one proposed last, and how far its check is. */
import { Failure } from '../../errors/failure.ts';
import { findRulePack } from '../../engine/find-rule-pack.ts';
import {
  bytesToArray,
  digestToHex,
  OFFENDERS_TOLD_MAX,
  ruleText,
  type Installation,
  type RuleBreak,
  type RulePack,
  type RulesProposed,
  type RulesWithdrawn,
} from '@jitos/kernel';
import {
  proposeRulePack as propose,
  withdrawRulePack as withdraw,
  type ProposeRulePackArgs,
  type WithdrawRulePackArgs,
} from '../commands/rules.ts';
import { printRules } from '../rules/print-rules.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import type { JsonObject } from './json-value.ts';
import { runInput, type WithMeta } from './mutations.ts';
import { readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';

/** What an offender takes as JSON, with a comma: two ids, the fields of a constraint twice, and a sentence. */
const OFFENDER_SIZE_BYTES_MAX = 3072;
/** What a pack takes as SDL and in base64 is some times its document. */
const PRINTED_FACTOR = 8;

/** Any pack that is or was in force, or was proposed last. */
export async function resolveRulePack(
  _: unknown,
  args: { readonly id?: string | null },
  context: RequestContext,
): Promise<RulePackAnswer> {
  const { open, world, budget } = context;
  const id = args.id === undefined || args.id === null ? world.system.rules.id : readHash(args.id, 'id');
  const rules = await budget.inTurn(() => findRulePack(open, world, id));
  if (rules === undefined) {
    throw new Failure('RULE_PACK_NOT_FOUND', 'id', `the world never was under the rule pack ${digestToHex(id)}`);
  }
  budget.reserve('rulePack', rules.bytes.length * PRINTED_FACTOR);
  return { id: digestToHex(rules.id), rules };
}

export interface RulePackAnswer {
  readonly id: string;
  /** For the fields that are worked out only when they are asked for. */
  readonly rules: RulePack;
}

/** The fields of `RulePack` that are as long as the pack. */
export const rulePackTexts = {
  sdl: ({ rules }: RulePackAnswer): string => printRules(rules),
  document_b64: ({ rules }: RulePackAnswer): string => Buffer.from(bytesToArray(rules.bytes)).toString('base64'),
};

export function resolveRulesStatus(_: unknown, __: unknown, { world, budget }: RequestContext): StatusAnswer | null {
  const { installation } = world;
  if (installation === null) return null;
  budget.reserve('rulesStatus', installation.offenders.length * OFFENDER_SIZE_BYTES_MAX);
  return statusAnswer(installation);
}

export interface StatusAnswer {
  readonly state: string;
  readonly rulePackId: string;
  readonly proposedAt: string;
  readonly endedAt: string | null;
  readonly checkedCount: string;
  readonly offenderCount: string;
  readonly offendersDigest: string | null;
  /** For `offenders`. */
  readonly breaks: readonly RuleBreak[];
}

function statusAnswer(installation: Installation): StatusAnswer {
  const { status, rules, proposedIdx, endedIdx, checkedCount, offenders, offenderCount, offendersDigest } =
    installation;
  return {
    state: status.toUpperCase(),
    rulePackId: digestToHex(rules.id),
    proposedAt: String(proposedIdx),
    endedAt: endedIdx === null ? null : String(endedIdx),
    checkedCount: String(checkedCount),
    offenderCount: String(offenderCount),
    offendersDigest: offendersDigest === null ? null : digestToHex(offendersDigest),
    breaks: offenders,
  };
}

/** The fields of `RulesStatus` that are worked out only when they are asked for. */
export const rulesStatusLists = {
  offenders: ({ breaks }: StatusAnswer): readonly JsonObject[] => breaks.map(offenderAnswer),
};

function offenderAnswer(offender: RuleBreak): JsonObject {
  const { element, id, rule, subject, other } = offender;
  const ids = { id: digestToHex(id), other: other === null ? null : digestToHex(other) };
  return { element, ...ids, rule, subject, detail: ruleText(offender) };
}

export interface ProposedAnswer {
  readonly rulePackId: string;
  readonly status: StatusAnswer;
}

export async function proposeRulePack(
  _: unknown,
  { input }: { readonly input: WithMeta<ProposeRulePackArgs> },
  context: RequestContext,
): Promise<ProposedAnswer> {
  const sizeBytesMax = jsonSizeBytesOf(input.meta) + OFFENDERS_TOLD_MAX * OFFENDER_SIZE_BYTES_MAX;
  context.budget.reserve('proposeRulePack', sizeBytesMax);
  return proposedAnswer(await runInput(propose, input, context), context);
}

export function proposedAnswer(event: RulesProposed, { open }: Pick<RequestContext, 'open'>): ProposedAnswer {
  const { installation } = open.loop.world;
  // A retry may come after the next proposal: then that one is told of.
  if (installation === null) throw new Error(`event ${event.idx} proposed a rule pack, and there is none`);
  return { rulePackId: digestToHex(event.rulePackId), status: statusAnswer(installation) };
}

export async function withdrawRulePack(
  _: unknown,
  { input }: { readonly input: WithMeta<WithdrawRulePackArgs> },
  context: RequestContext,
): Promise<JsonObject> {
  context.budget.reserve('withdrawRulePack', jsonSizeBytesOf(input.meta));
  return withdrawnAnswer(await runInput(withdraw, input, context));
}

export function withdrawnAnswer(event: RulesWithdrawn): JsonObject {
  return { rulePackId: digestToHex(event.rulePackId), withdrawnAt: String(event.idx) };
}
