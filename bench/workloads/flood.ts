/**
 * How long a polite principal waits, which asks now and then, while another asks as fast as it can over many connections, or
 * nobody does.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { startServer } from '../harness/server-process.ts';
import type { OpenWorkload } from '../harness/workload.ts';
import type { FloodRequest } from '../ours/flood-process.ts';

export interface FloodOptions {
  /** Connections of the other; 0: nobody else asks. */
  readonly floodConnectionCount: number;
  /** Whether the other is another principal, or the polite one itself: then nobody takes turns. */
  readonly floodBy: 'another' | 'itself';
  readonly asks: 'queries' | 'commands';
}

/** One in a hundred counts, of requests that are far apart. */
const ROUND_FACTOR = 10;
const POLITE_EVERY_MS = 5;

const BODIES = {
  queries: JSON.stringify({ query: '{ graph(view: {kind: SYSTEM}) { digest } }' }),
  commands: JSON.stringify({
    query:
      'mutation { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}]}) { accepted } }',
  }),
} as const;

export const open: OpenWorkload<FloodOptions> = async ({ floodConnectionCount, floodBy, asks }, dir) => {
  const script = new URL('../ours/two-principals.ts', import.meta.url);
  const addressIn = (said: string): string | undefined => /(http:\/\/\S+)\n/.exec(said)?.[1];
  const server = await startServer({ script: script.pathname, args: [dir], addressIn });
  const agent = new Agent({ keepAlive: true });
  const body = BODIES[asks];
  const ask = (): Promise<void> => post(server.url, agent, body);
  await post(server.url, agent, JSON.stringify({ query: 'mutation { createSws { sws { id } } }' }));
  let flood: ChildProcess | undefined;
  if (floodConnectionCount > 0) {
    flood = fork(new URL('../ours/flood-process.ts', import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
    const principal = floodBy === 'another' ? 'greedy' : 'local';
    const asked: FloodRequest = { url: server.url.href, connectionCount: floodConnectionCount, body, principal };
    flood.send(asked);
    await once(flood, 'message');
  }
  return {
    round: async (budgetMs) => {
      const latenciesMs: number[] = [];
      flood?.send('go');
      await setTimeout(100); // both principals are known by then
      const start = performance.now();
      while (performance.now() - start < budgetMs * ROUND_FACTOR) {
        const before = performance.now();
        await ask();
        latenciesMs.push(performance.now() - before);
        await setTimeout(POLITE_EVERY_MS);
      }
      flood?.send('stop');
      if (flood !== undefined) await once(flood, 'message');
      const sorted = Float64Array.from(latenciesMs).sort();
      const at = (share: number): number => 1000 * (sorted[Math.floor(sorted.length * share)] ?? NaN);
      return { operations: sorted.length, values: { us: at(0.5), 'us p99': at(0.99) } };
    },
    close: async () => {
      if (flood !== undefined) {
        const gone = once(flood, 'exit');
        flood.disconnect();
        await gone;
      }
      agent.destroy();
      await server.close();
    },
  };
};

function post(url: URL, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      let told = '';
      answer.on('data', (chunk: Buffer) => (told += chunk.toString()));
      answer.on('end', () => (told.includes('"errors"') ? reject(new Error(told)) : resolve()));
    });
    asked.on('error', reject).end(body);
  });
}
