/**
 * How long clients wait for their commits, each with one in flight: rewrites of one of many nodes, through the whole kernel
 * loop; with a checkpoint being written all the time, or none.
 */
import { setTimeout } from 'node:timers/promises';
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import { smallCommands, submit } from '../ours/grow-history.ts';
import { createWorkspace, growCommands } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface CommitLatencyOptions {
  readonly nodeCount: number;
  readonly clientCount: number;
  readonly checkpoints: 'none' | 'all the time';
}

/** A round is at least so many times as long as others are: one commit in a thousand is what counts. */
const ROUND_FACTOR = 10;
const LATENCIES_MAX = 1 << 22;

export const open: OpenWorkload<CommitLatencyOptions> = async ({ nodeCount, clientCount, checkpoints }, dir) => {
  // Checkpoints are asked for, here alone.
  const host = await Host.open({ dataDir: dir, checkpointCadence: { events: Infinity, sizeBytes: Infinity } });
  const world = host.mustGetWorld(MAIN_WORLD);
  for (const command of growCommands(nodeCount)) await submit(world, command);
  await submit(world, createWorkspace);
  const commandAt = smallCommands({ nodeCount, eventCount: 0, checkpointsAt: [] });
  const latenciesMs = new Float64Array(LATENCIES_MAX);
  let next = 0;
  return {
    round: async (budgetMs) => {
      let calls = 0;
      const clients = { isOver: false };
      const start = performance.now();
      const client = async (): Promise<void> => {
        for (let before = start; !clients.isOver;) {
          await submit(world, commandAt(next++));
          const after = performance.now();
          latenciesMs[calls++ % LATENCIES_MAX] = after - before;
          before = after;
        }
      };
      const ended = Promise.all(Array.from({ length: clientCount }, client));
      // A round ends with a checkpoint: all its steps are in it, and none is left to whoever comes next.
      while (performance.now() - start < budgetMs * ROUND_FACTOR) {
        await (checkpoints === 'none' ? setTimeout(budgetMs) : world.checkpointer?.write());
      }
      clients.isOver = true;
      await ended;
      const elapsedMs = performance.now() - start;
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
