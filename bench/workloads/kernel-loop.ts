/**
 * The whole kernel loop in process: clients that each submit a rewrite of one existing node and wait for its receipt,
 * which carries the view's new digest and leaves only when its event is durable in the file log.
 */
import { Host } from '@jitos/daemon/engine/host.ts';
import type { Command } from '@jitos/kernel';
import { createWorkspace, growCommands, rewriteNodes } from '../ours/grow-world.ts';
import { withBytesToDisk } from '../harness/disk-meter.ts';
import { inFlight, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface KernelLoopOptions {
  readonly nodeCount: number;
  readonly clientCount: number;
}

export const open: OpenWorkload<KernelLoopOptions> = async ({ nodeCount, clientCount }, dir) => {
  const host = await Host.open({ dataDir: dir });
  const { loop } = await host.createWorld('bench');
  const submit = async (command: Command): Promise<void> => {
    const reply = await loop.submit(command);
    if ('ok' in reply) throw new Error(`${command.type} was refused: ${reply.reason}`);
  };
  for (const command of growCommands(nodeCount)) await submit(command);
  await submit(createWorkspace);
  const workspace = loop.world.workspaceCount - 1;
  const integers = seededIntegers(5);
  let value = 0;
  return {
    round: (budgetMs) =>
      withBytesToDisk(dir, () =>
        inFlight(budgetMs, clientCount, () => submit(rewriteNodes(workspace, [integers(nodeCount)], ++value))),
      ),
    close: () => host.close(),
  };
};
