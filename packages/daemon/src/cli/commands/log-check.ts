/** `jitosctl log check`: reads every byte of a log and tells what is wrong with it. Needs no lock and no daemon. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addLogCheck(log: Command, run: Run): void {
  log
    .command('check')
    .description('read a log from end to end and tell what is damaged; without --world, the logs of all worlds')
    .addHelpText('after', examples('log check', 'log check --world jitos --json'))
    .action((_options: unknown, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { checkLogs } = await import('../check-logs.ts');
        return await checkLogs(context);
      });
    });
}
