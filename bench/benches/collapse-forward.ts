/** Collapses onto a System that has not moved: the largest System against smaller ones. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/collapse-forward.ts')>;

const CHANGE_COUNT = 10;

function entrant(nodeCount: number): Entrant {
  const options: Options = { nodeCount, changeCount: CHANGE_COUNT };
  return {
    name: `jitos on ${nodeCount} nodes`,
    isPeer: false,
    module: new URL('../workloads/collapse-forward.ts', import.meta.url),
    options,
  };
}

export const bench: Bench = {
  name: 'collapse.forward',
  summary: 'a collapse onto a System that has not moved, by the size of System',
  run: async (context) => {
    const { largest, smaller } = context.pick({
      smoke: { largest: 1000, smaller: [100] },
      full: { largest: 1_000_000, smaller: [1000, 10_000, 100_000] },
    });
    await context.contest({
      title: `${largest}-nodes`,
      ours: entrant(largest),
      against: smaller.map(entrant),
    });
  },
};
