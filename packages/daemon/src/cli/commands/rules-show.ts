/** `jitosctl rules show`: a rule pack, in the language that it is written in. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';

interface ShowFlags {
  readonly id?: string;
}

export function addRulesShow(rules: Command, run: Run): void {
  rules
    .command('show')
    .description('show the rule pack that System is under')
    .option('--id <id>', 'another one: any that it was under, or the one proposed last')
    .addHelpText('after', examples('rules show > rules.graphql', 'rules show --world lab --json'))
    .action((options: ShowFlags, command: Command) => run(command, (context) => showRules(context, options)));
}

interface Data {
  readonly rulePack: { readonly id: string; readonly sdl: string; readonly document_b64: string };
}

async function showRules(context: Context, { id }: ShowFlags): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const document = 'query ($id: ID) { rulePack(id: $id) { id sdl document_b64 } }';
  const { rulePack } = await session.execute<Data>(world, {
    document,
    variables: { id: id ?? null },
    places: { id: '--id' },
  });
  const { id: rulePackId, sdl } = rulePack;
  return {
    json: { world, rulePackId, sdl, document_b64: rulePack.document_b64 },
    text: () => (sdl === '' ? `# The default pack ${rulePackId}: everything is allowed.\n` : `# ${rulePackId}\n${sdl}`),
    status: 0,
  };
}
