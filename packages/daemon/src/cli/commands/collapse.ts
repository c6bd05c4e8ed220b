/** `jitosctl collapse`: carries a workspace into System, or tells that it could not be. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { mustGetWorkspace, parseCount, typedWorkspace } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { leftColumns, pairsText, tableText, type Paper } from '../terminal/paper.ts';

interface CollapseFlags extends MetaFlags {
  readonly policy?: string;
}

interface Collapsed {
  readonly committed: boolean;
  readonly systemSnapshotId: string | null;
  readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string } | null;
  /** Why it was aborted: the first of them. */
  readonly conflicts: readonly { readonly element: string; readonly id: string; readonly class: string }[];
}

interface Data {
  readonly collapseSws: Collapsed;
}

export function addCollapse(program: Command, run: Run): void {
  const command = program
    .command('collapse')
    .description('carry a workspace into System; exit status 1 if conflicts abort it')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--policy <id>', 'number of the policy; else 1, fail-fast');
  addMetaFlags(command)
    .addHelpText('after', examples('collapse 0', 'collapse --view sws:0 --world lab --json'))
    .action((named: string | undefined, options: CollapseFlags) => {
      return run(command, (context) => collapseSws(context, named, options));
    });
}

async function collapseSws(
  { session, flags }: Context,
  named: string | undefined,
  options: CollapseFlags,
): Promise<Answer> {
  const world = worldOf(flags);
  const workspace = mustGetWorkspace(named, flags);
  const policyId = options.policy === undefined ? null : parseCount('--policy', options.policy);
  const document = `mutation ($input: CollapseSwsInput!) {
    collapseSws(input: $input) { committed systemSnapshotId receipt { rewriteIdx viewDigest } conflicts }
  }`;
  const variables = { input: { swsId: String(workspace), policyId, meta: readMeta(options) } };
  const places = {
    'input.swsId': typedWorkspace(named),
    'input.policyId': '--policy',
    ...metaPlaces('input.meta', options),
  };
  const { collapseSws: collapsed } = await (await session()).execute<Data>(world, { document, variables, places });
  return {
    json: { world, view: `sws:${workspace}`, ...collapsed },
    text: (paper) => collapsedText(paper, workspace, collapsed),
    status: collapsed.committed ? 0 : 1,
  };
}

function collapsedText(
  paper: Paper,
  workspace: number,
  { committed, systemSnapshotId, receipt, conflicts }: Collapsed,
): string {
  const told = pairsText(paper, [
    ['view', `sws:${workspace}`],
    ['collapse', committed ? 'committed' : 'aborted'],
    ['rewriteIdx', receipt?.rewriteIdx ?? ''],
    ['digest', receipt?.viewDigest ?? ''],
    ['snapshot', systemSnapshotId ?? ''],
  ]);
  if (committed) return told;
  const rows = conflicts.map((conflict) => [conflict.element, conflict.class, conflict.id]);
  return `${told}\n${tableText(paper, leftColumns('CONFLICT', 'CLASS', 'ID'), rows)}`;
}
