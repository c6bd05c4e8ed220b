/** What differs between two snapshots of a large graph that are a hundred changes apart. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/graph-diff.ts')>;

const CHANGE_COUNT = 100;

function entrant(name: string, adapter: string, nodeCount: number): Entrant {
  const options: Options = { adapter: new URL(adapter, import.meta.url).href, nodeCount, changeCount: CHANGE_COUNT };
  const module = new URL('../workloads/graph-diff.ts', import.meta.url);
  return { name, isPeer: adapter.startsWith('../peers/'), module, options };
}

export const bench: Bench = {
  name: 'graph.diff',
  summary: 'two snapshots a hundred changes apart, told element by element',
  run: async (context) => {
    const nodeCount = context.pick({ smoke: 1000, full: 1_000_000 });
    await context.contest({
      title: `${nodeCount}-nodes`,
      ours: entrant('jitos', '../ours/graph-diff.ts', nodeCount),
      against: [
        entrant('every key of two Maps compared', '../probes/map-diff.ts', nodeCount),
        entrant('git diff-tree --stdin, one process for all', '../peers/git-diff-tree-stdin.ts', nodeCount),
        entrant('git diff-tree, a process each', '../peers/git-diff-tree.ts', nodeCount),
      ],
    });
  },
};
