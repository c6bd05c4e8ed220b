/** Verifying every digest of a history: in one thread, by the size of the state, and in two threads against one. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/replay-history.ts')>;
type PartsOptions = OptionsOf<typeof import('../workloads/replay-parts.ts')>;

function replayEntrant(nodeCount: number, rewriteCount: number): Entrant {
  const options: Options = { nodeCount, rewriteCount, verify: 'digests' };
  const module = new URL('../workloads/replay-history.ts', import.meta.url);
  return { name: 'jitos replay', isPeer: false, module, options };
}

function partsEntrant(name: string, options: PartsOptions): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/replay-parts.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'replay.verify',
  summary: 'every digest of a history checked, by one thread and by two',
  run: async (context) => {
    const { nodeCounts, rewriteCount } = context.pick({
      smoke: { nodeCounts: [100], rewriteCount: 500 },
      full: { nodeCounts: [10_000, 1_000_000], rewriteCount: 200_000 },
    });
    for (const nodeCount of nodeCounts) {
      await context.contest({ title: `${nodeCount}-nodes`, ours: replayEntrant(nodeCount, rewriteCount), against: [] });
    }
    const history = context.pick({
      smoke: { nodeCount: 100, eventCount: 500 },
      full: { nodeCount: 10_000, eventCount: 500_000 },
    });
    await context.contest({
      title: `two-threads`,
      ours: partsEntrant('jitos replay, two threads', { ...history, threadsMax: 2 }),
      against: [partsEntrant('jitos replay, one thread', { ...history, threadsMax: 1 })],
    });
  },
};
