/** `jitosctl restore`: makes a data folder of a backup, and verifies it. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { examples, type Run } from '../command.ts';
import type { SigningFiles } from '../keep-signing-key.ts';

/** As commander leaves them. */
interface RestoreFlags {
  readonly into: string;
  readonly signingKey?: string;
  readonly treeHead?: string;
}

export function addRestore(program: Command, run: Run): void {
  program
    .command('restore')
    .description('make a data folder of a backup, verified; without --world, with all its worlds')
    .argument('<backup>', 'folder that `backup` made')
    .requiredOption('--into <data-dir>', 'empty folder, or one that is not there yet')
    .option('--signing-key <file>', 'world.key of the lost folder, to go on under it if the backup reaches --tree-head')
    .option('--tree-head <file>', 'the last tree head that it signed')
    .addHelpText(
      'after',
      examples(
        'restore ../jitos-backup --into ../jitos-data',
        'restore ../jitos-backup --into ../jitos-data --world lab --signing-key ../old/world.key --tree-head last.note',
      ),
    )
    .action((backup: string, options: RestoreFlags, command: Command) => {
      return run(command, async (context) => {
        const folders = {
          backup: resolve(context.workingDir, backup),
          into: resolve(context.workingDir, options.into),
          signing: signingFiles(options, context.workingDir),
        };
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { restoreWorlds } = await import('../restore-worlds.ts');
        return await restoreWorlds(context, folders);
      });
    });
}

/** Throws `USAGE` for one without the other: nobody but the operator knows which head was the last. */
function signingFiles({ signingKey, treeHead }: RestoreFlags, workingDir: string): SigningFiles | undefined {
  if (signingKey === undefined && treeHead === undefined) return undefined;
  if (signingKey !== undefined && treeHead !== undefined) {
    return { key: resolve(workingDir, signingKey), treeHead: resolve(workingDir, treeHead) };
  }
  throw new Failure('USAGE', '--signing-key', 'give --signing-key and --tree-head together, or neither');
}
