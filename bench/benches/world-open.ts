/** Opening a world: what it costs must depend on its state and the tail of its history, not on how long that is. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/open-world.ts')>;

function entrant(options: Options): Entrant {
  const name = `jitos after ${options.eventCount} events`;
  return { name, isPeer: false, module: new URL('../workloads/open-world.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'world.open',
  summary: 'a world opened from its checkpoint, by length of history',
  run: async (context) => {
    const { nodeCount, tailCount, eventCounts } = context.pick({
      smoke: { nodeCount: 200, tailCount: 20, eventCounts: [400, 100] },
      full: { nodeCount: 100_000, tailCount: 1000, eventCounts: [1_000_000, 100_000] },
    });
    const [ours, ...against] = eventCounts.map((eventCount) => entrant({ nodeCount, eventCount, tailCount }));
    if (ours !== undefined) await context.contest({ title: `${nodeCount}-nodes`, ours, against });
  },
};
