/** `jitosctl log repair`: mends a log from a copy, or cuts its torn tail; without `--yes` it only says what it would do. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { examples, type Run } from '../command.ts';

export function addLogRepair(log: Command, run: Run): void {
  log
    .command('repair')
    .description('say how a log can be mended, and with --yes mend it; no daemon may run')
    .option('--from <folder>', "a copy of the world's folder, to take damaged segments from")
    .option('--yes', 'do it; what is changed is saved first')
    .addHelpText(
      'after',
      examples('log repair --world jitos', 'log repair --world jitos --from ../backup/worlds/jitos --yes'),
    )
    .action((options: { readonly from?: string; readonly yes?: true }, command: Command) => {
      return run(command, async (context) => {
        const from = options.from === undefined ? undefined : resolve(context.workingDir, options.from);
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { repairLog } = await import('../repair-log.ts');
        return await repairLog(context, { from, isDone: options.yes === true });
      });
    });
}
