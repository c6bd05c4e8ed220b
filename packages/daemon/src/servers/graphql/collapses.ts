/** Collapsing a workspace, asking what that would come to, and what it came to: one form of answer for all three. */
import {
  CONFLICTS_TOLD_MAX,
  digestToHex,
  getWorkspace,
  POLICIES,
  policyById,
  type Collapse,
  type CollapseWorkspace,
  type Policy,
  type RebaseWorkspace,
  type World,
  type WorldSettings,
} from '@jitos/kernel';
import { previewCollapse } from '../../engine/collapse-workspace.ts';
import { mustSee } from '../auth/access.ts';
import { Failure } from '../../errors/failure.ts';
import { collapseSws as collapse, readCollapse, type CollapseSwsArgs } from '../commands/collapses.ts';
import { metaBase, mustHaveWritten } from '../commands/command-base.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import {
  collapseReceipt,
  CONFLICT_SIZE_BYTES_MAX,
  conflictAnswers,
  viewRefAnswer,
  type ViewRefAnswer,
} from './answers.ts';
import type { JsonObject } from './json-value.ts';
import { runInput, type WithMeta } from './mutations.ts';
import type { RequestContext } from './request-context.ts';
import { readNamedEvent } from './read-named-event.ts';
import { readNumber } from './view-input.ts';

/** What a proof of one event takes as JSON. */
const PROOF_SIZE_BYTES_MAX = 16_384;
/** What is reserved for an answer, its `meta` apart. */
export const COLLAPSE_SIZE_BYTES_MAX: number = CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX + PROOF_SIZE_BYTES_MAX;

/** What `collapseSws` answers; hands the event to the fields of `CollapseReport` that need work. */
export interface CollapseAnswer {
  readonly committed: boolean;
  readonly systemSnapshotId: string | null;
  readonly receipt: JsonObject;
  readonly conflicts: readonly JsonObject[];
  readonly report: ReportAnswer;
}

export interface ReportAnswer {
  readonly event: Collapse;
  /** The default is told as it is when somebody asks. */
  readonly policy: JsonObject;
  /** Whether it is in the history. */
  readonly isEvent: boolean;
}

export async function collapseSws(
  _: unknown,
  { input }: { readonly input: WithMeta<CollapseSwsArgs> },
  context: RequestContext,
): Promise<CollapseAnswer> {
  context.budget.reserve('collapseSws', jsonSizeBytesOf(input.meta) + COLLAPSE_SIZE_BYTES_MAX);
  return collapsedAnswer(await runInput(collapse, input, context), context);
}

export function collapsedAnswer(event: Collapse, { open }: Pick<RequestContext, 'open'>): CollapseAnswer {
  return collapseAnswer(event, { settings: open.loop.world.settings, isEvent: true });
}

export function resolvePreviewCollapse(_: unknown, args: CollapseSwsArgs, context: RequestContext): CollapseAnswer {
  const { open, world, budget } = context;
  budget.reserve('previewCollapse', COLLAPSE_SIZE_BYTES_MAX);
  const request = { ...readCollapse(args), ...metaBase(context, null) };
  mustSee(context, request.workspace, 'swsId');
  budget.beginPage();
  const reply = previewCollapse(open, world, request);
  budget.endPage(previewCost(world, request), 0);
  return collapseAnswer(mustHaveWritten(reply, 'COLLAPSE'), { settings: world.settings, isEvent: false });
}

/** What a merge of the workspace looks at, in elements. */
export function previewCost(world: World, { workspace, footprint }: CollapseWorkspace | RebaseWorkspace): number {
  return (getWorkspace(world, workspace)?.opCount ?? 0) + (footprint?.ranges.length ?? 0);
}

export async function resolveCollapseReceipt(
  _: unknown,
  { id }: { readonly id: string },
  context: RequestContext,
): Promise<CollapseAnswer> {
  const { world, budget } = context;
  budget.reserve('collapseReceipt', COLLAPSE_SIZE_BYTES_MAX);
  const event = await budget.inTurn(() => readNamedEvent(context, readNumber(id, 'id'), 'id'));
  if (event.kind === 'COLLAPSE') return collapseAnswer(event, { settings: world.settings, isEvent: true });
  throw new Failure('COLLAPSE_NOT_FOUND', 'id', `event ${event.idx} is a ${event.kind}`);
}

function collapseAnswer(
  event: Collapse,
  { settings, isEvent }: { readonly settings: WorldSettings; readonly isEvent: boolean },
): CollapseAnswer {
  return {
    committed: event.mode !== null,
    systemSnapshotId: event.target === null ? digestToHex(event.targetSnapshotId) : null,
    receipt: collapseReceipt(event),
    conflicts: conflictAnswers(event),
    report: { event, policy: policyAnswer(mustGetPolicyById(event.pins.policyId), settings), isEvent },
  };
}

export function mustGetPolicyById(id: number | null): Policy {
  const policy = id === null ? undefined : policyById(id);
  if (policy === undefined) throw new Error(`history names policy ${id}, which there is not`);
  return policy;
}

export function policyAnswer(policy: Policy, { defaultPolicyId }: WorldSettings): JsonObject {
  return { ...policy, isDefault: policy.id === defaultPolicyId };
}

export function resolveCollapsePolicies(_: unknown, __: unknown, { world }: RequestContext): readonly JsonObject[] {
  return POLICIES.map((policy) => policyAnswer(policy, world.settings));
}

type Side = Collapse['base'];

export function sideAnswer({ digest, nodeCount, edgeCount }: Side): JsonObject {
  return { digest: digestToHex(digest), nodeCount, edgeCount };
}

/** The fields of `CollapseReport`. */
export const collapseReport = {
  id: ({ event }: ReportAnswer): string => String(event.idx),
  swsId: ({ event }: ReportAnswer): string => String(event.view),
  mode: ({ event }: ReportAnswer): string | null => event.mode,
  target: ({ event }: ReportAnswer): ViewRefAnswer =>
    viewRefAnswer(event.target ?? 'system', digestToHex(event.targetSnapshotId)),
  targetDigest: ({ event }: ReportAnswer): string => digestToHex(event.targetDigest),
  base: ({ event }: ReportAnswer): JsonObject => sideAnswer(event.base),
  ours: ({ event }: ReportAnswer): JsonObject => sideAnswer(event.ours),
  theirs: ({ event }: ReportAnswer): JsonObject => sideAnswer(event.theirs),
  changed: ({ event }: ReportAnswer): Collapse['changed'] => event.changed,
  conflictCount: ({ event }: ReportAnswer): string => String(event.conflictCount),
  conflictsDigest: ({ event: { conflictsDigest } }: ReportAnswer): string | null => {
    return conflictsDigest === null ? null : digestToHex(conflictsDigest);
  },
  proof: async ({ event, isEvent }: ReportAnswer, _: unknown, { open }: RequestContext): Promise<unknown> => {
    return isEvent ? await open.proofs.inclusion(event.idx) : null;
  },
};
