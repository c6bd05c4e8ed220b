/** `jitosctl diff`: what changed in a view between two moments of its history. Needs no lock and no daemon. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';

interface DiffFlags {
  readonly from: string;
  readonly to?: string;
  readonly first?: string;
}

export function addDiff(program: Command, run: Run): void {
  program
    .command('diff')
    .description('show which nodes and edges of a view differ between two moments')
    .requiredOption('--from <idx>', 'the state after this event')
    .option('--to <idx>', 'the state after this event; else the newest')
    .option('--first <count>', 'at most so many, up to 10000; else 200')
    .addHelpText('after', examples('diff --from 100 --to 200', 'diff --from 100 --view sws:0 --world lab --json'))
    .action(({ from, to, first = '200' }: DiffFlags, command: Command) => {
      return run(command, async (context) => {
        const request = {
          from: parseCount('--from', from),
          to: to === undefined ? null : parseCount('--to', to),
          first: parseCount('--first', first),
        };
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { diffHistory } = await import('../diff-history.ts');
        return await diffHistory(context, request);
      });
    });
}
