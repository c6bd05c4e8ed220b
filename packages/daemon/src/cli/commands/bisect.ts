/** `jitosctl bisect`: the event at which a predicate over System flips. Needs no lock and no daemon. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';

interface BisectFlags {
  readonly predicate: string;
  readonly from?: string;
  readonly to?: string;
}

export function addBisect(program: Command, run: Run): void {
  program
    .command('bisect')
    .description('find the event at which a predicate over System flips; exit status 1 if it never does')
    .requiredOption('--predicate <expression>', 'what is true or false of System: see docs/spec/expr.md')
    .option('--from <idx>', 'begin with the state after this event; else the first')
    .option('--to <idx>', 'end with the state after this event; else the newest')
    .addHelpText(
      'after',
      examples(
        `bisect --predicate 'count(nodes, "note") > 0'`,
        `bisect --predicate 'exists(node("task", "k1").done)' --from 1000 --world lab --json`,
      ),
    )
    .action(({ predicate, from = '0', to }: BisectFlags, command: Command) => {
      return run(command, async (context) => {
        const range = {
          from: parseCount('--from', from),
          to: to === undefined ? null : parseCount('--to', to),
        };
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { bisectHistory } = await import('../bisect-history.ts');
        return await bisectHistory(context, { predicate, ...range });
      });
    });
}
