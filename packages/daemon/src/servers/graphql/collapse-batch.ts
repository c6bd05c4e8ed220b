/** Collapsing disjoint workspaces together, and asking later what came of it. */
import { digestToHex, isCommitted, type BatchEntry, type ChangeCounts, type CollapseBatch } from '@jitos/kernel';
import { targetView } from '../../engine/event-workspaces.ts';
import { Failure } from '../../errors/failure.ts';
import { collapseBatch as collapseTogether, type CollapseBatchArgs } from '../commands/collapses.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { collapseReceipt, conflictAnswer, viewRefAnswer } from './answers.ts';
import { COLLAPSE_SIZE_BYTES_MAX, mustGetPolicyById, policyAnswer, sideAnswer } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { runInput, type WithMeta } from './mutations.ts';
import { readNamedEvent } from './read-named-event.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber } from './view-input.ts';

/** What `collapseBatch` answers; hands the event to the fields that need work. */
export interface BatchAnswer {
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
  { input }: { readonly input: WithMeta<CollapseBatchArgs> },
  context: RequestContext,
): Promise<BatchAnswer> {
  context.budget.reserve('collapseBatch', jsonSizeBytesOf(input.meta) + COLLAPSE_SIZE_BYTES_MAX);
  return batchAnswer(await runInput(collapseTogether, input, context), context);
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

export function batchAnswer(event: CollapseBatch, { open }: Pick<RequestContext, 'open'>): BatchAnswer {
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
