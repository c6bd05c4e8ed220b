/**
 * Verified commits in the kernel: decides a rewrite of one existing node in an open workspace; the receipt carries the
 * view's new digest. No loop and no log.
 *
 * Every commit starts from the same world, so its history stays exactly as long as it was made.
 */
import { createWorkspace, growWorld, mustDecide, rewriteNodes } from '../ours/grow-world.ts';
import { oneByOne, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface WorldCommitOptions {
  readonly nodeCount: number;
  /** Events in the world's history, reached by rewrites of the same nodes. */
  readonly eventCount: number;
}

const COMMANDS_PREPARED = 4096;

export const open: OpenWorkload<WorldCommitOptions> = ({ nodeCount, eventCount }) => {
  let { world } = mustDecide(growWorld(nodeCount), createWorkspace);
  const workspace = world.workspaceCount - 1;
  const integers = seededIntegers(3);
  while (world.history.size < eventCount) {
    ({ world } = mustDecide(world, rewriteNodes(workspace, [integers(nodeCount)], world.history.size)));
  }
  const commands = Array.from({ length: COMMANDS_PREPARED }, (_, i) =>
    rewriteNodes(workspace, [integers(nodeCount)], eventCount + i),
  );
  let next = 0;
  return {
    round: (budgetMs) =>
      oneByOne(budgetMs, 1, () => {
        const command = commands[next++ % COMMANDS_PREPARED];
        if (command !== undefined) mustDecide(world, command);
      }),
  };
};
