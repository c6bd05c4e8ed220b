/** Durable appends of 256-byte rows, beside the bare disk loop and embedded stores that sync at every commit. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/durable-append.ts')>;

const ROW_SIZE_BYTES = 256;

function entrant(name: string, adapter: string, rowsPerCommit: number): Entrant {
  const options: Options = {
    adapter: new URL(adapter, import.meta.url).href,
    rowsPerCommit,
    rowSizeBytes: ROW_SIZE_BYTES,
  };
  const module = new URL('../workloads/durable-append.ts', import.meta.url).href;
  return { name, isPeer: adapter.startsWith('../peers/'), module, options };
}

export const bench: Bench = {
  name: 'log.append',
  summary: 'durable appends of 256-byte rows, 1 a sync and 64 a sync',
  run: async (context) => {
    for (const rows of [1, 64]) {
      await context.contest({
        title: `${rows}-in-flight`,
        against: [
          entrant('bare write+fdatasync', '../probes/bare-append.ts', rows),
          entrant('node:sqlite', '../peers/node-sqlite.ts', rows),
          entrant('better-sqlite3', '../peers/better-sqlite3.ts', rows),
          entrant('lmdb', '../peers/lmdb.ts', rows),
          entrant('classic-level', '../peers/classic-level.ts', rows),
        ],
      });
    }
  },
};
