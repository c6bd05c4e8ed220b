/** Collapsing a workspace, asking what that would come to, and what it came to: one form of answer for all three. */
import {
  CONFLICTS_TOLD_MAX,
  digestToHex,
  FOOTPRINT_RANGES_MAX,
  getWorkspace,
  POLICIES,
  policyById,
  sortRanges,
  type Collapse,
  type CollapseWorkspace,
  type Footprint,
  type Policy,
  type Range,
  type RebaseWorkspace,
  type World,
  type WorldSettings,
} from '@jitos/kernel';
import { previewCollapse, submitWithReads } from '../../engine/collapse-workspace.ts';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import {
  collapseReceipt,
  CONFLICT_SIZE_BYTES_MAX,
  conflictAnswers,
  viewRefAnswer,
  type ViewRefAnswer,
} from './answers.ts';
import { invalid, type JsonObject } from './json-value.ts';
import { commandBase, inputPlace, mustHaveWritten, type CommandBase } from './mutations.ts';
import { readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import { readNamedEvent } from './read-named-event.ts';
import { readNumber } from './view-input.ts';

interface RangeInput {
  readonly range: 'NODE' | 'EDGE' | 'NODES' | 'EDGES' | 'OUT' | 'IN' | 'SLOT' | 'VIEW';
  readonly id?: string | null;
  readonly kind?: string | null;
}

interface FootprintInput {
  readonly baseSnapshotId: string;
  readonly ranges: readonly RangeInput[];
}

export interface PolicyArgs {
  readonly policyId?: number | null;
  readonly policy?: string | null;
}

export interface PreviewArgs extends PolicyArgs {
  readonly swsId: string;
  readonly footprint?: FootprintInput | null;
}

interface CollapseSwsArgs {
  readonly input: PreviewArgs & { readonly meta?: unknown };
}

/** What a proof of one event takes as JSON. */
const PROOF_SIZE_BYTES_MAX = 16_384;
/** What is reserved for an answer, its `meta` apart. */
export const COLLAPSE_SIZE_BYTES_MAX: number = CONFLICTS_TOLD_MAX * CONFLICT_SIZE_BYTES_MAX + PROOF_SIZE_BYTES_MAX;

/** What `collapseSws` answers; hands the event to the fields of `CollapseReport` that need work. */
interface CollapseAnswer {
  readonly committed: boolean;
  readonly systemSnapshotId: string | null;
  readonly receipt: JsonObject;
  readonly conflicts: readonly JsonObject[];
  readonly report: ReportAnswer;
}

interface ReportAnswer {
  readonly event: Collapse;
  /** The default is told as it is when somebody asks. */
  readonly policy: JsonObject;
  /** Whether it is in the history. */
  readonly isEvent: boolean;
}

export async function collapseSws(
  _: unknown,
  { input }: CollapseSwsArgs,
  context: RequestContext,
): Promise<CollapseAnswer> {
  const command = { ...readCollapse(input, 'input.'), ...commandBase(context, input.meta, 'input.meta') };
  context.budget.reserve('collapseSws', jsonSizeBytesOf(input.meta) + COLLAPSE_SIZE_BYTES_MAX);
  const { open } = context;
  const reply = await submitWithReads(open, command);
  if ('unsettled' in reply) throw new Error('a collapse was answered as a rebase');
  const event = mustHaveWritten(reply, 'COLLAPSE', inputPlace);
  if (event.target === null) shelveSystem(context, event.targetSnapshotId);
  return collapseAnswer(event, { settings: open.loop.world.settings, isEvent: true });
}

/** The caller may come back for the System that it was told of, unless it has moved on already. */
export function shelveSystem({ open }: RequestContext, snapshotId: string): void {
  const { system } = open.loop.world;
  if (system.id === snapshotId) open.shelf.put('system', system);
}

export function resolvePreviewCollapse(_: unknown, args: PreviewArgs, context: RequestContext): CollapseAnswer {
  const { open, world, budget } = context;
  budget.reserve('previewCollapse', COLLAPSE_SIZE_BYTES_MAX);
  const request = { ...readCollapse(args, ''), ...commandBase(context, null, '') };
  budget.beginPage();
  const reply = previewCollapse(open, world, request);
  budget.endPage(previewCost(world, request), 0);
  const event = mustHaveWritten(reply, 'COLLAPSE', ({ place }) => (place === 'workspace' ? 'swsId' : place));
  return collapseAnswer(event, { settings: world.settings, isEvent: false });
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

/** A command without what every command has; `place` stands before the names of its arguments. */
export function readCollapse(
  { swsId, footprint, ...policy }: PreviewArgs,
  place: string,
): Omit<CollapseWorkspace, keyof CommandBase> {
  return {
    type: 'collapseWorkspace',
    workspace: readNumber(swsId, `${place}swsId`),
    policyId: readPolicyId(policy, { id: `${place}policyId`, name: `${place}policy` }),
    footprint: footprint === null || footprint === undefined ? null : readFootprint(footprint, `${place}footprint`),
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

function readFootprint({ baseSnapshotId, ranges }: FootprintInput, place: string): Footprint {
  if (ranges.length > FOOTPRINT_RANGES_MAX) {
    throw new Failure('FOOTPRINT_INVALID', `${place}.ranges`, `more than ${FOOTPRINT_RANGES_MAX} ranges`);
  }
  return {
    baseSnapshotId: readHash(baseSnapshotId, `${place}.baseSnapshotId`),
    ranges: sortRanges(ranges.map((range, i) => readRange(range, `${place}.ranges[${i}]`))),
  };
}

/** Whether `id` and `kind` stand in a range: always, never, or as one likes. */
const RANGE_PARTS: { readonly [R in RangeInput['range']]: { readonly id: boolean; readonly kind: boolean | 'maybe' } } =
  {
    NODE: { id: true, kind: false },
    EDGE: { id: true, kind: false },
    NODES: { id: false, kind: true },
    EDGES: { id: false, kind: true },
    OUT: { id: true, kind: 'maybe' },
    IN: { id: true, kind: 'maybe' },
    SLOT: { id: true, kind: false },
    VIEW: { id: false, kind: false },
  };

function readRange({ range, id = null, kind = null }: RangeInput, place: string): Range {
  const parts = RANGE_PARTS[range];
  if ((id !== null) !== parts.id) throw rangeInvalid(`${place}.id`, range, parts.id ? 'needs an id' : 'takes no id');
  if (parts.kind !== 'maybe' && (kind !== null) !== parts.kind) {
    throw rangeInvalid(`${place}.kind`, range, parts.kind ? 'needs a kind' : 'takes no kind');
  }
  const digest = (): ReturnType<typeof readHash> => readHash(id, `${place}.id`);
  switch (range) {
    case 'NODE':
      return { range: 'node', id: digest() };
    case 'EDGE':
      return { range: 'edge', id: digest() };
    case 'NODES':
      return { range: 'nodes', kind: kind! }; // it needs one
    case 'EDGES':
      return { range: 'edges', kind: kind! }; // it needs one
    case 'OUT':
      return { range: 'out', node: digest(), kind };
    case 'IN':
      return { range: 'in', node: digest(), kind };
    case 'SLOT':
      return { range: 'slot', slot: digest() };
    case 'VIEW':
      return { range: 'view' };
  }
}

function rangeInvalid(place: string, range: string, what: string): Failure {
  return new Failure('FOOTPRINT_INVALID', place, `the range ${range} ${what}`);
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
