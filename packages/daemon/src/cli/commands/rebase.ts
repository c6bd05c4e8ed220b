/** `jitosctl rebase` and `jitosctl resolve`: bring a workspace onto what it collapses into, as that is now. */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { policyArgs } from '../collapse-workspace.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { conflictsText, readConflictElements, type Conflict, type ConflictElement } from '../conflict-text.ts';
import { mustGetWorkspace, typedWorkspace } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { pairsText, type Paper } from '../terminal/paper.ts';
import { opsSource, readOps } from './rewrite.ts';

interface RebaseFlags extends MetaFlags {
  readonly policy?: string;
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

const DOCUMENT = `mutation ($input: RebaseSwsInput!) { rebaseSws(input: $input) {
  rebased receipt { rewriteIdx viewDigest } sws { parentSnapshotId opCount } conflictCount conflicts
} }`;

export function addRebase(program: Command, run: Run): void {
  const command = program
    .command('rebase')
    .description('bring a workspace onto what it collapses into; exit status 1 if conflicts are left')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--policy <name>', 'what becomes of conflicts, by name or number; else what the world has set');
  addMetaFlags(command)
    .addHelpText('after', examples('rebase 0', 'rebase 0 --policy three-way'))
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
    .option('--policy <name>', 'what becomes of other conflicts; else what the world has set');
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
  const choices = [
    ...ours.map((element) => ({ element, side: 'OURS' })),
    ...theirs.map((element) => ({ element, side: 'THEIRS' })),
  ];
  const hasOps = ops !== undefined || file !== undefined;
  const input = {
    swsId: String(workspace),
    ...policyArgs(options.policy),
    choices,
    ops: hasOps ? await readOps(context, options) : [],
    meta: readMeta(options),
  };
  const choicePlaces = choices.map(({ side }, i): [string, string] => {
    return [`input.choices[${i}].element`, side === 'OURS' ? '--ours' : '--theirs'];
  });
  const places = {
    'input.swsId': typedWorkspace(named),
    'input.policyId': '--policy',
    'input.policy': '--policy',
    'input.choices': '--ours',
    'input.ops': opsSource(options),
    ...Object.fromEntries(choicePlaces),
    ...metaPlaces('input.meta', options),
  };
  const session = await context.session();
  const operation = { document: DOCUMENT, variables: { input }, places };
  const { rebaseSws } = await session.execute<{ readonly rebaseSws: Rebased }>(world, operation);
  const target = rebaseSws.rebased ? 'system' : await readTarget(context, workspace);
  const elements = await readConflictElements(session, { world, workspace, target }, rebaseSws.conflicts);
  return {
    json: { world, view: `sws:${workspace}`, ...rebaseSws, elements },
    text: (paper) => rebasedText(paper, workspace, rebaseSws, elements),
    status: rebaseSws.rebased ? 0 : 1,
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
  workspace: number,
  { rebased, receipt, sws, conflicts, conflictCount }: Rebased,
  elements: readonly ConflictElement[],
): string {
  const told = pairsText(paper, [
    ['view', `sws:${workspace}`],
    ['rebase', rebased ? 'done' : 'nothing done: conflicts are left'],
    ['rewriteIdx', receipt?.rewriteIdx ?? ''],
    ['digest', receipt?.viewDigest ?? ''],
    ['parent snapshot', sws?.parentSnapshotId ?? ''],
  ]);
  return rebased ? told : `${told}\n${conflictsText(paper, conflicts, elements, conflictCount)}`;
}
