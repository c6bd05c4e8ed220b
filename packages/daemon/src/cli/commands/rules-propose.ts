/** `jitosctl rules propose`: has System checked against a rule pack, which is then put in force or refused. */
import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { readRulesStatus, RULES_STATUS_FIELDS, rulesStatusText, type RulesStatus } from '../rules.ts';
import { readTextSource } from '../text-source.ts';

const POLL_MS = 100;

interface ProposeFlags extends MetaFlags {
  readonly wait?: true;
}

export function addRulesPropose(rules: Command, run: Run): void {
  const command = rules
    .command('propose')
    .description('propose a rule pack; with --wait exit status 1 if it is refused or withdrawn')
    .argument('<file>', 'the pack and its migration, as docs/spec/rule-packs.md has them; - for standard input')
    .option('--wait', 'until it is in force, refused or withdrawn');
  addMetaFlags(command)
    .addHelpText(
      'after',
      examples('rules propose rules.graphql --wait', 'rules propose - --world lab --json < rules.graphql'),
    )
    .action((file: string, options: ProposeFlags) => run(command, (context) => propose(context, file, options)));
}

interface Data {
  readonly proposeRulePack: { readonly rulePackId: string; readonly status: RulesStatus };
}

async function propose(context: Context, file: string, options: ProposeFlags): Promise<Answer> {
  const world = worldOf(context.flags);
  const sdl = await readTextSource(context, file, '<file>');
  const document = `mutation ($input: ProposeRulePackInput!) {
    proposeRulePack(input: $input) { rulePackId status { ${RULES_STATUS_FIELDS} } }
  }`;
  const variables = { input: { sdl, meta: readMeta(options) } };
  const places = { ...metaPlaces('input.meta', options), 'input.sdl': file, body: file };
  const signal = context.stopSignal();
  const session = await context.session();
  const { proposeRulePack } = await session.execute<Data>(world, { document, variables, places });
  let { status } = proposeRulePack;
  while (options.wait === true && status.state === 'CHECKING') {
    const done = Number(status.checkedCount);
    context.progress.update({ label: `checking ${world}`, done, total: null, unit: 'elements', perSecond: null });
    await delay(POLL_MS, undefined, { signal }).catch(() => {
      throw new Failure('INTERRUPTED', world, 'the check goes on by itself: see `npx jitosctl rules status`');
    });
    const now = await readRulesStatus(session, world);
    // One proposed after it would say nothing of it, but that it has ended.
    if (now?.proposedAt !== status.proposedAt)
      throw new Failure('INTERRUPTED', world, 'another pack was proposed meanwhile');
    status = now;
  }
  return {
    json: { world, ...status },
    text: (paper) => rulesStatusText(paper, status),
    status: status.state === 'ACTIVE' || status.state === 'CHECKING' ? 0 : 1,
  };
}
