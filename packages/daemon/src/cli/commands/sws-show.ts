/** `jitosctl sws show`: one workspace, with its digest while it is open. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { mustGetWorkspace, typedWorkspace } from '../flags.ts';
import { SWS_FIELDS, type Sws } from '../sws.ts';
import { readSnapshot, viewPlaces } from '../snapshot.ts';
import { pairsText } from '../terminal/paper.ts';

export function addSwsShow(sws: Command, run: Run): void {
  sws
    .command('show')
    .description('show a workspace')
    .argument('[sws]', 'its number; else the one that --view names')
    .addHelpText('after', examples('sws show 0', 'sws show --view sws:0 --json'))
    .action((named: string | undefined, _options: unknown, command: Command) => {
      return run(command, (context) => showSws(context, named));
    });
}

async function showSws(context: Context, named: string | undefined): Promise<Answer> {
  const world = worldOf(context.flags);
  const view = mustGetWorkspace(named, context.flags);
  const id = String(view);
  const typed = typedWorkspace(named);
  const session = await context.session();
  const document = `query ($id: ID!) { sws(id: $id) { ${SWS_FIELDS} } }`;
  const { sws } = await session.execute<{ readonly sws: Sws }>(world, {
    document,
    variables: { id },
    places: { id: typed },
  });
  const snapshot =
    sws.state === 'ACTIVE' ? await readSnapshot(session, { world, view, places: viewPlaces(typed) }) : null;
  const shown = { world, ...sws, digest: snapshot?.digest ?? null, snapshotId: snapshot?.snapshotId ?? null };
  return {
    json: shown,
    text: (paper) =>
      pairsText(paper, [
        ['sws', `sws:${sws.id}`],
        ['state', sws.state],
        ['digest', shown.digest ?? ''],
        ['snapshot', shown.snapshotId ?? ''],
        ['parent snapshot', sws.parentSnapshotId ?? ''],
        ['meta', sws.meta === null ? '' : JSON.stringify(sws.meta)],
      ]),
    status: 0,
  };
}
