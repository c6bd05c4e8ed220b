/**
 * Collapses onto a System that has moved, durable: beside the bare trie doing the same puts and roots, by the size of System,
 * and by how long ago the workspace was forked.
 */
import { bareAppendEntrant } from '../entrants.ts';
import type { Bench, BenchContext } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/collapse-moved.ts')>;
type ProbeOptions = OptionsOf<typeof import('../probes/bare-collapse.ts')>;

const CHANGE_COUNT = 10;
const CLIENT_COUNT = 64;
/** Header and body of the event of such a collapse. */
const EVENT_SIZE_BYTES = 236;

/** With the round that is thrown away they take no more than 4,096 workspaces. */
const BY_AGE_RUNS_MAX = 5;
const COLLAPSES_BY_AGE_MAX = 640;

function collapseEntrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/collapse-moved.ts', import.meta.url), options };
}

function probeEntrant(options: ProbeOptions): Entrant {
  const module = new URL('../probes/bare-collapse.ts', import.meta.url);
  return { name: 'bare trie probe, in memory', isPeer: false, module, options };
}

async function bySize(context: BenchContext, nodeCount: number): Promise<void> {
  const shape = { nodeCount, changeCount: CHANGE_COUNT };
  // Half of the nodes are for the workspaces, and none is for two.
  const workspaceCount = Math.min(512, nodeCount / 2 / CHANGE_COUNT);
  const terms = { clientCount: CLIENT_COUNT, batchCount: null };
  const options = { ...shape, ...terms, workspaceCount, systemChanges: 1, collapsesMax: 100_000 };
  await context.contest({
    title: `${nodeCount}-nodes`,
    ours: collapseEntrant('jitos', options),
    against: [probeEntrant(shape), bareAppendEntrant({ rowsPerCommit: CLIENT_COUNT, rowSizeBytes: EVENT_SIZE_BYTES })],
  });
}

async function byAge(context: BenchContext): Promise<void> {
  const { nodeCount, ages } = context.pick({
    smoke: { nodeCount: 2000, ages: [100, 10] },
    full: { nodeCount: 100_000, ages: [100_000, 1000, 10] },
  });
  const [ours, ...against] = ages.map((systemChanges) => {
    const name = `jitos, forked ${systemChanges} changes of System ago`;
    // Workspaces collapse one after another, so the last of them is that much older; few enough not to count. Only the
    // oldest are as many as all rounds take: moving System so often takes long.
    const workspaceCount = Math.max(CLIENT_COUNT, Math.min(4096, systemChanges / 4));
    const terms = {
      nodeCount,
      changeCount: CHANGE_COUNT,
      clientCount: CLIENT_COUNT,
      batchCount: null,
      collapsesMax: COLLAPSES_BY_AGE_MAX,
    };
    return collapseEntrant(name, { ...terms, systemChanges, workspaceCount });
  });
  if (ours !== undefined) await context.contest({ title: 'by-age', runsMax: BY_AGE_RUNS_MAX, ours, against });
}

export const bench: Bench = {
  name: 'collapse.moved',
  summary: 'a durable collapse onto a System that has moved, by its size and by the age of the fork',
  run: async (context) => {
    for (const nodeCount of context.pick({ smoke: [2000], full: [10_000, 1_000_000] }))
      await bySize(context, nodeCount);
    await byAge(context);
  },
};
