/** What checkpoints, written in the background, add to the time that clients wait for their commits. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/commit-latency.ts')>;

const CLIENT_COUNT = 16;

function entrant(name: string, nodeCount: number, checkpoints: Options['checkpoints']): Entrant {
  const options: Options = { nodeCount, clientCount: CLIENT_COUNT, checkpoints };
  return { name, isPeer: false, module: new URL('../workloads/commit-latency.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'checkpoint.latency',
  summary: 'commits of 16 clients while checkpoints are written, and while none is',
  run: async (context) => {
    const nodeCount = context.pick({ smoke: 1000, full: 1_000_000 });
    await context.contest({
      title: `${nodeCount}-nodes`,
      runsMax: 4, // each as long as a checkpoint takes
      ours: entrant('jitos, a checkpoint all the time', nodeCount, 'all the time'),
      against: [entrant('jitos, without a checkpoint', nodeCount, 'none')],
    });
  },
};
