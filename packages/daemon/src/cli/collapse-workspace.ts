/** The work of `collapse`, `session merge` and `session publish`: a collapse, or a look at what it would come to. */
import type { ViewId } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import {
  conflictsText,
  readConflictElements,
  settlingText,
  type Conflict,
  type ConflictElement,
} from './conflict-text.ts';
import { mustGetWorkspace, typedWorkspace } from './flags.ts';
import { footprintPlaces, readFootprint, type FootprintFlags } from './footprint.ts';
import { metaPlaces, readMeta, type MetaFlags } from './meta.ts';
import { pairsText, type Paper } from './terminal/paper.ts';

export interface CollapseFlags extends MetaFlags, FootprintFlags {
  readonly policy?: string;
  readonly preview?: true;
}

interface Report {
  readonly id: string;
  readonly mode: string | null;
  readonly policy: { readonly name: string };
  readonly target: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null; readonly snapshotId: string };
  readonly conflictCount: string;
}

interface Collapsed {
  readonly committed: boolean;
  readonly systemSnapshotId: string | null;
  readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string } | null;
  /** Why it was aborted: the first of them. */
  readonly conflicts: readonly Conflict[];
  readonly report: Report;
}

const ANSWER = `committed systemSnapshotId receipt { rewriteIdx viewDigest } conflicts
  report { id mode policy { name } target { kind swsId snapshotId } conflictCount conflictsDigest
    base { digest nodeCount edgeCount } ours { digest nodeCount edgeCount } theirs { digest nodeCount edgeCount }
    changed { nodes edges } }`;
const COLLAPSE = `mutation ($input: CollapseSwsInput!) { answer: collapseSws(input: $input) { ${ANSWER} } }`;
const PREVIEW = `query ($swsId: ID!, $policy: String, $policyId: U32, $footprint: FootprintInput) {
  answer: previewCollapse(swsId: $swsId, policy: $policy, policyId: $policyId, footprint: $footprint) { ${ANSWER} }
}`;

/** Into what it has to go; null: into whatever it goes. */
export type Into = 'system' | 'workspace' | null;

export async function collapseWorkspace(
  context: Context,
  named: string | undefined,
  options: CollapseFlags,
  into: Into = null,
): Promise<Answer> {
  const { flags } = context;
  const world = worldOf(flags);
  const workspace = mustGetWorkspace(named, flags);
  const footprint = await readFootprint(context, options);
  const session = await context.session();
  const swsId = String(workspace);
  const typed = typedWorkspace(named);
  if (into !== null) await mustGoInto({ context, typed, swsId }, into);
  const policy = policyArgs(options.policy);
  const isPreview = options.preview === true;
  const operation = isPreview
    ? { document: PREVIEW, variables: { swsId, ...policy, footprint }, places: placesOf('', typed) }
    : {
        document: COLLAPSE,
        variables: { input: { swsId, ...policy, footprint, meta: readMeta(options) } },
        places: { ...placesOf('input.', typed), ...metaPlaces('input.meta', options) },
      };
  const { answer } = await session.execute<{ readonly answer: Collapsed }>(world, operation);
  const target = targetOf(answer.report);
  const elements = await readConflictElements(session, { world, workspace, target }, answer.conflicts);
  return {
    json: { world, view: `sws:${workspace}`, preview: isPreview, ...answer, elements },
    text: (paper) => collapsedText(paper, { workspace, isPreview }, answer, elements),
    status: answer.committed ? 0 : 1,
  };
}

function targetOf({ target: { kind, swsId } }: Report): ViewId {
  return kind === 'SYSTEM' ? 'system' : Number(swsId);
}

/** By its number or by its name. */
export function policyArgs(policy: string | undefined): {
  readonly policy: string | null;
  readonly policyId: number | null;
} {
  const isNumber = policy !== undefined && /^\d{1,10}$/.test(policy);
  return { policy: isNumber ? null : (policy ?? null), policyId: isNumber ? Number(policy) : null };
}

function placesOf(place: string, typed: string): Readonly<Record<string, string>> {
  const policy = { [`${place}policyId`]: '--policy', [`${place}policy`]: '--policy' };
  return { [`${place}swsId`]: typed, ...policy, ...footprintPlaces(place) };
}

interface Asked {
  readonly context: Context;
  /** What names the workspace. */
  readonly typed: string;
  readonly swsId: string;
}

async function mustGoInto({ context, typed, swsId }: Asked, into: Exclude<Into, null>): Promise<void> {
  const session = await context.session();
  const document = 'query ($id: ID!) { sws(id: $id) { parent } }';
  const places = { id: typed };
  const { sws } = await session.execute<{ readonly sws: { readonly parent: string | null } }>(worldOf(context.flags), {
    document,
    variables: { id: swsId },
    places,
  });
  if ((sws.parent === null) === (into === 'system')) return;
  throw into === 'system'
    ? new Failure('USAGE', typed, `sws:${swsId} was forked from sws:${sws.parent}: merge it there first`)
    : new Failure('USAGE', typed, `sws:${swsId} collapses into System: publish it`);
}

function collapsedText(
  paper: Paper,
  { workspace, isPreview }: { readonly workspace: number; readonly isPreview: boolean },
  { committed, receipt, conflicts, report }: Collapsed,
  elements: readonly ConflictElement[],
): string {
  const target = targetOf(report);
  const [done, not] = isPreview ? ['would commit', 'would abort'] : ['committed', 'aborted'];
  const told = pairsText(paper, [
    ['view', `sws:${workspace}`],
    ['into', target === 'system' ? target : `sws:${target}`],
    ['policy', report.policy.name],
    ['collapse', committed ? `${done}, ${report.mode}` : not],
    ...(isPreview ? [] : [['event', report.id] as const]),
    ['rewriteIdx', receipt?.rewriteIdx ?? ''],
    ['digest', receipt?.viewDigest ?? ''],
    ['snapshot', report.target.snapshotId],
  ]);
  if (committed) return told;
  return `${told}\n${conflictsText(paper, conflicts, elements, report.conflictCount)}${settlingText(workspace, conflicts)}`;
}
