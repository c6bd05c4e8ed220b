/**
 * How long clients wait for their commits, each with one in flight: rewrites of one of many nodes, through the whole kernel
 * loop; with a checkpoint being written all the time, or none.
 */
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import { growHistory, smallCommands, submit } from '../ours/grow-history.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface CommitLatencyOptions {
  readonly nodeCount: number;
  readonly clientCount: number;
  readonly checkpoints: 'none' | 'all the time';
}

/** A round is longer than others by this: a checkpoint takes seconds, and one in a thousand commits is what counts. */
const ROUND_FACTOR = 20;
const LATENCIES_MAX = 1 << 22;

export const open: OpenWorkload<CommitLatencyOptions> = async ({ nodeCount, clientCount, checkpoints }, dir) => {
  await growHistory(dir, { nodeCount, eventCount: 0, checkpointsAt: [] });
  // Asked anew at each commit.
  const checkpointCadence = { events: Infinity, sizeBytes: Infinity };
  const host = await Host.open({ dataDir: dir, checkpointCadence });
  const world = host.mustGetWorld(MAIN_WORLD);
  const commandAt = smallCommands({ nodeCount, eventCount: 0, checkpointsAt: [] });
  const latenciesMs = new Float64Array(LATENCIES_MAX);
  let next = 0;
  return {
    round: async (budgetMs) => {
      if (checkpoints === 'all the time') checkpointCadence.events = 1;
      let calls = 0;
      const start = performance.now();
      const client = async (): Promise<void> => {
        for (let before = start; before - start < budgetMs * ROUND_FACTOR;) {
          await submit(world, commandAt(next++));
          const after = performance.now();
          latenciesMs[calls++ % LATENCIES_MAX] = after - before;
          before = after;
        }
      };
      await Promise.all(Array.from({ length: clientCount }, client));
      const elapsedMs = performance.now() - start;
      // Whoever comes next has the machine to himself.
      checkpointCadence.events = Infinity;
      await world.checkpointer?.idle();
      const sorted = latenciesMs.subarray(0, Math.min(calls, LATENCIES_MAX)).sort();
      const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? NaN) * 1000;
      return {
        operations: calls,
        values: { '/s': calls / (elapsedMs / 1000), 'us p99': at(0.99), 'us p99.9': at(0.999) },
      };
    },
    close: () => host.close(),
  };
};
