/**
 * Collapses a workspace with one rewrite onto a System that has not moved since.
 *
 * The worlds are prepared once and each is collapsed again and again: a world is a value, and a decision leaves it as
 * it was.
 */
import { collapseWorkspace, createWorkspace, growWorld, mustDecide, rewriteNodes } from '../ours/grow-world.ts';
import { oneByOne, seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface CollapseForwardOptions {
  readonly nodeCount: number;
  /** Nodes that the workspace has changed. */
  readonly changeCount: number;
}

const WORLDS_PREPARED = 256;

export const open: OpenWorkload<CollapseForwardOptions> = ({ nodeCount, changeCount }) => {
  const created = mustDecide(growWorld(nodeCount), createWorkspace).world;
  const workspace = created.workspaceCount - 1;
  const integers = seededIntegers(4);
  const worlds = Array.from({ length: WORLDS_PREPARED }, (_, i) => {
    const numbers = Array.from({ length: changeCount }, () => integers(nodeCount));
    return mustDecide(created, rewriteNodes(workspace, numbers, 1 + i)).world;
  });
  const command = collapseWorkspace(workspace);
  let next = 0;
  return {
    round: (budgetMs) =>
      oneByOne(budgetMs, 1, () => {
        const world = worlds[next++ % WORLDS_PREPARED];
        if (world !== undefined) mustDecide(world, command);
      }),
  };
};
