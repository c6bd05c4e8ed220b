/**
 * Opens workspaces on a world of many nodes: how long one takes in the kernel, and how much memory it holds.
 *
 * A round opens a fixed number of them, because the memory of one shows only in many.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createWorkspace, growWorld, mustDecide } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface WorkspaceCreateOptions {
  readonly nodeCount: number;
  readonly workspaceCount: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag exposes

export const open: OpenWorkload<WorkspaceCreateOptions> = ({ nodeCount, workspaceCount }) => {
  const base = growWorld(nodeCount);
  return {
    round: () => {
      let world = base;
      const heapBefore = heapUsed();
      const start = performance.now();
      for (let i = 0; i < workspaceCount; i++) ({ world } = mustDecide(world, createWorkspace));
      const elapsedMs = performance.now() - start;
      const bytes = heapUsed() - heapBefore;
      // The world is asked after the heap, so it was held until then.
      const opened = world.workspaceCount - base.workspaceCount;
      return { operations: opened, values: { us: (elapsedMs * 1000) / opened, B: bytes / opened } };
    },
  };
};

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
