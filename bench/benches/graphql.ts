/** GraphQL over HTTP: a small query and a page of a hundred nodes, beside the bare server answering from memory. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/graphql-load.ts')>;

const QUERIES = {
  small: '{ graph(view: {kind: SYSTEM}) { digest } }',
  page: `{ graph(view: {kind: SYSTEM}, nodesPage: {first: 100}) {
    digest nodes { nodes { id kind data createdAt } pageInfo { endCursor hasNextPage } }
  } }`,
} as const;

function entrant(name: string, adapter: URL, query: string): Entrant {
  const options: Options = { adapter: adapter.href, query, connectionCount: 32 };
  return { name, isPeer: false, module: new URL('../workloads/graphql-load.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'graphql',
  summary: 'a small query and a page of 100 nodes over HTTP, 32 connections',
  run: async (context) => {
    // Two servers have to come up for each.
    for (const title of context.pick({ smoke: ['page'], full: ['small', 'page'] } as const)) {
      const query = QUERIES[title];
      await context.contest({
        title,
        ours: entrant('jitosd', new URL('../ours/jitosd.ts', import.meta.url), query),
        against: [
          entrant('bare Mercurius (JIT)', new URL('../probes/mercurius-bare-server.ts', import.meta.url), query),
        ],
      });
    }
  },
};
