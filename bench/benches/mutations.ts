/** Durable mutations over sockets: as commands in plain JSON, over GraphQL, and line by line, beside a bare server that only keeps them. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/mutation-load.ts')>;

const JITOSD = '../ours/jitosd-rewrites.ts';
const BARE = '../probes/bare-rewrites.ts';

function entrant(name: string, adapter: string, way: string, clientCount: number): Entrant {
  const options: Options = { adapter: new URL(adapter, import.meta.url).href, way, clientCount };
  return { name, isPeer: false, module: new URL('../workloads/mutation-load.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'mutations',
  summary: 'a durable rewrite over HTTP, GraphQL and a Unix socket, 64 connections',
  run: async (context) => {
    const count = context.pick({ smoke: 4, full: 64 });
    await context.contest({
      title: `${count}-connections`,
      ours: entrant('jitosd (commands)', JITOSD, 'commands', count),
      against: [
        entrant('jitosd (GraphQL)', JITOSD, 'graphql', count),
        ...context.pick({ smoke: [], full: [entrant('jitosd (line by line)', JITOSD, 'lines', count)] }),
        entrant('bare node:http, write+fdatasync', BARE, '', count),
      ],
    });
  },
};
