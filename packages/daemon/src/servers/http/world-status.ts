/** What is told of a world in a few numbers. */
import { digestToHex, trieCount } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';

export interface WorldStatus {
  readonly name: string;
  /** Graph digest of System, in hex. */
  readonly digest: string;
  /** Of System, in hex. */
  readonly snapshotId: string;
  /** Of the newest event. */
  readonly idx: number;
  readonly rewriteCount: number;
  readonly openWorkspaces: number;
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly eventsPerSecond: number;
}

export function worldStatus({ name, loop }: OpenWorld, eventsPerSecond: number): WorldStatus {
  const { system, history, rewriteCount, workspaces } = loop.world;
  return {
    name,
    digest: digestToHex(system.digest),
    snapshotId: digestToHex(system.id),
    idx: history.size - 1,
    rewriteCount,
    openWorkspaces: trieCount(workspaces),
    nodeCount: trieCount(system.graph.nodes),
    edgeCount: trieCount(system.graph.edges),
    eventsPerSecond,
  };
}
