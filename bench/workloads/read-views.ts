/**
 * Reads nodes by id, a thousand of a view and then a thousand of another: System, and a workspace with ten writes of its own,
 * each time another one.
 *
 * `us` is the median of a read through a workspace, `times` that of how much longer a thousand of them take than the same
 * thousand of System just before or after. Finding the view counts once for a thousand.
 */
import { getWorkspace, trieGet, type ElementId, type Graph } from '@jitos/kernel';
import { median } from '../harness/figure.ts';
import { seededIntegers, type OpenWorkload } from '../harness/workload.ts';
import { createWorkspace, growWorld, mustDecide, nodeId, rewriteNodes } from '../ours/grow-world.ts';

export interface ReadViewsOptions {
  readonly nodeCount: number;
}

const WORKSPACE_COUNT = 256;
const WRITES_EACH = 10;
const READS_EACH = 1000;

export const open: OpenWorkload<ReadViewsOptions> = ({ nodeCount }) => {
  let world = growWorld(nodeCount);
  const integers = seededIntegers(11);
  const first = world.workspaceCount;
  for (let number = first; number < first + WORKSPACE_COUNT; number++) {
    ({ world } = mustDecide(world, createWorkspace));
    const numbers = Array.from({ length: WRITES_EACH }, () => integers(nodeCount));
    ({ world } = mustDecide(world, rewriteNodes(number, numbers, number)));
  }
  const system = (): Graph => world.system.graph;
  const workspace = (number: number): Graph => getWorkspace(world, number)!.head.graph; // it is open
  let turn = 0;
  return {
    round: (budgetMs) => {
      const readUs: number[] = [];
      const times: number[] = [];
      const start = performance.now();
      while (performance.now() - start < budgetMs) {
        turn += 1;
        const ids = Array.from({ length: READS_EACH }, () => nodeId(integers(nodeCount)));
        readAll(system, ids); // the nodes are in the caches of neither or of both
        const number = first + (turn % WORKSPACE_COUNT);
        const through = (): number => timeReads(() => workspace(number), ids);
        const [ours, theirs] =
          turn % 2 === 0 ? [through(), timeReads(system, ids)] : [timeReads(system, ids), through()].toReversed();
        readUs.push(((ours ?? NaN) * 1000) / READS_EACH);
        times.push((ours ?? NaN) / (theirs ?? NaN));
      }
      return { operations: times.length * READS_EACH, values: { us: median(readUs), times: median(times) } };
    },
  };
};

function timeReads(view: () => Graph, ids: readonly ElementId[]): number {
  const start = performance.now();
  readAll(view, ids);
  return performance.now() - start;
}

function readAll(view: () => Graph, ids: readonly ElementId[]): void {
  const { nodes } = view();
  for (const id of ids) if (trieGet(nodes, id) === undefined) throw new Error('a node is missing');
}
