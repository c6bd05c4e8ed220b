/** GraphQL over HTTP: a small query and a page of a hundred nodes, beside the bare server answering from memory. */
import { urlOf } from '../entrants.ts';
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/graphql-load.ts')>;

const QUERIES = {
  small: '{ kernelInfo { version rulePackId policyId commitStatus } }',
  page: `{ graph(view: {kind: SYSTEM}, nodesPage: {first: 100}) {
    digest nodes { nodes { id kind data createdAt } pageInfo { endCursor hasNextPage } }
  } }`,
} as const;

function entrant(name: string, adapter: string, query: string): Entrant {
  const options: Options = { adapter: urlOf(adapter), query, connectionCount: 32 };
  return { name, isPeer: false, module: urlOf('./workloads/graphql-load.ts'), options };
}

export const bench: Bench = {
  name: 'graphql',
  summary: 'a small query and a page of 100 nodes over HTTP, 32 connections',
  run: async (context) => {
    for (const [title, query] of Object.entries(QUERIES)) {
      await context.contest({
        title,
        against: [entrant('bare Mercurius (JIT)', './probes/mercurius-bare-server.ts', query)],
      });
    }
  },
};
