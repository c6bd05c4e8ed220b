/** The diff as the daemon answers it: every changed element with its kind and its value digests on both sides. */
import { graphChanges } from '@jitos/daemon/engine/graph-changes.ts';
import { getWorkspace, type Graph } from '@jitos/kernel';
import type { OpenDiffStates } from '../workloads/graph-diff.ts';
import { createWorkspace, growWorld, mustDecide, rewriteNodes } from './grow-world.ts';

export const openDiffStates: OpenDiffStates = (_dir, { nodeCount, changesByState }) => {
  const base = growWorld(nodeCount);
  const graphs = changesByState.map((numbers): Graph => {
    const created = mustDecide(base, createWorkspace).world;
    const workspace = created.workspaceCount - 1;
    const { world } = mustDecide(created, rewriteNodes(workspace, numbers, 1));
    return getWorkspace(world, workspace)!.head.graph; // it is open
  });
  return { diff: (state) => graphChanges(base.system.graph, graphs[state]!, Infinity).first.length };
};
