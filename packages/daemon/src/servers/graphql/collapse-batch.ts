/** Collapsing disjoint workspaces together, and asking later what came of it. */
import {
  digestToHex,
  isCommitted,
  type BatchEntry,
  type ChangeCounts,
  type CollapseBatch,
  type Refusal,
} from '@jitos/kernel';
import { targetView } from '../../engine/event-workspaces.ts';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { collapseReceipt, conflictAnswer, viewRefAnswer } from './answers.ts';
import {
  COLLAPSE_SIZE_BYTES_MAX,
  mustGetPolicyById,
  policyAnswer,
  readPolicyId,
  shelveSystem,
  sideAnswer,
  type PolicyArgs,
} from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { commandBase, inputPlace, submit } from './mutations.ts';
import { readNamedEvent } from './read-named-event.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber } from './view-input.ts';

interface CollapseBatchArgs {
  readonly input: PolicyArgs & {
    readonly swsIds: readonly string[];
    readonly order: 'ANY' | 'GIVEN';
    readonly meta?: unknown;
  };
}

/** What `collapseBatch` answers; hands the event to the fields that need work. */
interface BatchAnswer {
  readonly event: CollapseBatch;
  readonly order: 'ANY' | 'GIVEN';
  readonly committedCount: number;
  readonly abortedCount: number;
  readonly systemSnapshotId: string | null;
  readonly receipt: JsonObject;
  readonly policy: JsonObject;
  readonly target: JsonObject;
  readonly theirs: JsonObject;
  readonly changed: ChangeCounts;
}

export async function collapseBatch(
  _: unknown,
  { input }: CollapseBatchArgs,
  context: RequestContext,
): Promise<BatchAnswer> {
  const policyId = readPolicyId(input, { id: 'input.policyId', name: 'input.policy' });
  const workspaces = input.swsIds.map((id, i) => readNumber(id, `input.swsIds[${i}]`));
  const order = input.order === 'GIVEN' ? 'given' : 'any';
  const base = commandBase(context, input.meta, 'input.meta');
  const command = { type: 'collapseBatch', workspaces, order, policyId, ...base } as const;
  context.budget.reserve('collapseBatch', jsonSizeBytesOf(input.meta) + COLLAPSE_SIZE_BYTES_MAX);
  const event = await submit(context, command, 'COLLAPSE_BATCH', batchPlace);
  if (event.target === null) shelveSystem(context, event.targetSnapshotId);
  return batchAnswer(event, context);
}

function batchPlace(refusal: Refusal): string {
  return inputPlace({ ...refusal, place: refusal.place.replace(/^workspaces/, 'swsIds') });
}

export async function resolveCollapseBatchReceipt(
  _: unknown,
  { id }: { readonly id: string },
  context: RequestContext,
): Promise<BatchAnswer> {
  context.budget.reserve('collapseBatchReceipt', COLLAPSE_SIZE_BYTES_MAX);
  const event = await context.budget.inTurn(() => readNamedEvent(context, readNumber(id, 'id'), 'id'));
  if (event.kind === 'COLLAPSE_BATCH') return batchAnswer(event, context);
  throw new Failure('COLLAPSE_NOT_FOUND', 'id', `event ${event.idx} is a ${event.kind}`);
}

function batchAnswer(event: CollapseBatch, { open }: RequestContext): BatchAnswer {
  const { committedCount, abortedCount, changed } = event;
  const snapshotId = digestToHex(event.targetSnapshotId);
  return {
    event,
    order: event.order === 'given' ? 'GIVEN' : 'ANY',
    committedCount,
    abortedCount,
    systemSnapshotId: event.target === null ? snapshotId : null,
    receipt: collapseReceipt(event),
    policy: policyAnswer(mustGetPolicyById(event.pins.policyId), open.loop.world.settings),
    target: { ...viewRefAnswer(targetView(event), snapshotId) },
    theirs: sideAnswer(event.theirs),
    changed,
  };
}

/** The fields of `CollapseBatchPayload`. */
export const collapseBatchPayload = {
  id: ({ event }: BatchAnswer): string => String(event.idx),
  entries: ({ event }: BatchAnswer): readonly JsonObject[] => event.entries.map(entryAnswer),
  proof: async ({ event }: BatchAnswer, _: unknown, { open }: RequestContext): Promise<unknown> => {
    return await open.proofs.inclusion(event.idx);
  },
};

function entryAnswer(entry: BatchEntry): JsonObject {
  const { conflictsDigest, changed } = entry;
  return {
    swsId: String(entry.workspace),
    committed: isCommitted(entry),
    base: sideAnswer(entry.base),
    ours: sideAnswer(entry.ours),
    changed: { nodes: changed.nodes, edges: changed.edges },
    conflictCount: String(entry.conflictCount),
    conflictsDigest: conflictsDigest === null ? null : digestToHex(conflictsDigest),
    conflicts: entry.conflicts.map((conflict) => conflictAnswer(conflict)),
  };
}
