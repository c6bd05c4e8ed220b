/** A backup of a whole log beside `cp` of the same files, which checks nothing and leaves the copy in the page cache. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/copy-log.ts')>;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/copy-log.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'log.backup',
  summary: 'a whole log backed up, beside cp of its files; in the page cache and not',
  run: async (context) => {
    for (const cold of [false, true]) {
      const options = { logSizeMiB: context.pick({ smoke: 1, full: 512 }), cold };
      await context.contest({
        title: cold ? 'cold' : 'warm',
        ours: entrant('jitos backup, synced and read back', { ...options, how: 'backup' }),
        against: [
          entrant('cp, not synced', { ...options, how: 'cp' }),
          entrant('cp and sync', { ...options, how: 'cp and sync' }),
        ],
      });
    }
  },
};
