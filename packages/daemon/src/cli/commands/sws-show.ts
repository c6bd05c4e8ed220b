/** `jitosctl sws show`: one workspace, with its digest while it is open. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { mustGetWorkspace, typedWorkspace } from '../flags.ts';
import { numberText, stateText, SWS_FIELDS, targetText, type Sws } from '../sws.ts';
import { answerOrWatch, WATCH_FLAG, type WatchFlags } from '../watch.ts';
import { pairsText, type Paper } from '../terminal/paper.ts';

export function addSwsShow(sws: Command, run: Run): void {
  sws
    .command('show')
    .description('show a workspace')
    .argument('[sws]', 'its number; else the one that --view names')
    .option(...WATCH_FLAG)
    .addHelpText('after', examples('sws show 0', 'sws show --view sws:0 --json', 'sws show 0 --watch'))
    .action((named: string | undefined, options: WatchFlags, command: Command) => {
      return run(command, (context) => answerOrWatch(context, options, () => showSws(context, named)));
    });
}

interface Shown extends Sws {
  readonly digest: string | null;
  readonly snapshotId: string | null;
  /** The view that had its base. */
  readonly base: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null; readonly snapshotId: string };
}

async function showSws(context: Context, named: string | undefined): Promise<Answer> {
  const world = worldOf(context.flags);
  const id = String(mustGetWorkspace(named, context.flags));
  const session = await context.session();
  const document = `query ($id: ID!) { sws(id: $id) { ${SWS_FIELDS} digest snapshotId base { kind swsId snapshotId } } }`;
  const places = { id: typedWorkspace(named) };
  const { sws } = await session.execute<{ readonly sws: Shown }>(world, { document, variables: { id }, places });
  return { json: { world, ...sws }, text: (paper) => shownText(paper, sws), status: 0 };
}

function shownText(paper: Paper, sws: Shown): string {
  const pairs: readonly (readonly [string, string])[] = [
    ['sws', `sws:${sws.id}`],
    ['state', stateText(sws)],
    ['into', targetText(sws)],
    ['digest', sws.digest ?? ''],
    ['snapshot', sws.snapshotId ?? ''],
    ['base of', sws.base.swsId === null ? 'system' : `sws:${sws.base.swsId}`],
    ['parent snapshot', sws.parentSnapshotId ?? ''],
    ['ops', numberText(sws.opCount)],
    ['aborts', numberText(sws.abortCount)],
    ['forks', sws.children.map((child) => `sws:${child}`).join(' ')],
    ['meta', sws.meta === null ? '' : JSON.stringify(sws.meta)],
  ];
  if (sws.state === 'ACTIVE') return pairsText(paper, pairs);
  const left = pairs.filter(([, value]) => value !== '');
  return `${pairsText(paper, left)}\nIt has ended; \`npx jitosctl rewrites --view sws:${sws.id}\` lists what was written to it.\n`;
}
