/** A world's early segments archived beside `cp` of the same files, which checks nothing and waits for no disk. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/archive-log.ts')>;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/archive-log.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'log.archive',
  summary: 'early segments archived with their base, beside cp of them',
  run: async (context) => {
    const segmentCount = context.pick({ smoke: 1, full: 8 });
    await context.contest({
      title: 'warm',
      ours: entrant('jitos archive, with its base', { how: 'archive', segmentCount }),
      against: [entrant('cp, not synced', { how: 'cp', segmentCount })],
    });
  },
};
