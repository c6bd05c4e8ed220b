/** `jitosctl log archive`: moves a world's early segments to another folder. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import { pairsText } from '../terminal/paper.ts';
import { countText } from '../terminal/plain-text.ts';

/** As commander leaves them. */
interface ArchiveFlags {
  readonly to: string;
  readonly before?: string;
}

const NOTHING_MOVED =
  '\nnothing was moved: the last segment stays, and none before it (64 MiB each) ends where it was asked\n';

export function addLogArchive(log: Command, run: Run): void {
  log
    .command('archive')
    .description('move whole segments before a checkpoint to another folder')
    .requiredOption('--to <folder>', 'where they go, with a manifest of digests; best on another disk')
    .option('--before <idx>', 'only segments that end before this event; else all but the last')
    .addHelpText(
      'after',
      examples(
        'log archive --to ../jitos-archive/jitos --world jitos',
        'log archive --to /mnt/cold/main --before 1000000',
      ),
    )
    .action((flags: ArchiveFlags, command: Command) => {
      return run(command, (context) => archive(context, flags));
    });
}

async function archive(context: Context, { to, before }: ArchiveFlags): Promise<Answer> {
  const { flags, workingDir } = context;
  const world = worldOf(flags);
  const request = {
    to: resolve(workingDir, to),
    before: before === undefined ? null : parseCount('--before', before),
  };
  const report = await (await context.session()).archive(world, request);
  const { segments, sizeBytes, firstIdx, archive: folder } = report;
  return {
    json: { world, ...report },
    text: (paper) => {
      const number = (count: number): string => (paper.isTerminal ? countText(count) : String(count));
      const pairs = pairsText(paper, [
        ['world', world],
        ['segments moved', number(segments)],
        ['bytes', number(sizeBytes)],
        ['to', folder],
        ['first event here', number(firstIdx)],
      ]);
      return segments > 0 ? pairs : `${pairs}${NOTHING_MOVED}`;
    },
    status: 0,
  };
}
