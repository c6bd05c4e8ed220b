/** `jitosctl world list`: the worlds of a data folder, with where each stands. */
import type { Command } from 'commander';
import { examples, type Answer, type Context, type Run } from '../command.ts';
import { answerOrWatch, WATCH_FLAG, type WatchFlags } from '../watch.ts';
import type { WorldStatus } from '../../servers/http/world-status.ts';
import { leftColumns, rightColumns, tableText, type Paper } from '../terminal/paper.ts';

export function addWorldList(world: Command, run: Run): void {
  world
    .command('list')
    .description('list the worlds')
    .option(...WATCH_FLAG)
    .addHelpText('after', examples('world list', 'world list --url http://127.0.0.1:8080 --json', 'world list --watch'))
    .action((options: WatchFlags, command: Command) => {
      return run(command, (context) => answerOrWatch(context, options, () => listWorlds(context)));
    });
}

async function listWorlds({ session }: Context): Promise<Answer> {
  const worlds = await (await session()).listWorlds();
  return { json: { worlds }, text: (paper) => worldsText(paper, worlds), status: 0 };
}

export function worldsText(paper: Paper, worlds: readonly WorldStatus[]): string {
  return tableText(
    paper,
    [...leftColumns('WORLD'), ...rightColumns('EVENTS'), ...leftColumns('DIGEST')],
    // The first event has idx 0.
    worlds.map(({ name, idx, digest }) => [name, String(idx + 1), digest]),
  );
}
