/** `jitosctl rules status`: how far the rule pack is that was proposed last. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { answerOrWatch, WATCH_FLAG, type WatchFlags } from '../watch.ts';
import { readRulesStatus, rulesStatusText } from '../rules.ts';

export function addRulesStatus(rules: Command, run: Run): void {
  rules
    .command('status')
    .description('show how far the rule pack is that was proposed last; exit status 1 if it was refused or withdrawn')
    .option(...WATCH_FLAG)
    .addHelpText('after', examples('rules status', 'rules status --world lab --json', 'rules status --watch'))
    .action((options: WatchFlags, command: Command) => {
      return run(command, (context) => answerOrWatch(context, options, () => showStatus(context)));
    });
}

async function showStatus(context: Context): Promise<Answer> {
  const world = worldOf(context.flags);
  const status = await readRulesStatus(await context.session(), world);
  return {
    json: { world, status },
    text: (paper) => (status === null ? 'no rule pack was proposed\n' : rulesStatusText(paper, status)),
    status: status?.state === 'REFUSED' || status?.state === 'WITHDRAWN' ? 1 : 0,
  };
}
