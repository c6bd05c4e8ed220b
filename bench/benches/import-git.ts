/** A git history imported end to end through the durable log: commits a second, and memory by length of history. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/import-git.ts')>;

function importEntrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/import-git.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'import.git',
  summary: 'a git history through the durable log: commits a second, and memory',
  run: async (context) => {
    const { few, many, fileCount } = context.pick({
      smoke: { few: 100, many: 200, fileCount: 50 },
      full: { few: 20_000, many: 200_000, fileCount: 2000 },
    });
    const options: Options = { commitCount: few, fileCount };
    await context.contest({
      title: `${few}-commits`,
      runsMax: 3, // each is a whole import: seconds
      ours: importEntrant('jitos import', options),
      against: [
        {
          name: 'git diff-tree alone',
          isPeer: false,
          module: new URL('../probes/git-walk.ts', import.meta.url),
          options,
        },
      ],
    });
    await context.contest({
      title: `${many}-commits`,
      once: true,
      ours: importEntrant('jitos import', { commitCount: many, fileCount }),
      against: [importEntrant(`jitos import of ${few} commits`, options)],
    });
  },
};
