/**
 * The whole kernel loop in process: a durable event, a changed state and its digest for every command.
 *
 * Three kinds of opponents: stores that only keep the event's bytes (less work, the same durability), the same stores doing
 * the same work by hand, and authenticated stores that change a key and give a root for each command. A commit of theirs holds as
 * many commands as are in flight.
 */
import { appendEntrants, hyperbeeEntrant, okraSyncedEntrant, verifiedEventEntrants } from '../entrants.ts';
import type { Bench, BenchContext } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/kernel-loop.ts')>;

/** Header and body of the event of such a rewrite. */
const EVENT_SIZE_BYTES = 204;

function kernelEntrant(options: Options): Entrant {
  return {
    name: 'jitos kernel loop',
    isPeer: false,
    module: new URL('../workloads/kernel-loop.ts', import.meta.url),
    options,
  };
}

function rowsOnly(entrant: Entrant): Entrant {
  return { ...entrant, name: `${entrant.name} (rows only)` };
}

async function compare(context: BenchContext, nodeCount: number, clientCount: number): Promise<void> {
  const rows = { rowsPerCommit: clientCount, rowSizeBytes: EVENT_SIZE_BYTES };
  const keys = { keyCount: nodeCount, updatesPerCommit: clientCount };
  await context.contest({
    title: `${nodeCount}-nodes-${clientCount}-in-flight`,
    ours: kernelEntrant({ nodeCount, clientCount }),
    against: [
      ...appendEntrants(rows).map(rowsOnly),
      ...verifiedEventEntrants(keys),
      okraSyncedEntrant(keys),
      hyperbeeEntrant(keys),
    ],
  });
}

export const bench: Bench = {
  name: 'kernel.loop',
  summary: 'a durable event and a new state digest a command, 1 and 64 in flight',
  run: async (context) => {
    for (const nodeCount of context.pick({ smoke: [100], full: [10_000, 1_000_000] })) {
      await compare(context, nodeCount, 1);
      await compare(context, nodeCount, 64);
    }
  },
};
