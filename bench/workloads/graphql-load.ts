/** Puts one GraphQL query to a server that runs in a process of its own. */
import { openHttpLoad } from '../harness/http-load.ts';
import type { RunningServer } from '../harness/server-process.ts';
import type { OpenWorkload } from '../harness/workload.ts';

/** The export `openServer` of an adapter; System of its world `main` has more nodes than a page. */
export type OpenServer = (dir: string) => Promise<RunningServer>;

export interface GraphqlLoadOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly query: string;
  readonly connectionCount: number;
}

export const open: OpenWorkload<GraphqlLoadOptions> = async ({ adapter, query, connectionCount }, dir) => {
  // The bench names a module that is an adapter.
  const { openServer } = (await import(adapter)) as { readonly openServer: OpenServer };
  const server = await openServer(dir);
  const load = await openHttpLoad(server.url, query, connectionCount, server.pid);
  return {
    round: (budgetMs) => load.round(budgetMs),
    close: async () => {
      load[Symbol.dispose]();
      await server.close();
    },
  };
};
