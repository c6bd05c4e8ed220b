/** `jitosctl restore`: makes a data folder of a backup, and verifies it. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { examples, type Run } from '../command.ts';

export function addRestore(program: Command, run: Run): void {
  program
    .command('restore')
    .description('make a data folder of a backup, verified; without --world, with all its worlds')
    .argument('<backup>', 'folder that `backup` made')
    .requiredOption('--into <data-dir>', 'empty folder, or one that is not there yet')
    .addHelpText('after', examples('restore ../jitos-backup --into ../jitos-data'))
    .action((backup: string, options: { readonly into: string }, command: Command) => {
      return run(command, async (context) => {
        const folders = {
          backup: resolve(context.workingDir, backup),
          into: resolve(context.workingDir, options.into),
        };
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { restoreWorlds } = await import('../restore-worlds.ts');
        return await restoreWorlds(context, folders);
      });
    });
}
