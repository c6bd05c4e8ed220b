/**
 * The whole kernel loop in process: clients that each submit a rewrite of one existing node and wait for its receipt,
 * which carries the view's new digest and leaves only when its event is durable in the file log.
 */
import { WorldLoop } from '@jitos/daemon/engine/world-loop.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { createWorld, treeHead, EMPTY_TREE, type Command } from '@jitos/kernel';
import { createLog } from '../ours/file-log.ts';
import { createWorkspace, growCommands, rewriteNodes } from '../ours/grow-world.ts';
import { inFlight, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface KernelLoopOptions {
  readonly nodeCount: number;
  readonly clientCount: number;
}

export const open: OpenWorkload<KernelLoopOptions> = async ({ nodeCount, clientCount }, dir) => {
  const log = await createLog(dir);
  const { world, encoded } = createWorld({ quantumMs: 1000 }, sha256);
  const first = { header: Buffer.from(encoded.header, 'latin1'), body: Buffer.from(encoded.body, 'latin1') };
  await log.append({ firstIdx: 0, treeRootBefore: treeHead(EMPTY_TREE, sha256), events: [first] });
  const loop = new WorldLoop(log, world);
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
      inFlight(budgetMs, clientCount, () => submit(rewriteNodes(workspace, [integers(nodeCount)], ++value))),
    close: async () => {
      await loop.drain();
      await log.close();
    },
  };
};
