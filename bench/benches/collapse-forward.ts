/** Collapses onto a System that has not moved, by the size of System: the largest against the smaller ones. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/collapse-forward.ts')>;

const CHANGE_COUNT = 10;

function entrant(nodeCount: number): Entrant {
  const options: Options = { nodeCount, changeCount: CHANGE_COUNT };
  const module = new URL('../workloads/collapse-forward.ts', import.meta.url).href;
  return { name: `jitos on ${nodeCount} nodes`, isPeer: false, module, options };
}

export const bench: Bench = {
  name: 'collapse.forward',
  summary: 'a collapse onto a System that has not moved, by the size of System',
  run: async (context) => {
    const counts = context.pick({ smoke: [100, 1000], full: [1000, 10_000, 100_000, 1_000_000] });
    const largest = counts.at(-1) ?? 0;
    await context.contest({
      title: `${largest}-nodes`,
      ours: entrant(largest),
      against: counts.slice(0, -1).map(entrant),
    });
  },
};
