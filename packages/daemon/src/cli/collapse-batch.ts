/** The work of `collapse --batch`: disjoint workspaces, carried together. */
import { Failure } from '../errors/failure.ts';
import { policyArgs, type CollapseFlags } from './collapse-workspace.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import {
  conflictsText,
  readConflictElements,
  settlingText,
  type Conflict,
  type ConflictElement,
} from './conflict-text.ts';
import { parseWorkspace } from './flags.ts';
import { metaPlaces, readMeta } from './meta.ts';
import type { Session } from './session.ts';
import { bold, pairsText, type Paper } from './terminal/paper.ts';

export interface BatchFlags {
  readonly batch: readonly string[];
  readonly inOrder?: true;
}

const FLAG = '--batch';

interface Entry {
  readonly swsId: string;
  readonly committed: boolean;
  readonly conflictCount: string;
  readonly conflicts: readonly Conflict[];
}

interface Batch {
  readonly id: string;
  readonly committedCount: number;
  readonly abortedCount: number;
  readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string };
  readonly policy: { readonly name: string };
  readonly target: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null; readonly snapshotId: string };
  readonly entries: readonly Entry[];
}

const BATCH = `mutation ($input: CollapseBatchInput!) { collapseBatch(input: $input) {
  id order committedCount abortedCount systemSnapshotId receipt { rewriteIdx viewDigest } policy { name }
  target { kind swsId snapshotId } changed { nodes edges }
  entries { swsId committed changed { nodes edges } conflictCount conflictsDigest conflicts }
} }`;

export async function collapseBatch(
  context: Context,
  { batch: named, inOrder }: BatchFlags,
  options: CollapseFlags,
): Promise<Answer> {
  const { flags } = context;
  if (options.preview === true) throw new Failure('USAGE', '--preview', 'workspaces are looked at one by one');
  if (options.footprint !== undefined) throw new Failure('USAGE', '--footprint', 'a batch takes none');
  if (flags.view !== null) throw new Failure('USAGE', '--view', `${FLAG} names the workspaces`);
  const swsIds = named.map((each) => String(parseWorkspace(FLAG, each)));
  const world = worldOf(flags);
  const policy = { 'input.policyId': '--policy', 'input.policy': '--policy' };
  const places = { 'input.swsIds': FLAG, ...policy, ...metaPlaces('input.meta', options) };
  const order = inOrder === true ? 'GIVEN' : 'ANY';
  const variables = { input: { swsIds, order, ...policyArgs(options.policy), meta: readMeta(options) } };
  const session = await context.session();
  const operation = { document: BATCH, variables, places };
  const { collapseBatch: batch } = await session.execute<{ readonly collapseBatch: Batch }>(world, operation);
  const elements = await readElements(session, world, batch);
  return {
    json: { world, ...batch },
    text: (paper) => batchText(paper, batch, elements),
    status: batch.abortedCount === 0 ? 0 : 1,
  };
}

/** Workspaces whose conflicts are told in full: a query each. */
const TOLD_MAX = 10;

/** By workspace. */
type Elements = ReadonlyMap<string, readonly ConflictElement[]>;

async function readElements(session: Session, world: string, { entries, target }: Batch): Promise<Elements> {
  const elements = new Map<string, readonly ConflictElement[]>();
  const into = target.kind === 'SYSTEM' ? 'system' : Number(target.swsId);
  for (const { swsId, conflicts } of entries.filter(({ committed }) => !committed).slice(0, TOLD_MAX)) {
    const asked = { world, workspace: Number(swsId), target: into } as const;
    elements.set(swsId, await readConflictElements(session, asked, conflicts));
  }
  return elements;
}

function batchText(paper: Paper, batch: Batch, elements: Elements): string {
  const { id, receipt, policy, target, entries, committedCount, abortedCount } = batch;
  const told = pairsText(paper, [
    ['views', entries.map(({ swsId }) => `sws:${swsId}`).join(' ')],
    ['into', target.kind === 'SYSTEM' ? 'system' : `sws:${target.swsId}`],
    ['policy', policy.name],
    ['collapse', `${committedCount} committed${abortedCount === 0 ? '' : `, ${abortedCount} aborted`}`],
    ['event', id],
    ['rewriteIdx', receipt.rewriteIdx],
    ['digest', receipt.viewDigest],
    ['snapshot', target.snapshotId],
  ]);
  const aborted = entries.filter(({ committed }) => !committed);
  const reports = aborted.map(({ swsId, conflicts, conflictCount }) => {
    const report = conflictsText(paper, conflicts, elements.get(swsId) ?? [], conflictCount);
    return `\n${bold(paper, `sws:${swsId}`)}\n${report}${settlingText(Number(swsId), conflicts)}`;
  });
  return told + reports.join('');
}
