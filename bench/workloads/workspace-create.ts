/**
 * Opens workspaces on a world of many nodes: how long one takes in the kernel, and how much memory it holds.
 *
 * A round opens a fixed number of them, because the memory of one shows only in many.
 */
import { heapUsedBytes } from '../harness/heap.ts';
import { createWorkspace, growWorld, mustDecide } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface WorkspaceCreateOptions {
  readonly nodeCount: number;
  readonly workspaceCount: number;
}

export const open: OpenWorkload<WorkspaceCreateOptions> = ({ nodeCount, workspaceCount }) => {
  const base = growWorld(nodeCount);
  return {
    round: () => {
      let world = base;
      const heapBefore = heapUsedBytes();
      const start = performance.now();
      for (let i = 0; i < workspaceCount; i++) ({ world } = mustDecide(world, createWorkspace));
      const elapsedMs = performance.now() - start;
      const bytes = heapUsedBytes() - heapBefore;
      // The world is asked after the heap, so it was held until then.
      const opened = world.workspaceCount - base.workspaceCount;
      return { operations: opened, values: { us: (elapsedMs * 1000) / opened, B: bytes / opened } };
    },
  };
};
