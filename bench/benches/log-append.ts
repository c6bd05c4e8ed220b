/** Durable appends of 256-byte rows, beside the bare disk loop and embedded stores that sync at every commit. */
import { appendEntrants, fileLogEntrant } from '../entrants.ts';
import type { Bench } from '../harness/bench.ts';

const ROW_SIZE_BYTES = 256;

export const bench: Bench = {
  name: 'log.append',
  summary: 'durable appends of 256-byte rows, 1 a sync and 64 a sync',
  run: async (context) => {
    for (const rowsPerCommit of [1, 64]) {
      const terms = { rowsPerCommit, rowSizeBytes: ROW_SIZE_BYTES };
      await context.contest({
        title: `${rowsPerCommit}-in-flight`,
        ours: fileLogEntrant(terms),
        against: appendEntrants(terms),
      });
    }
  },
};
