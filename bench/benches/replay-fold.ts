/** Folding a history without looking at digests, beside a bare loop that decodes the same events. */
import type { Bench } from '../harness/bench.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/replay-history.ts')>;

export const bench: Bench = {
  name: 'replay.fold',
  summary: 'small rewrites folded without digests, on many nodes',
  run: async (context) => {
    const options = context.pick({
      smoke: { nodeCount: 1000, rewriteCount: 1000 },
      full: { nodeCount: 1_000_000, rewriteCount: 200_000 },
    });
    const fold: Options = { ...options, verify: false };
    await context.contest({
      title: `${options.nodeCount}-nodes`,
      ours: {
        name: 'jitos replay',
        isPeer: false,
        module: new URL('../workloads/replay-history.ts', import.meta.url),
        options: fold,
      },
      against: [
        {
          name: 'bare decode and put',
          isPeer: false,
          module: new URL('../probes/bare-replay.ts', import.meta.url),
          options,
        },
      ],
    });
  },
};
