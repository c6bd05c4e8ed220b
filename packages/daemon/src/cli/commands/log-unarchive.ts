/** `jitosctl log unarchive`: brings archived segments back. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { examples, type Run } from '../command.ts';

export function addLogUnarchive(log: Command, run: Run): void {
  log
    .command('unarchive')
    .description('copy archived segments back, verified; no daemon may run')
    .requiredOption('--from <folder>', 'where `log archive` put them')
    .addHelpText('after', examples('log unarchive --from ../jitos-archive/jitos --world jitos'))
    .action(({ from }: { readonly from: string }, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { unarchiveLog } = await import('../unarchive-log.ts');
        return await unarchiveLog(context, resolve(context.workingDir, from));
      });
    });
}
