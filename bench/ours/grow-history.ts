/** Histories on a disk for the benches that read them, made by commands alone: a large state, then many small rewrites. */
import { Host, MAIN_WORLD, worldFolder } from '@jitos/daemon/engine/host.ts';
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import type { Command } from '@jitos/kernel';
import { seededIntegers } from '../harness/workload.ts';
import { createWorkspace, growCommands, rewriteNodes } from './grow-world.ts';

export interface HistoryOptions {
  readonly nodeCount: number;
  /** At most as many as nodes; none by default. */
  readonly edgeCount?: number;
  /** Events at the end. */
  readonly eventCount: number;
  /** After about as many events as these, ascending, a checkpoint is written. Two are kept. */
  readonly checkpointsAt: readonly number[];
  /** Rewrites in flight: what a batch holds. Enough by default for the disk to be of no account. */
  readonly clientCount?: number;
  /** The small rewrites change only so many of the nodes, which is faster; all of them by default. */
  readonly changedNodeCount?: number;
}

const CLIENT_COUNT = 256;

/**
 * Makes the world `main` of a data folder: `growCommands`, a workspace, and in it rewrites of one node each. Answers the
 * world's folder and the idx of the first of these rewrites.
 */
export async function growHistory(
  dataDir: string,
  options: HistoryOptions,
): Promise<{ readonly folder: string; readonly firstSmallIdx: number }> {
  const { nodeCount, edgeCount = 0, eventCount, checkpointsAt } = options;
  // Asked anew at each commit.
  const cadence = { events: Infinity, sizeBytes: Infinity };
  const host = await Host.open({ dataDir, checkpointCadence: cadence });
  const world = host.mustGetWorld(MAIN_WORLD);
  for (const command of growCommands(nodeCount, edgeCount)) await submit(world, command);
  await submit(world, createWorkspace);
  const firstSmallIdx = world.loop.world.history.size;
  const commandAt = smallCommands(options);
  for (const checkpointAt of checkpointsAt) {
    await rewriteUpTo(world, commandAt, checkpointAt, options);
    cadence.events = 1;
    await submit(world, commandAt(world.loop.world.history.size));
    cadence.events = Infinity;
    await world.checkpointer?.idle();
  }
  await rewriteUpTo(world, commandAt, eventCount, options);
  await host.close();
  return { folder: worldFolder(dataDir, MAIN_WORLD), firstSmallIdx };
}

/** The small rewrites of such a history, in order. */
export function smallCommands({ nodeCount, changedNodeCount = nodeCount }: HistoryOptions): (idx: number) => Command {
  const integers = seededIntegers(6);
  // Growing makes workspace 0; this is the one after.
  return (idx) => rewriteNodes(1, [integers(changedNodeCount)], idx);
}

async function rewriteUpTo(
  world: OpenWorld,
  commandAt: (idx: number) => Command,
  end: number,
  { clientCount = CLIENT_COUNT }: HistoryOptions,
): Promise<void> {
  let next = world.loop.world.history.size;
  const client = async (): Promise<void> => {
    while (next < end) await submit(world, commandAt(next++));
  };
  await Promise.all(Array.from({ length: clientCount }, client));
}

/** Submits a command that can't be refused. */
export async function submit({ loop }: OpenWorld, command: Command): Promise<void> {
  const reply = await loop.submit(command);
  if ('ok' in reply) throw new Error(`${command.type} was refused: ${reply.reason}`);
}
