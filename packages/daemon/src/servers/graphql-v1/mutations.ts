/** The mutations: each has its command carried out (`../commands`), and answers in the one form of all of them. */
import {
  CONFLICTS_TOLD_MAX,
  digestToHex,
  type Conflict,
  type Collapse,
  type Event,
  type Footprint,
  type Workspace,
} from '@jitos/kernel';
import { previewCollapse, previewRebase, type Unsettled } from '../../engine/collapse-workspace.ts';
import type { Offender } from '../../engine/op-offenders.ts';
import { OFFENDERS_TOLD_MAX, type Undone } from '../../engine/turn-back.ts';
import { Failure } from '../../errors/failure.ts';
import { mustHave, mustSee } from '../auth/access.ts';
import { applyRewrite } from '../commands/apply-rewrite.ts';
import { collapseBatch, collapseSws, readCollapse } from '../commands/collapses.ts';
import {
  elsewhere,
  envelopeBase,
  mustHaveWritten,
  type CommandBase,
  type CommandContext,
  type Envelope,
} from '../commands/command-base.ts';
import type { FootprintInput } from '../commands/footprint.ts';
import { readRebase, rebasePlace, rebaseSws } from '../commands/rebase.ts';
import { proposeRulePack, withdrawRulePack } from '../commands/rules.ts';
import { changeSettings, type ChangeSettingsArgs } from '../commands/settings.ts';
import { createSws, discardSws, undoCollapse } from '../commands/workspaces.ts';
import { jsonSizeBytesOf } from '../graphql/answer-size.ts';
import { CONFLICT_SIZE_BYTES_MAX, conflictAnswers, openSwsAnswer } from '../graphql/answers.ts';
import { COLLAPSE_SIZE_BYTES_MAX, previewCost } from '../graphql/collapses.ts';
import type { JsonObject } from '../graphql/json-value.ts';
import type { MaybePromise } from '../graphql/maybe-promise.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { EventAnswer } from './events.ts';
import { WORLD } from './world.ts';
import { findWorkspace, workspaceAnswer, type WorkspaceAnswer } from './workspaces.ts';

/** What a command came to. */
interface PayloadAnswer {
  readonly done: boolean;
  readonly receipt: ReceiptAnswer | null;
  /** By its number, where it is told as it is when it is asked for. */
  readonly workspace: number | WorkspaceAnswer | null;
  readonly problemCount: string;
  readonly problems: readonly JsonObject[];
  readonly world: typeof WORLD;
}

interface ReceiptAnswer {
  readonly event: EventAnswer;
  /** Whether it is in the history. */
  readonly isEvent: boolean;
}

interface Told {
  readonly event: Event | null;
  readonly workspace?: PayloadAnswer['workspace'];
  readonly isEvent?: boolean;
  readonly done?: boolean;
  readonly problemCount?: number;
  readonly problems?: readonly JsonObject[];
}

/** Done as a rule, and without a problem. */
function payload({
  event,
  workspace = null,
  isEvent = true,
  done = true,
  problemCount = 0,
  problems = [],
}: Told): PayloadAnswer {
  const receipt = event === null ? null : { event: new EventAnswer(event), isEvent };
  return { done, receipt, workspace, problemCount: String(problemCount), problems, world: WORLD };
}

/** What commands call otherwise than the inputs of v1 do; the rest stands in `input` under its own name. */
const PLACES: readonly (readonly [known: RegExp, place: string])[] = [
  [/^(?:view\.)?swsId$/, 'workspace'],
  [/^view$/, 'workspace'],
  [/^swsIds/, 'workspaces'],
  [/^policyId$/, 'policyNumber'],
  [/^defaultPolicyId$/, 'defaultPolicyNumber'],
  [/^id$/, 'event'],
  [/^meta\.(?=requestId$|validUntil$)/, ''],
  [/\.element$/, '.elementId'],
];

function inputPlace(place: string): string {
  const known = PLACES.find(([pattern]) => pattern.test(place));
  const own = known === undefined ? place : place.replace(known[0], known[1]);
  return own === '' ? 'input' : `input.${own}`;
}

interface Order<Args, Written> {
  readonly run: (context: CommandContext, base: CommandBase, args: Args) => Promise<Written>;
  /** What the answer holds at most, its `meta` apart. */
  readonly sizeBytesMax?: number;
  readonly tell: (written: Written) => Told;
}

/** Carries a command out. Room for its answer is taken before. */
async function carryOut<Args, Written>(
  context: RequestContext,
  input: Envelope,
  args: Args,
  { run, sizeBytesMax = 0, tell }: Order<Args, Written>,
): Promise<PayloadAnswer> {
  context.budget.reserve('input', jsonSizeBytesOf(input.meta) + sizeBytesMax);
  const { requestId, validUntil, meta } = input;
  const envelope = { requestId: requestId ?? undefined, validUntil, meta };
  const written = await elsewhere(inputPlace, () => run(context, envelopeBase(context, envelope), args));
  return payload(tell(written));
}

const RECEIPT_SIZE_BYTES_MAX = 16_384;
const CONFLICTS_SIZE_BYTES_MAX = CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX;
const OFFENDERS_SIZE_BYTES_MAX = OFFENDERS_TOLD_MAX * 280;

type WithInput<Input> = { readonly input: Input & Envelope };
type Resolver<Input> = (_: unknown, args: WithInput<Input>, context: RequestContext) => Promise<PayloadAnswer>;

interface PolicyInput {
  readonly policy?: string | null;
  readonly policyNumber?: number | null;
  readonly footprint?: FootprintInput | null;
}

interface CollapseInput extends PolicyInput {
  readonly workspace: number;
}

interface RebaseInput extends CollapseInput {
  readonly choices?: readonly { readonly elementId: string; readonly side: 'OURS' | 'THEIRS' }[] | null;
  readonly ops?: readonly unknown[] | null;
}

function policyArgs({ policy = null, policyNumber = null }: PolicyInput): {
  readonly policy: string | null;
  readonly policyId: number | null;
} {
  return { policy, policyId: policyNumber };
}

function collapseArgs(input: CollapseInput): Parameters<typeof collapseSws>[2] {
  return { swsId: String(input.workspace), ...policyArgs(input), footprint: input.footprint ?? null };
}

function rebaseArgs(input: RebaseInput): Parameters<typeof rebaseSws>[2] {
  const choices = input.choices?.map(({ elementId, side }) => ({ element: elementId, side })) ?? null;
  return { ...collapseArgs(input), choices, ops: input.ops ?? null };
}

function textOrNull(number: number | null | undefined): string | null {
  return number === null || number === undefined ? null : String(number);
}

const create: Resolver<{ readonly from?: number | null; readonly at?: number | null }> = (_, { input }, context) =>
  carryOut(
    context,
    input,
    { from: textOrNull(input.from), at: textOrNull(input.at) },
    { run: createSws, tell: (event) => ({ event, workspace: event.view }) },
  );

const rewrite: Resolver<{ readonly workspace: number; readonly ops: readonly unknown[] }> = (_, { input }, context) => {
  const args = { view: { kind: 'SWS', swsId: String(input.workspace) }, ops: input.ops } as const;
  const sizeBytesMax = jsonSizeBytesOf(input.ops);
  return carryOut(context, input, args, {
    run: applyRewrite,
    sizeBytesMax,
    tell: (event) => ({ event, workspace: event.view }),
  });
};

const collapse: Resolver<CollapseInput> = (_, { input }, context) =>
  carryOut(context, input, collapseArgs(input), {
    run: collapseSws,
    sizeBytesMax: COLLAPSE_SIZE_BYTES_MAX,
    tell: toldCollapse,
  });

function toldCollapse(event: Collapse): Told {
  const { conflictCount, mode } = event;
  const problems = conflictAnswers(event);
  return { event, workspace: event.view, done: mode !== null, problemCount: conflictCount, problems };
}

interface BatchInput extends PolicyInput {
  readonly workspaces: readonly number[];
  readonly order: 'ANY' | 'GIVEN';
}

const batch: Resolver<BatchInput> = (_, { input }, context) =>
  carryOut(
    context,
    input,
    { swsIds: input.workspaces.map(String), order: input.order, ...policyArgs(input) },
    { run: collapseBatch, sizeBytesMax: COLLAPSE_SIZE_BYTES_MAX, tell: (event) => ({ event }) },
  );

const rebase: Resolver<RebaseInput> = (_, { input }, context) =>
  carryOut(context, input, rebaseArgs(input), {
    run: rebaseSws,
    sizeBytesMax: CONFLICTS_SIZE_BYTES_MAX + RECEIPT_SIZE_BYTES_MAX + jsonSizeBytesOf(input.ops),
    tell: (outcome) =>
      'unsettled' in outcome ? toldUnsettled(outcome, input.workspace) : { event: outcome, workspace: outcome.view },
  });

function toldUnsettled({ unsettled, footprint }: Unsettled, workspace: number): Told {
  const problems = conflictsTold(unsettled, footprint);
  return { event: null, workspace, done: false, problemCount: unsettled.length, problems };
}

function conflictsTold(conflicts: readonly Conflict[], footprint: Footprint | null): readonly JsonObject[] {
  return conflictAnswers({ conflicts: conflicts.slice(0, CONFLICTS_TOLD_MAX), footprint });
}

const undo: Resolver<{ readonly event: number }> = (_, { input }, context) =>
  carryOut(
    context,
    input,
    { id: String(input.event) },
    { run: undoCollapse, sizeBytesMax: OFFENDERS_SIZE_BYTES_MAX, tell: toldUndone },
  );

function toldUndone(undone: Undone): Told {
  if (undone.type === 'created') return { event: undone.created, workspace: undone.created.view };
  const { count, first } = undone.offenders;
  return { event: null, done: false, problemCount: count, problems: first.map(offenderAnswer) };
}

function offenderAnswer({ element, id, expected, found }: Offender): JsonObject {
  return {
    element,
    id: digestToHex(id),
    expected: expected === null ? null : digestToHex(expected),
    found: found === null ? null : digestToHex(found),
  };
}

const discard: Resolver<{ readonly workspace: number; readonly reason?: string | null }> = (_, { input }, context) =>
  carryOut(
    context,
    input,
    { swsId: String(input.workspace), reason: input.reason ?? null },
    { run: discardSws, tell: (event) => ({ event, workspace: event.view }) },
  );

const propose: Resolver<{ readonly sdl: string }> = (_, { input }, context) =>
  carryOut(context, input, { sdl: input.sdl }, { run: proposeRulePack, tell: (event) => ({ event }) });

const withdraw: Resolver<{ readonly proposedAt: number }> = (_, { input }, context) =>
  carryOut(
    context,
    input,
    { proposedAt: String(input.proposedAt) },
    { run: withdrawRulePack, tell: (event) => ({ event }) },
  );

interface SettingsInput extends Omit<ChangeSettingsArgs, 'defaultPolicyId'> {
  readonly defaultPolicyNumber?: number | null;
}

const change: Resolver<SettingsInput> = (_, { input }, context) => {
  const args = { ...input, defaultPolicyId: input.defaultPolicyNumber ?? null };
  return carryOut(context, input, args, { run: changeSettings, tell: (event) => ({ event }) });
};

export const mutationFields: Readonly<Record<string, Resolver<never>>> = {
  createWorkspace: create,
  applyRewrite: rewrite,
  collapseWorkspace: collapse,
  collapseBatch: batch,
  rebaseWorkspace: rebase,
  undoCollapse: undo,
  discardWorkspace: discard,
  proposeRules: propose,
  withdrawRules: withdraw,
  changeSettings: change,
};

export async function resolvePreviewCollapse(
  _: unknown,
  { input }: WithInput<CollapseInput>,
  context: RequestContext,
): Promise<PayloadAnswer> {
  const { open, world, budget } = context;
  budget.reserve('previewCollapse', COLLAPSE_SIZE_BYTES_MAX);
  return await elsewhere(inputPlace, () => {
    const request = { ...readCollapse(collapseArgs(input)), ...envelopeBase(context, { meta: input.meta }) };
    budget.beginPage();
    mustSee(context, request.workspace, 'workspace');
    const reply = previewCollapse(open, world, request);
    budget.endPage(previewCost(world, request), 0);
    return payload({ ...toldCollapse(mustHaveWritten(reply, 'COLLAPSE')), isEvent: false });
  });
}

export async function resolvePreviewRebase(
  _: unknown,
  { input }: WithInput<RebaseInput>,
  context: RequestContext,
): Promise<PayloadAnswer> {
  const { open, world, budget } = context;
  budget.reserve('previewRebase', CONFLICTS_SIZE_BYTES_MAX);
  return await elsewhere(inputPlace, () => {
    const args = rebaseArgs(input);
    const request = { ...readRebase(args), ...envelopeBase(context, { meta: input.meta }) };
    // Its ops are run, though nobody keeps what they write.
    budget.beginPage();
    mustSee(context, request.workspace, 'workspace');
    const reply = previewRebase(open, world, request);
    budget.endPage(previewCost(world, request) + request.ops.length, 0);
    if ('unsettled' in reply) return payload(toldUnsettled(reply, input.workspace));
    if ('ok' in reply) throw new Failure(reply.reason, rebasePlace(reply, args), reply.detail);
    const workspace = asItWouldBe(reply.workspace, context);
    return payload({ event: reply.event, workspace, isEvent: false });
  });
}

function asItWouldBe(workspace: Workspace, { world }: RequestContext): WorkspaceAnswer {
  return workspaceAnswer(workspace.number, openSwsAnswer(workspace, world.settings));
}

/** The fields of `CommandPayload` that need work. */
export const payloadFields = {
  workspace: (
    { workspace }: PayloadAnswer,
    _: unknown,
    context: RequestContext,
  ): MaybePromise<WorkspaceAnswer> | null =>
    typeof workspace === 'number' ? findWorkspace(context, workspace, 'input.workspace') : workspace,
  world: ({ world }: PayloadAnswer, _: unknown, context: RequestContext): PayloadAnswer['world'] => {
    mustHave(context, 'read'); // who may write need not
    return world;
  },
};

/** The fields of `Receipt` that need work. */
export const receiptFields = {
  idx: ({ event }: ReceiptAnswer): string => event.idx,
  digest: ({ event }: ReceiptAnswer): string | null => event.digest,
  snapshotId: ({ event }: ReceiptAnswer): string | null => event.view?.snapshotId ?? null,
  proof: async ({ event, isEvent }: ReceiptAnswer, _: unknown, { open }: RequestContext): Promise<unknown> =>
    isEvent ? await open.proofs.inclusion(event.event.idx) : null,
};

/** What a problem is. */
export function problemType(problem: JsonObject): string {
  return 'class' in problem ? 'Conflict' : 'Offender';
}

/** The fields of `Offender` that commands call otherwise. */
export const offenderFields = { elementId: ({ id }: { readonly id: string }): string => id };
