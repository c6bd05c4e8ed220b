/** Why a workspace is as it is: what was done to it last, and what keeps it from collapsing. */
import { REGISTRY } from '../../errors/registry.ts';
import { Failure } from '../../errors/failure.ts';
import { worldOf, type Answer, type Context } from '../command.ts';
import {
  conflictsText,
  readConflictElements,
  settlingText,
  type Conflict,
  type ConflictElement,
} from '../conflict-text.ts';
import { readRulesStatus } from '../rules.ts';
import type { Session } from '../session.ts';
import { numberText, stateText, SWS_FIELDS, targetText, type Sws } from '../sws.ts';
import { pairsText, type Paper } from '../terminal/paper.ts';

interface LastEvent {
  readonly idx: string;
  readonly kind: string;
  readonly principal: string;
  readonly reason: string | null;
}

/** What keeps a workspace from collapsing as it is now. */
interface Block {
  /** A reason of the registry, or `CONFLICTS` or `RULES_CHECKING`. */
  readonly reason: string;
  readonly detail: string;
  readonly advice: string;
}

interface Preview {
  readonly committed: boolean;
  readonly conflicts: readonly Conflict[];
  readonly report: { readonly conflictCount: string };
}

export async function whyWorkspace(context: Context, workspace: number): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const sws = await readSws(session, world, workspace);
  const last = await readLast(session, world, workspace);
  const isOpen = sws.state === 'ACTIVE';
  const blocks = isOpen ? await readBlocks(session, world, sws) : { blocks: [], conflicts: [], conflictCount: '0' };
  const target = sws.parent === null ? 'system' : Number(sws.parent);
  const elements = isOpen ? await readConflictElements(session, { world, workspace, target }, blocks.conflicts) : [];
  return {
    json: { world, sws, last, ...blocks, elements },
    text: (paper) => workspaceText(paper, { sws, last, elements, ...blocks }),
    status: 0,
  };
}

async function readSws(session: Session, world: string, workspace: number): Promise<Sws> {
  const document = `query ($id: ID!) { sws(id: $id) { ${SWS_FIELDS} } }`;
  const operation = { document, variables: { id: String(workspace) }, places: { id: '<id>' } };
  return (await session.execute<{ readonly sws: Sws }>(world, operation)).sws;
}

/** Its last rewrite, collapse, rebase or discard; null where there was none. */
async function readLast(session: Session, world: string, workspace: number): Promise<LastEvent | null> {
  const document = `query ($workspace: Int) {
    rewrites(workspace: $workspace, last: 1) { edges { node { idx kind principal reason } } }
  }`;
  const operation = { document, variables: { workspace }, places: { workspace: '<id>' }, surface: 'v1' as const };
  type Data = { readonly rewrites: { readonly edges: readonly { readonly node: LastEvent }[] } };
  const { rewrites } = await session.execute<Data>(world, operation);
  return rewrites.edges.at(-1)?.node ?? null;
}

interface Blocks {
  readonly blocks: readonly Block[];
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: string;
}

async function readBlocks(session: Session, world: string, sws: Sws): Promise<Blocks> {
  const blocks: Block[] = [];
  const preview = await readPreview(session, world, sws.id).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    blocks.push({ reason: error.reason, detail: error.message, advice: REGISTRY[error.reason].advice });
    return null;
  });
  const conflictCount = preview?.report.conflictCount ?? '0';
  if (preview !== null && !preview.committed) {
    const detail = `${conflictCount} conflict${conflictCount === '1' ? '' : 's'} with ${targetText(sws)}`;
    blocks.push({ reason: 'CONFLICTS', detail, advice: `Settle them with \`npx jitosctl resolve ${sws.id}\`.` });
  }
  const rules = await readRulesStatus(session, world);
  if (rules?.state === 'CHECKING') {
    const detail = `the rule pack that event ${rules.proposedAt} proposed is checked: both packs hold meanwhile`;
    blocks.push({ reason: 'RULES_CHECKING', detail, advice: 'Follow it with `npx jitosctl rules status --watch`.' });
  }
  return { blocks, conflicts: preview?.conflicts ?? [], conflictCount };
}

async function readPreview(session: Session, world: string, swsId: string): Promise<Preview> {
  const document = `query ($swsId: ID!) {
    previewCollapse(swsId: $swsId) { committed conflicts report { conflictCount } }
  }`;
  const operation = { document, variables: { swsId }, places: { swsId: '<id>' } };
  return (await session.execute<{ readonly previewCollapse: Preview }>(world, operation)).previewCollapse;
}

function workspaceText(
  paper: Paper,
  told: Blocks & {
    readonly sws: Sws;
    readonly last: LastEvent | null;
    readonly elements: readonly ConflictElement[];
  },
): string {
  const { sws, last, blocks, conflicts, conflictCount, elements } = told;
  const pairs: readonly (readonly [string, string])[] = [
    ['sws', `sws:${sws.id}`],
    ['state', stateText(sws)],
    ['into', targetText(sws)],
    ['ops', numberText(sws.opCount)],
    ['aborts', numberText(sws.abortCount)],
    ['forks', sws.children.map((child) => `sws:${child}`).join(' ')],
    ['last', last === null ? '' : `event ${last.idx}, ${last.kind} by ${last.principal}`],
    ['reason', last?.reason ?? ''],
    [
      'blocked by',
      sws.state !== 'ACTIVE' ? '' : blocks.length === 0 ? 'nothing' : blocks.map(({ reason }) => reason).join(' '),
    ],
  ];
  const lines = blocks.map(({ reason, detail, advice }) => `${reason}: ${detail}\n  do: ${advice}\n`).join('');
  const met = conflictsText(paper, conflicts, elements, conflictCount);
  return [
    pairsText(
      paper,
      pairs.filter(([, value]) => value !== ''),
    ),
    ...(lines === '' ? [] : [`\n${lines}`]),
    ...(met === '' ? [] : [`\n${met}${settlingText(Number(sws.id), conflicts)}`]),
    ...(last === null ? [] : [`\n\`npx jitosctl why ${last.idx}\` tells of its last event.\n`]),
  ].join('');
}
