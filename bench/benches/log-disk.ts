/** What a history of small rewrites takes of the disk, checkpoints apart, against the bytes of its events. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/log-disk.ts')>;

function entrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/log-disk.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'log.disk',
  summary: "a world's folder against the bytes of its events, 1 and 64 in flight",
  run: async (context) => {
    const history = context.pick({
      smoke: { nodeCount: 100, eventCount: 1000 },
      // With one in flight each event waits for the disk, which takes minutes.
      full: { nodeCount: 10_000, eventCount: 1_000_000 },
    });
    for (const clientCount of [1, 64]) {
      const shape = { ...history, clientCount };
      await context.contest({
        title: `${clientCount}-in-flight`,
        once: true, // bytes do not vary
        ours: entrant('jitos, files of a world', { ...shape, counts: 'folder' }),
        against: [entrant('the bytes of its events', { ...shape, counts: 'events' })],
      });
    }
  },
};
