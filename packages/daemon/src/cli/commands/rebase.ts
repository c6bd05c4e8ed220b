/** `jitosctl rebase` and `jitosctl resolve`: bring a workspace onto what it collapses into, as that is now. */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { policyArgs } from '../collapse-workspace.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import {
  conflictsText,
  readConflictElements,
  settlingText,
  type Conflict,
  type ConflictElement,
} from '../conflict-text.ts';
import { mustGetWorkspace, typedWorkspace } from '../flags.ts';
import { FOOTPRINT_FLAG, footprintPlaces, readFootprint, type FootprintFlags } from '../footprint.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { Failure } from '../../errors/failure.ts';
import type { Session } from '../session.ts';
import { pairsText, type Paper } from '../terminal/paper.ts';
import { opsSource, readOps } from './rewrite.ts';

interface RebaseFlags extends MetaFlags, FootprintFlags {
  readonly policy?: string;
  readonly preview?: true;
  readonly ours?: readonly string[];
  readonly theirs?: readonly string[];
  readonly ops?: string;
  readonly file?: string;
}

interface Rebased {
  readonly rebased: boolean;
  readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string } | null;
  readonly sws: { readonly parentSnapshotId: string; readonly opCount: number } | null;
  readonly conflictCount: string;
  readonly conflicts: readonly Conflict[];
}

const ANSWER = 'rebased receipt { rewriteIdx viewDigest } sws { parentSnapshotId opCount } conflictCount conflicts';
const REBASE = `mutation ($input: RebaseSwsInput!) { answer: rebaseSws(input: $input) { ${ANSWER} } }`;
const PREVIEW = `query (
  $swsId: ID!, $policy: String, $policyId: U32, $footprint: FootprintInput, $choices: [ChoiceInput!], $ops: [JSON!]
) {
  answer: previewRebase(
    swsId: $swsId, policy: $policy, policyId: $policyId, footprint: $footprint, choices: $choices, ops: $ops
  ) { ${ANSWER} }
}`;
const PREVIEW_FLAG = ['--preview', 'only tell what would come of it'] as const;

export function addRebase(program: Command, run: Run): void {
  const command = program
    .command('rebase')
    .description('bring a workspace onto what it collapses into; exit status 1 if conflicts are left')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--policy <name>', 'what becomes of conflicts, by name or number; else what the world has set')
    .option(...FOOTPRINT_FLAG)
    .option(...PREVIEW_FLAG);
  addMetaFlags(command)
    .addHelpText('after', examples('rebase 0', 'rebase 0 --policy three-way --preview'))
    .action((named: string | undefined, options: RebaseFlags) => {
      return run(command, (context) => rebase(context, named, options));
    });
}

export function addResolve(program: Command, run: Run): void {
  const command = program
    .command('resolve')
    .description('rebase a workspace, and settle its conflicts; exit status 1 if some are left')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--ours <id>', "take the workspace's value of this element; may be repeated", collect)
    .option('--theirs <id>', 'take the value of what it collapses into; may be repeated', collect)
    .option('--ops <json>', 'ops that run on what the merge gave')
    .option('--file <file>', 'file that holds them')
    .option('--policy <name>', 'what becomes of other conflicts; else what the world has set')
    .option(...FOOTPRINT_FLAG)
    .option(...PREVIEW_FLAG);
  addMetaFlags(command)
    .addHelpText('after', examples('resolve 0 --ours $ID', 'resolve 0 --theirs $ID --file ops.json'))
    .action((named: string | undefined, options: RebaseFlags) => {
      return run(command, (context) => rebase(context, named, options));
    });
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function rebase(context: Context, named: string | undefined, options: RebaseFlags): Promise<Answer> {
  const { flags } = context;
  const world = worldOf(flags);
  const workspace = mustGetWorkspace(named, flags);
  const { ours = [], theirs = [], ops, file } = options;
  const choices: readonly Choice[] = [
    ...ours.map((element) => ({ element, side: 'OURS' as const })),
    ...theirs.map((element) => ({ element, side: 'THEIRS' as const })),
  ];
  const hasOps = ops !== undefined || file !== undefined;
  const isPreview = options.preview === true;
  const args = {
    swsId: String(workspace),
    ...policyArgs(options.policy),
    footprint: await readFootprint(context, options),
    choices,
    ops: hasOps ? await readOps(context, options) : [],
  };
  const typed = { workspace: typedWorkspace(named), ops: hasOps ? opsSource(options) : null };
  const operation = isPreview
    ? { document: PREVIEW, variables: args, places: placesOf('', choices, typed) }
    : {
        document: REBASE,
        variables: { input: { ...args, meta: readMeta(options) } },
        places: { ...placesOf('input.', choices, typed), ...metaPlaces('input.meta', options) },
      };
  const session = await context.session();
  await mustDiffer(session, { world, workspace }, choices);
  const { answer } = await session.execute<{ readonly answer: Rebased }>(world, operation);
  const target = answer.rebased ? 'system' : await readTarget(context, workspace);
  const elements = await readConflictElements(session, { world, workspace, target }, answer.conflicts);
  return {
    json: { world, view: `sws:${workspace}`, preview: isPreview, ...answer, elements },
    text: (paper) => rebasedText(paper, { workspace, isPreview }, answer, elements),
    status: answer.rebased ? 0 : 1,
  };
}

interface Choice {
  readonly element: string;
  readonly side: 'OURS' | 'THEIRS';
}

/** Elements that one question may name. */
const SIDES_MAX = 100;
/** What is none is refused by the API, with its place. */
const HASH = /^[0-9a-f]{64}$/;

interface Sides {
  readonly id: string;
  readonly base: Side;
  readonly ours: Side;
  readonly theirs: Side;
}

type Side = { readonly digest: string } | null;

/** Throws `CHOICES_INVALID` for an element that is alike on all sides: the choice was meant for another. */
async function mustDiffer(
  session: Session,
  { world, workspace }: { readonly world: string; readonly workspace: number },
  choices: readonly Choice[],
): Promise<void> {
  const document = `query ($swsId: ID!, $elements: [ID!]!) {
    sides(swsId: $swsId, elements: $elements) { id base { digest } ours { digest } theirs { digest } }
  }`;
  const named = choices.filter(({ element }) => HASH.test(element));
  for (let at = 0; at < named.length; at += SIDES_MAX) {
    const asked = named.slice(at, at + SIDES_MAX);
    const variables = { swsId: String(workspace), elements: asked.map(({ element }) => element) };
    const operation = { document, variables, places: {} };
    const { sides } = await session.execute<{ readonly sides: readonly Sides[] }>(world, operation);
    const differing = new Set(sides.filter(isDiffering).map(({ id }) => id));
    const alike = asked.find(({ element }) => !differing.has(element));
    if (alike === undefined) continue;
    const detail = `nobody has changed ${alike.element}: there is no side to take`;
    throw new Failure('CHOICES_INVALID', alike.side === 'OURS' ? '--ours' : '--theirs', detail);
  }
}

function isDiffering({ base, ours, theirs }: Sides): boolean {
  return base?.digest !== ours?.digest || base?.digest !== theirs?.digest;
}

/** What was typed for each argument; `place` stands before the names of these. */
function placesOf(
  place: string,
  choices: readonly Choice[],
  typed: { readonly workspace: string; readonly ops: string | null },
): Readonly<Record<string, string>> {
  const choicePlaces = choices.map(({ side }, i): [string, string] => {
    return [`${place}choices[${i}].element`, side === 'OURS' ? '--ours' : '--theirs'];
  });
  return {
    [`${place}swsId`]: typed.workspace,
    [`${place}policyId`]: '--policy',
    [`${place}policy`]: '--policy',
    ...footprintPlaces(place),
    [`${place}choices`]: '--ours',
    ...(typed.ops === null ? {} : { [`${place}ops`]: typed.ops, body: typed.ops }),
    ...Object.fromEntries(choicePlaces),
  };
}

async function readTarget({ session, flags }: Context, workspace: number): Promise<ViewId> {
  const document = 'query ($id: ID!) { sws(id: $id) { parent } }';
  const operation = { document, variables: { id: String(workspace) }, places: {} };
  type Data = { readonly sws: { readonly parent: string | null } };
  const { sws } = await (await session()).execute<Data>(worldOf(flags), operation);
  return sws.parent === null ? 'system' : Number(sws.parent);
}

function rebasedText(
  paper: Paper,
  { workspace, isPreview }: { readonly workspace: number; readonly isPreview: boolean },
  { rebased, receipt, sws, conflicts, conflictCount }: Rebased,
  elements: readonly ConflictElement[],
): string {
  const [done, not] = isPreview
    ? ['would be done', 'nothing would be done: conflicts are left']
    : ['done', 'nothing done: conflicts are left'];
  const view = ['view', `sws:${workspace}`] as const;
  if (!rebased) {
    const told = pairsText(paper, [view, ['rebase', not]]);
    return `${told}\n${conflictsText(paper, conflicts, elements, conflictCount)}${settlingText(workspace, conflicts)}`;
  }
  return pairsText(paper, [
    view,
    ['rebase', done],
    ['rewriteIdx', receipt?.rewriteIdx ?? ''],
    ['digest', receipt?.viewDigest ?? ''],
    ['parent snapshot', sws?.parentSnapshotId ?? ''],
  ]);
}
