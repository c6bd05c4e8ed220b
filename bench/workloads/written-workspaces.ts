/**
 * Opens workspaces on a world of many nodes and writes ten of its nodes in each, in the kernel: no node in two of them, and
 * each to a value of its own. Then reads all of them back. They rest once they are written, if they are to: then reading one
 * builds its graph again.
 *
 * - `us`: one `createWorkspace` decided and applied, with all others open.
 * - `B`: the heap that a workspace holds with what it has written, garbage collected before and after.
 * - `B values apart`: the same, less what the written values take by themselves: the heap that one plain `Map` holds, from
 *   the nodes' numbers to the same encoded values made anew, divided by the workspaces.
 */
import { setImmediate } from 'node:timers/promises';
import { encodeValue, getWorkspace, Head, type EncodedValue, type World } from '@jitos/kernel';
import { heapUsedBytes } from '../harness/heap.ts';
import { createWorkspace, growWorld, mustDecide, nodeValue, setNodes } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface WrittenWorkspacesOptions {
  /** At least ten for each workspace, and no multiple of the stride. */
  readonly nodeCount: number;
  readonly workspaceCount: number;
  readonly atRest: boolean;
}

const WRITES_EACH = 10;

/** Workspaces read back in one turn of the event loop. */
const READ_EACH_TURN = 256;

/** A prime, so that the nodes of a workspace lie far apart and none comes twice. */
const STRIDE = 7919;

/** What a workspace writes: values that are nobody else's, made anew each time, as a caller's would be. */
function writesOf(workspace: number, nodeCount: number): [node: number, EncodedValue][] {
  return Array.from({ length: WRITES_EACH }, (_, write) => [
    ((workspace * WRITES_EACH + write) * STRIDE) % nodeCount,
    encodeValue(`write ${write} of workspace ${workspace}`),
  ]);
}

export const open: OpenWorkload<WrittenWorkspacesOptions> = ({ nodeCount, workspaceCount, atRest }) => {
  if (workspaceCount * WRITES_EACH > nodeCount) throw new Error('there are too few nodes for so many workspaces');
  const base = growWorld(nodeCount);
  return {
    round: async () => {
      let world = base;
      let createMs = 0;
      const heapBefore = heapUsedBytes();
      for (let i = 0; i < workspaceCount; i++) {
        const number = world.workspaceCount;
        const start = performance.now();
        ({ world } = mustDecide(world, createWorkspace));
        createMs += performance.now() - start;
        ({ world } = mustDecide(world, setNodes(number, writesOf(number, nodeCount))));
        if (atRest) putToRest(world, number);
      }
      const bytes = heapUsedBytes() - heapBefore;
      for (let number = base.workspaceCount; number < world.workspaceCount; number++) {
        readBack(world, number, nodeCount);
        // What was built again is held until the turn ends.
        if (number % READ_EACH_TURN === 0) await setImmediate();
      }
      const values = { us: (createMs * 1000) / workspaceCount, B: bytes / workspaceCount };
      const valuesBytes = bytesOfValues(base.workspaceCount, workspaceCount, nodeCount);
      return {
        operations: workspaceCount,
        values: { ...values, 'B values apart': (bytes - valuesBytes) / workspaceCount },
      };
    },
  };
};

function putToRest(world: World, number: number): void {
  const { head } = getWorkspace(world, number)!; // it is open
  if (!(head instanceof Head)) throw new Error('a head that was written can not rest');
  head.rest();
}

function readBack(world: World, number: number, nodeCount: number): void {
  const { graph } = getWorkspace(world, number)!.head; // it is open
  for (const [node, value] of writesOf(number, nodeCount)) {
    if (nodeValue(graph, node) !== value) throw new Error(`workspace ${number} has lost what it wrote`);
  }
}

function bytesOfValues(first: number, workspaceCount: number, nodeCount: number): number {
  const heapBefore = heapUsedBytes();
  const values = new Map<number, EncodedValue>();
  for (let number = first; number < first + workspaceCount; number++) {
    for (const [node, value] of writesOf(number, nodeCount)) values.set(node, value);
  }
  const bytes = heapUsedBytes() - heapBefore;
  // The map is asked after the heap, so it was held until then.
  if (values.size !== workspaceCount * WRITES_EACH) throw new Error('two workspaces have written one node');
  return bytes;
}
