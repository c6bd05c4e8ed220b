/** Ten thousand subscribers held by another process: how late events reach them, and what each takes of memory. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/subscribers.ts')>;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/subscribers.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'subscribers',
  summary: 'rewrites delivered to 100 each of 10,000 subscribers, 1,000 a second, over SSE and WebSockets',
  run: async (context) => {
    const sizes = context.pick({
      smoke: { subscriberCount: 60, readersPerView: 10, eventsPerSecond: 50, viewCounts: [5] },
      full: { subscriberCount: 10_000, readersPerView: 100, eventsPerSecond: 1000, viewCounts: [1, 100] },
    });
    const { viewCounts, ...terms } = sizes;
    for (const viewCount of viewCounts) {
      const sse: Options = { ...terms, viewCount, protocol: 'sse', stalled: 'nobody' };
      await context.contest({
        title: `${viewCount}-views`,
        runsMax: 3,
        ours: entrant('jitosd over SSE', sse),
        against: [
          entrant('jitosd over SSE, beside one that reads nothing', { ...sse, stalled: 'one' }),
          entrant('jitosd over WebSockets', { ...sse, protocol: 'websocket' }),
        ],
      });
    }
  },
};
