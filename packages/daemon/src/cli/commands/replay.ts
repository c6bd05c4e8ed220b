/**
 * `jitosctl replay`: folds a history and tells where it leads; with `--verify` it also computes what each event records
 * of the world again, and with `--strict` it decides each again. Needs no lock and no daemon.
 */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';

interface ReplayFlags {
  readonly verify?: true;
  readonly strict?: true;
  readonly from?: string;
  readonly to?: string;
}

export function addReplay(program: Command, run: Run): void {
  program
    .command('replay')
    .description('fold a history from its first event; without --world, those of all worlds')
    .option('--verify', 'compute the digests that each event records again, and compare')
    .option('--strict', 'verify, and decide each event of this engine again, too')
    .option('--from <idx>', 'begin with this event, or with the newest good `checkpoint`')
    .option('--to <idx>', 'end with this event')
    .addHelpText('after', examples('replay --verify', 'replay --strict --from checkpoint --world jitos --json'))
    .action((options: ReplayFlags, command: Command) => {
      return run(command, async (context) => {
        const { verify, strict, from = '0', to } = options;
        const request = {
          verify: strict === true ? ('decisions' as const) : verify === true && ('digests' as const),
          from: from === 'checkpoint' ? from : parseCount('--from', from),
          to: to === undefined ? null : parseCount('--to', to),
        } as const;
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { replayWorlds } = await import('../replay-worlds.ts');
        return await replayWorlds(context, request);
      });
    });
}
