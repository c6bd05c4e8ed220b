/**
 * `jitosctl replay`: folds a history from its first event and tells where it leads; with `--verify` it also computes
 * each event's digests again. Needs no lock and no daemon.
 */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addReplay(program: Command, run: Run): void {
  program
    .command('replay')
    .description('fold a history from its first event; without --world, those of all worlds')
    .option('--verify', 'compute the digests that each event records again, and compare')
    .addHelpText('after', examples('replay --verify', 'replay --verify --world jitos --json'))
    .action((options: { readonly verify?: true }, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { replayWorlds } = await import('../replay-worlds.ts');
        return await replayWorlds(context, options.verify === true);
      });
    });
}
