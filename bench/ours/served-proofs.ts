/** Whole proofs as a world gives them away: the header read from the log, the path held against the head, the head signed. */
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import type { OpenProofLog } from '../workloads/inclusion-proof.ts';
import { growHistory } from './grow-history.ts';

const NODE_COUNT = 100;

export const openProofLog: OpenProofLog = async (dir, leafCount) => {
  const tail = Math.min(1000, Math.floor(leafCount / 2));
  await growHistory(dir, { nodeCount: NODE_COUNT, eventCount: leafCount, checkpointsAt: [leafCount - tail] });
  const host = await Host.open({ dataDir: dir });
  const { proofs } = host.mustGetWorld(MAIN_WORLD);
  return {
    make: (index) => proofs.inclusion(index, leafCount),
    close: () => host.close(),
  };
};
