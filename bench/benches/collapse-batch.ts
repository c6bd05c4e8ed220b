/** Durable collapses of disjoint workspaces onto a System that has moved: as batches, beside the same ones by themselves. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/collapse-moved.ts')>;

const CHANGE_COUNT = 10;
/** In a batch, or in flight. */
const TOGETHER = 64;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/collapse-moved.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'collapse.batch',
  summary: 'durable collapses of disjoint workspaces in batches, beside the same one by one',
  run: async (context) => {
    for (const nodeCount of context.pick({ smoke: [2000], full: [10_000, 1_000_000] })) {
      // Half of the nodes are for the workspaces, and none is for two.
      const workspaceCount = Math.min(512, nodeCount / 2 / CHANGE_COUNT);
      const shape = { nodeCount, changeCount: CHANGE_COUNT, workspaceCount, systemChanges: 1, collapsesMax: 100_000 };
      await context.contest({
        title: `${nodeCount}-nodes`,
        ours: entrant(`jitos, batches of ${TOGETHER}`, { ...shape, clientCount: 1, batchCount: TOGETHER }),
        against: [
          entrant(`jitos, one by one, ${TOGETHER} in flight`, { ...shape, clientCount: TOGETHER, batchCount: null }),
        ],
      });
    }
  },
};
