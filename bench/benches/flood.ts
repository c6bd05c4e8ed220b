/** A polite principal's latency while another asks without end, and while nobody does. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/flood.ts')>;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/flood.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'flood',
  summary: 'requests of one principal while another asks over 256 connections without end, and while nobody does',
  run: async (context) => {
    const floodConnectionCount = context.pick({ smoke: 16, full: 256 });
    for (const asks of ['queries', 'commands'] as const) {
      await context.contest({
        title: asks,
        runsMax: 5,
        ours: entrant('jitos beside a flood by another', { asks, floodConnectionCount, floodBy: 'another' }),
        against: [
          entrant('jitos alone', { asks, floodConnectionCount: 0, floodBy: 'another' }),
          entrant('jitos beside a flood by itself, without turns', { asks, floodConnectionCount, floodBy: 'itself' }),
        ],
      });
    }
  },
};
