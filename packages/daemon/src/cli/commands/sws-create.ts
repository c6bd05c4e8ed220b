/** `jitosctl sws create`: forks a workspace from System, as it is or as it was, or from another workspace. */
import type { Command } from 'commander';
import { askUntilReady } from '../ask-until-ready.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount, parseWorkspace } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { SWS_FIELDS, swsText, type Sws } from '../sws.ts';

interface SwsCreateFlags extends MetaFlags {
  readonly at?: string;
  readonly from?: string;
}

export function addSwsCreate(sws: Command, run: Run): void {
  const command = sws
    .command('create')
    .description('make a workspace, forked from System as it is now, or from another workspace')
    .option('--from <sws>', 'fork this workspace, and collapse into it')
    .option('--at <idx>', 'with what leads back to System as it was after this event');
  addMetaFlags(command)
    .addHelpText(
      'after',
      examples(
        'sws create',
        'sws create --from 3',
        'sws create --at 100',
        'sws create --world lab --request-id nightly-7 --json',
      ),
    )
    .action((options: SwsCreateFlags) => run(command, (context) => createSws(context, options)));
}

interface Data {
  readonly createSws: { readonly sws: Sws };
}

/** `typedFrom` is what names the workspace that is forked. */
export async function createSws(
  { session, flags }: Context,
  options: SwsCreateFlags,
  typedFrom = '--from',
): Promise<Answer> {
  const world = worldOf(flags);
  const document = `mutation ($input: CreateSwsInput) { createSws(input: $input) { sws { ${SWS_FIELDS} } } }`;
  const at = options.at === undefined ? null : String(parseCount('--at', options.at));
  const from = options.from === undefined ? null : String(parseWorkspace(typedFrom, options.from));
  const variables = { input: { meta: readMeta(options), at, from } };
  const places = { ...metaPlaces('input.meta', options), 'input.at': '--at', 'input.from': typedFrom };
  const opened = await session();
  // What is not ready yet has written nothing.
  const { createSws: created } = await askUntilReady(() =>
    opened.execute<Data>(world, { document, variables, places }),
  );
  return { json: { world, ...created.sws }, text: (paper) => swsText(paper, [created.sws]), status: 0 };
}
