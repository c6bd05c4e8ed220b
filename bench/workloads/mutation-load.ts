/** Small rewrites sent to a server that runs in a process of its own, each durable before it is answered; a connection for each. */
import type { RunningProgram } from '../harness/server-process.ts';
import { cpuMs } from '../harness/process-meter.ts';
import { inFlight, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

/** A server that takes rewrites. */
export interface RewriteServer extends RunningProgram {
  /** One that keeps a connection, and carries out one rewrite at a time: a field of a node gets a value. */
  connect(): RewriteClient;
}

export interface RewriteClient extends Disposable {
  /** Rewrites are prepared, so that the server and not the generator is what is measured. */
  prepare(key: string, value: number): Uint8Array;
  send(prepared: Uint8Array): Promise<void>;
}

/** The export `openRewriteServer` of an adapter. */
export type OpenRewriteServer = (dir: string, options: MutationLoadOptions) => Promise<RewriteServer>;

export interface MutationLoadOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  /** How requests go, for adapters that know several ways. */
  readonly way: string;
  readonly clientCount: number;
}

const PREPARED = 4096;
const NODE_COUNT = 10_000;

export const open: OpenWorkload<MutationLoadOptions> = async (options, dir) => {
  // The bench names a module that is an adapter.
  const { openRewriteServer } = (await import(options.adapter)) as { readonly openRewriteServer: OpenRewriteServer };
  const server = await openRewriteServer(dir, options);
  const integers = seededIntegers(9);
  const clients = Array.from({ length: options.clientCount }, () => server.connect());
  const prepared = Array.from({ length: PREPARED }, (_, i) => {
    return clients[0]!.prepare(`node ${integers(NODE_COUNT)}`, i);
  });
  let next = 0;
  return {
    round: async (budgetMs) => {
      const idle = [...clients];
      const cpuMsBefore = cpuMs(server.pid);
      const sample = await inFlight(budgetMs, clients.length, async () => {
        const client = idle.pop()!; // no more are in flight than there are clients
        await client.send(prepared[next++ % PREPARED]!);
        idle.push(client);
      });
      if (cpuMsBefore === undefined) return sample;
      const usedMs = (cpuMs(server.pid) ?? NaN) - cpuMsBefore;
      return { ...sample, values: { ...sample.values, '/cpu-s': sample.operations / (usedMs / 1000) } };
    },
    close: async () => {
      for (const client of clients) client[Symbol.dispose]();
      await server.close();
    },
  };
};
