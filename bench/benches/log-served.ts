/**
 * Durable rows over a loopback socket: the daemon beside servers that others wrote, each through the client that a
 * program in Node would use.
 *
 * The daemon does more: it decides a rewrite, and its answer carries the view's new digest.
 */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';
import { natsSyncsAlways, natsVersion } from '../peers/nats-version.ts';

type Options = OptionsOf<typeof import('../workloads/served-append.ts')>;

const ROW_SIZE_BYTES = 256;

function entrant(name: string, adapter: string, clientCount: number): Entrant {
  const url = new URL(adapter, import.meta.url);
  const options: Options = { adapter: url.href, clientCount, rowSizeBytes: ROW_SIZE_BYTES };
  const module = new URL('../workloads/served-append.ts', import.meta.url);
  return { name, isPeer: adapter.startsWith('../peers/'), module, options };
}

function natsName(): string {
  const how = natsSyncsAlways() ? 'sync_interval: always' : 'not synced: sync_interval: always came with 2.10';
  return `NATS JetStream ${natsVersion() ?? ''} (${how})`;
}

export const bench: Bench = {
  name: 'log.served',
  summary: 'durable rows of 256 bytes over a socket, 1 and 64 in flight',
  run: async (context) => {
    for (const clientCount of context.pick({ smoke: [2], full: [1, 64] })) {
      await context.contest({
        title: `${clientCount}-in-flight`,
        ours: entrant('jitosd (GraphQL over HTTP)', '../ours/jitosd-append.ts', clientCount),
        against: [
          entrant('bare TCP server, write+fdatasync', '../probes/bare-append-served.ts', clientCount),
          entrant('PostgreSQL', '../peers/postgres.ts', clientCount),
          entrant('Redis (appendfsync always)', '../peers/redis.ts', clientCount),
          entrant(natsName(), '../peers/nats.ts', clientCount),
        ],
      });
    }
  },
};
