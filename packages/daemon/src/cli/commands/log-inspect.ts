/**
 * `jitosctl log inspect`: shows what stands in a log's files, a header, a segment or an event. Needs no lock and no
 * daemon.
 */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';

export function addLogInspect(log: Command, run: Run): void {
  log
    .command('inspect')
    .description('show the headers of a log, or an event with its place and its bytes')
    .argument('[idx]', 'number of an event')
    .option('--segment', 'the segment that holds the event, batch by batch')
    .addHelpText(
      'after',
      examples('log inspect --world jitos', 'log inspect 42 --json', 'log inspect 42 --segment --world jitos'),
    )
    .action((idx: string | undefined, options: { readonly segment?: true }, command: Command) => {
      return run(command, async (context) => {
        const wanted = {
          idx: idx === undefined ? undefined : parseCount('<idx>', idx),
          isSegment: options.segment === true,
        };
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { inspectLog } = await import('../inspect-log.ts');
        return await inspectLog(context, wanted);
      });
    });
}
