/** GraphQL v1 over HTTP, beside the bare server, and beside other servers on the same schema, resolvers and world. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/graphql-load.ts')>;

const QUERIES = {
  small: '{ view { digest } }',
  page: `{ view { nodes(first: 100) {
    totalCount edges { cursor node { id elementId kind data } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }`,
} as const;

interface Server {
  readonly name: string;
  /** Beside this file's folder. */
  readonly adapter: string;
  readonly isPeer: boolean;
}

const AGAINST: readonly Server[] = [
  { name: 'bare Mercurius (JIT)', adapter: '../probes/mercurius-bare-v1-server.ts', isPeer: false },
  { name: 'GraphQL Yoga, same resolvers', adapter: '../peers/graphql-yoga.ts', isPeer: true },
  { name: 'Apollo Server, same resolvers', adapter: '../peers/apollo-server.ts', isPeer: true },
];

function entrant({ name, adapter, isPeer }: Server, query: string): Entrant {
  const options: Options = { adapter: new URL(adapter, import.meta.url).href, query, connectionCount: 32 };
  return { name, isPeer, module: new URL('../workloads/graphql-load.ts', import.meta.url), options };
}

export const bench: Bench = {
  name: 'graphql.v1',
  summary: 'GraphQL v1: a small query and a page of 100 nodes with their cursors, 32 connections',
  run: async (context) => {
    for (const title of context.pick({ smoke: ['page'], full: ['small', 'page'] } as const)) {
      const query = QUERIES[title];
      await context.contest({
        title,
        ours: entrant({ name: 'jitosd', adapter: '../ours/jitosd-v1.ts', isPeer: false }, query),
        against: AGAINST.map((server) => entrant(server, query)),
      });
    }
  },
};
