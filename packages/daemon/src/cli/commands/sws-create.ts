/** `jitosctl sws create`: forks a workspace from System. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { SWS_FIELDS, swsText, type Sws } from '../sws.ts';

export function addSwsCreate(sws: Command, run: Run): void {
  const command = sws.command('create').description('make a workspace, forked from System as it is now');
  addMetaFlags(command)
    .addHelpText('after', examples('sws create', 'sws create --world lab --request-id nightly-7 --json'))
    .action((options: MetaFlags) => run(command, (context) => createSws(context, options)));
}

interface Data {
  readonly createSws: { readonly sws: Sws };
}

async function createSws({ session, flags }: Context, options: MetaFlags): Promise<Answer> {
  const world = worldOf(flags);
  const document = `mutation ($input: CreateSwsInput) { createSws(input: $input) { sws { ${SWS_FIELDS} } } }`;
  const variables = { input: { meta: readMeta(options) } };
  const places = metaPlaces('input.meta', options);
  const { createSws: created } = await (await session()).execute<Data>(world, { document, variables, places });
  return { json: { world, ...created.sws }, text: (paper) => swsText(paper, [created.sws]), status: 0 };
}
