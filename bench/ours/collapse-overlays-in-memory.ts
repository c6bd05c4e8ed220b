/** Overlays as workspaces, collapsed by the kernel alone: no loop, no log. */
import type { OpenOverlayStore } from '../workloads/merge-overlays.ts';
import { forkOverlays, isCommitted } from './collapse-overlays.ts';
import { collapseWorkspace, discardWorkspace, growWorld, mustDecide } from './grow-world.ts';

export const openOverlayStore: OpenOverlayStore = (_dir, { nodeCount }) => {
  let world = growWorld(nodeCount);
  let workspaces: readonly number[] = [];
  let refused: number[] = [];
  return {
    mergesAtOnce: 1,
    prepare: (overlays) => {
      for (const workspace of refused) ({ world } = mustDecide(world, discardWorkspace(workspace)));
      refused = [];
      ({ world, workspaces } = forkOverlays(world, overlays));
    },
    merge: (positions) =>
      positions.map((position) => {
        const workspace = workspaces[position]!;
        const decided = mustDecide(world, collapseWorkspace(workspace));
        world = decided.world;
        const committed = isCommitted(decided.encoded.event, workspace);
        if (!committed) refused.push(workspace);
        return committed;
      }),
  };
};
