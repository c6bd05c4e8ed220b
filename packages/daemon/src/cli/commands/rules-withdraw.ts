/** `jitosctl rules withdraw`: takes back the rule pack that is being checked. */
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { readRulesStatus } from '../rules.ts';
import { pairsText } from '../terminal/paper.ts';

const ARGUMENT = '<proposed-at>';

export function addRulesWithdraw(rules: Command, run: Run): void {
  const command = rules
    .command('withdraw')
    .description('take back the rule pack that is being checked')
    .argument('[proposed-at]', 'the event that proposed it; else the last one that did');
  addMetaFlags(command)
    .addHelpText('after', examples('rules withdraw', 'rules withdraw 42 --world lab --json'))
    .action((proposedAt: string | undefined, options: MetaFlags) => {
      return run(command, (context) => withdraw(context, proposedAt, options));
    });
}

interface Data {
  readonly withdrawRulePack: { readonly rulePackId: string; readonly withdrawnAt: string };
}

async function withdraw(context: Context, named: string | undefined, options: MetaFlags): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const proposedAt =
    named === undefined ? (await readRulesStatus(session, world))?.proposedAt : String(parseCount(ARGUMENT, named));
  if (proposedAt === undefined) throw new Failure('RULES_NOT_CHECKING', world, 'no rule pack was proposed');
  const document = `mutation ($input: WithdrawRulePackInput!) {
    withdrawRulePack(input: $input) { rulePackId withdrawnAt }
  }`;
  const variables = { input: { proposedAt, meta: readMeta(options) } };
  const places = { ...metaPlaces('input.meta', options), 'input.proposedAt': named === undefined ? world : ARGUMENT };
  const { withdrawRulePack } = await session.execute<Data>(world, { document, variables, places });
  const { rulePackId, withdrawnAt } = withdrawRulePack;
  return {
    json: { world, proposedAt, ...withdrawRulePack },
    text: (paper) =>
      pairsText(paper, [
        ['rule pack', rulePackId],
        ['proposed at', proposedAt],
        ['withdrawn at', withdrawnAt],
      ]),
    status: 0,
  };
}
