/**
 * Opens a world from its folder: the newest checkpoint is loaded and verified, and the tail of the history is folded.
 *
 * Worlds of equal state and equal tails differ in nothing but how much has happened before the checkpoint.
 */
import { rmSync } from 'node:fs';
import { Host } from '@jitos/daemon/engine/host.ts';
import type { CheckpointCadence } from '@jitos/daemon/engine/checkpointer.ts';
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { createWorkspace, growCommands, rewriteNodes } from '../ours/grow-world.ts';
import { seededIntegers, type OpenWorkload, type Sample } from '../harness/workload.ts';

export interface OpenWorldOptions {
  readonly nodeCount: number;
  /** Events in the history, those after the checkpoint included. */
  readonly eventCount: number;
  /** Events after the checkpoint, about. */
  readonly tailCount: number;
}

const NEVER: CheckpointCadence = { events: Infinity, sizeBytes: Infinity };
const AT_ONCE: CheckpointCadence = { events: 1, sizeBytes: Infinity };
const WORLD = 'bench';
const IN_FLIGHT = 256;

export const open: OpenWorkload<OpenWorldOptions> = async (options, dir) => {
  await makeHistory(options, dir);
  return {
    round: async (): Promise<Sample> => {
      const start = performance.now();
      const host = await Host.open({ dataDir: dir, checkpointCadence: NEVER });
      const ms = performance.now() - start;
      const { startIdx } = host.mustGetWorld(WORLD);
      await host.close();
      if (startIdx === 0) throw new Error('the world was not opened from a checkpoint');
      return { operations: 1, values: { ms } };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
};

async function makeHistory({ nodeCount, eventCount, tailCount }: OpenWorldOptions, dataDir: string): Promise<void> {
  const integers = seededIntegers(6);
  const rewriteUpTo = async ({ loop }: OpenWorld, end: number): Promise<void> => {
    while (loop.world.history.size < end) {
      const { size } = loop.world.history;
      const commands = Array.from({ length: Math.min(IN_FLIGHT, end - size) }, (_, i) =>
        rewriteNodes(loop.world.workspaceCount - 1, [integers(nodeCount)], size + i),
      );
      await Promise.all(commands.map((command) => loop.submit(command)));
    }
  };
  await withWorld(dataDir, NEVER, async (world) => {
    for (const command of growCommands(nodeCount)) await world.loop.submit(command);
    await world.loop.submit(createWorkspace);
    await rewriteUpTo(world, eventCount - tailCount);
  });
  await withWorld(dataDir, AT_ONCE, async (world) => {
    await rewriteUpTo(world, world.loop.world.history.size + 1);
    await world.checkpointer?.idle();
  });
  await withWorld(dataDir, NEVER, (world) => rewriteUpTo(world, eventCount));
}

async function withWorld(
  dataDir: string,
  checkpointCadence: CheckpointCadence,
  work: (world: OpenWorld) => Promise<void>,
): Promise<void> {
  const host = await Host.open({ dataDir, checkpointCadence });
  await work(host.hasWorld(WORLD) ? host.mustGetWorld(WORLD) : await host.createWorld(WORLD));
  await host.close();
}
