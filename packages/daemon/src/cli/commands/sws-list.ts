/** `jitosctl sws list`: the open workspaces of a world. */
import type { Command } from 'commander';
import {
  addPageFlags,
  examples,
  PAGE_PLACES,
  readPage,
  worldOf,
  type Answer,
  type Context,
  type PageFlags,
  type Run,
} from '../command.ts';
import { SWS_FIELDS, swsText, type Sws } from '../sws.ts';
import { answerOrWatch, WATCH_FLAG, type WatchFlags } from '../watch.ts';

export function addSwsList(sws: Command, run: Run): void {
  const command = sws.command('list').description('list the open workspaces');
  addPageFlags(command, 'a workspace number')
    .option(...WATCH_FLAG)
    .addHelpText('after', examples('sws list', 'sws list --first 10 --after 41', 'sws list --watch'))
    .action((options: PageFlags & WatchFlags) => {
      return run(command, (context) => answerOrWatch(context, options, () => listSws(context, options)));
    });
}

interface Data {
  readonly listSws: readonly Sws[];
}

async function listSws({ session, flags }: Context, options: PageFlags): Promise<Answer> {
  const world = worldOf(flags);
  const document = `query ($page: PageInput) { listSws(page: $page) { ${SWS_FIELDS} } }`;
  const variables = { page: readPage(options) };
  const { listSws: list } = await (await session()).execute<Data>(world, { document, variables, places: PAGE_PLACES });
  return { json: { world, sws: list }, text: (paper) => swsText(paper, list), status: 0 };
}
