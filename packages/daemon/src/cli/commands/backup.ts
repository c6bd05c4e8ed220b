/** `jitosctl backup`: copies worlds into a folder, while a daemon may be writing to them. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { examples, type Run } from '../command.ts';

export function addBackup(program: Command, run: Run): void {
  program
    .command('backup')
    .description('copy what is new of a world into a backup; without --world, of all worlds')
    .argument('<folder>', 'where the backup is, or will be')
    .addHelpText('after', examples('backup ../jitos-backup', 'backup ../jitos-backup --world jitos --json'))
    .action((folder: string, _options: unknown, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { backupWorlds } = await import('../backup-worlds.ts');
        return await backupWorlds(context, resolve(context.workingDir, folder));
      });
    });
}
