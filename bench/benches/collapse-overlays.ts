/** A thousand overlays merged into one truth, some of them in conflict, beside engines that merge and stores that branch. */
import type { Bench, BenchContext } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/merge-overlays.ts')>;
type Terms = Omit<Options, 'adapter'>;

/** One overlay after so many conflicts with the one before it; none where it is 0. */
const CONFLICT_PERIODS = [
  { title: '0-percent-conflicts', conflictPeriod: 0 },
  { title: '1-percent-conflicts', conflictPeriod: 100 },
  { title: '10-percent-conflicts', conflictPeriod: 10 },
] as const;

/** What forking an overlay costs some of them keeps them to fewer, which is to their advantage. */
const AUTOMERGE_OVERLAYS_MAX = 200;
const SQLITE_OVERLAYS_MAX = 200;
const POSTGRES_OVERLAYS_MAX = 20;

/** There are three contests of many entrants. */
const RUNS_MAX = 5;

function entrant(name: string, adapter: string, terms: Terms): Entrant {
  const options: Options = { ...terms, adapter: new URL(adapter, import.meta.url).href };
  const module = new URL('../workloads/merge-overlays.ts', import.meta.url);
  return { name, isPeer: adapter.startsWith('../peers/'), module, options };
}

function fewerOverlays(name: string, adapter: string, terms: Terms, overlaysMax: number): Entrant {
  if (terms.overlayCount <= overlaysMax) return entrant(name, adapter, terms);
  return entrant(`${name} (${overlaysMax} overlays only)`, adapter, { ...terms, overlayCount: overlaysMax });
}

async function compare(context: BenchContext, title: string, conflictPeriod: number): Promise<void> {
  const { nodeCount, overlayCount } = context.pick({
    smoke: { nodeCount: 200, overlayCount: 20 },
    full: { nodeCount: 10_000, overlayCount: 1000 },
  });
  const terms: Terms = { nodeCount, overlayCount, conflictPeriod };
  await context.contest({
    title,
    runsMax: RUNS_MAX,
    ours: entrant('jitos, durable, 64 in flight, fail-fast', '../ours/collapse-overlays.ts', terms),
    against: [
      entrant('jitos, durable, 64 a command, in order, fail-fast', '../ours/collapse-overlays-queued.ts', terms),
      entrant('jitos, durable, 64 in flight, three-way', '../ours/collapse-overlays-three-way.ts', terms),
      entrant('jitos, in memory, one after another', '../ours/collapse-overlays-in-memory.ts', terms),
      entrant('git merge-tree --write-tree, a process each, not synced', '../peers/git-merge-tree.ts', terms),
      entrant('git merge-tree --stdin, not synced', '../peers/git-merge-tree-stdin.ts', terms),
      fewerOverlays('Automerge, in memory', '../peers/automerge.ts', terms, AUTOMERGE_OVERLAYS_MAX),
      fewerOverlays('SQLite, a file each, merged by hand', '../peers/sqlite-overlays.ts', terms, SQLITE_OVERLAYS_MAX),
      fewerOverlays(
        'PostgreSQL, a database each, merged by hand',
        '../peers/postgres-overlays.ts',
        terms,
        POSTGRES_OVERLAYS_MAX,
      ),
    ],
  });
}

export const bench: Bench = {
  name: 'collapse.overlays',
  summary: 'a thousand overlays merged, with 0, 1 and 10 % conflicts',
  run: async (context) => {
    const { periods } = context.pick({
      smoke: { periods: CONFLICT_PERIODS.slice(-1) },
      full: { periods: CONFLICT_PERIODS },
    });
    for (const { title, conflictPeriod } of periods) await compare(context, title, conflictPeriod);
  },
};
