/** `jitosctl sws discard`: ends a workspace without carrying anything over. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { mustGetWorkspace, typedWorkspace } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';

interface DiscardFlags extends MetaFlags {
  readonly reason?: string;
}

interface Data {
  readonly discardSws: { readonly discarded: boolean };
}

export function addSwsDiscard(sws: Command, run: Run): void {
  const command = sws
    .command('discard')
    .description('end a workspace; nothing of it reaches System')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--reason <text>', 'why, for the history');
  addMetaFlags(command)
    .addHelpText('after', examples('sws discard 0', "sws discard 0 --reason 'tried, not wanted'"))
    .action((named: string | undefined, options: DiscardFlags) => {
      return run(command, (context) => discardSws(context, named, options));
    });
}

async function discardSws(
  { session, flags }: Context,
  named: string | undefined,
  options: DiscardFlags,
): Promise<Answer> {
  const world = worldOf(flags);
  const workspace = mustGetWorkspace(named, flags);
  const document = 'mutation ($input: DiscardSwsInput!) { discardSws(input: $input) { discarded } }';
  const variables = { input: { swsId: String(workspace), reason: options.reason ?? null, meta: readMeta(options) } };
  const places = {
    'input.swsId': typedWorkspace(named),
    'input.reason': '--reason',
    ...metaPlaces('input.meta', options),
  };
  const { discardSws: answer } = await (await session()).execute<Data>(world, { document, variables, places });
  const view = `sws:${workspace}`;
  return { json: { world, view, ...answer }, text: () => `discarded ${view}\n`, status: 0 };
}
