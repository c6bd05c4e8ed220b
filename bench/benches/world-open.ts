/** Starting a daemon: what it costs must depend on its state and the tail of its history, not on how long that is. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/open-world.ts')>;

function entrant(options: Options): Entrant {
  const name = `jitosd after ${options.eventCount} events`;
  return { name, isPeer: false, module: new URL('../workloads/open-world.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'world.open',
  summary: 'a daemon started on a grown world, by length of history',
  run: async (context) => {
    const { eventCounts, ...shape } = context.pick({
      smoke: { nodeCount: 200, edgeCount: 200, tailCount: 20, changedNodeCount: 200, eventCounts: [400, 100] },
      // The histories take some 5 GB of the disk; changing few of the nodes makes the longest one in minutes.
      full: {
        nodeCount: 1_000_000,
        edgeCount: 1_000_000,
        tailCount: 1000,
        changedNodeCount: 4096,
        eventCounts: [10_000_000, 1_000_000, 100_000],
      },
    });
    const [ours, ...against] = eventCounts.map((eventCount) => entrant({ ...shape, eventCount }));
    if (ours !== undefined) await context.contest({ title: `${shape.nodeCount}-nodes`, ours, against });
  },
};
