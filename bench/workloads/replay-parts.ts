/**
 * Verifies a whole history as `jitosctl replay --verify` does, with a checkpoint in its middle: in two parts on two
 * threads, or in one.
 */
import { partStarts, replayParts } from '@jitos/daemon/engine/replay-parts.ts';
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { readFileLog } from '@jitos/daemon/logs/file/read-only-log.ts';
import { growHistory } from '../ours/grow-history.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface ReplayPartsOptions {
  readonly nodeCount: number;
  readonly eventCount: number;
  readonly threadsMax: number;
}

export const open: OpenWorkload<ReplayPartsOptions> = async ({ nodeCount, eventCount, threadsMax }, dir) => {
  const { folder } = await growHistory(dir, { nodeCount, eventCount, checkpointsAt: [Math.floor(eventCount / 2)] });
  return {
    round: async () => {
      const start = performance.now();
      const log = await readFileLog({ disk: nodeDisk(), folder });
      const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
      const starts = partStarts(checkpoints.list(), log.length, threadsMax);
      if (starts.length !== threadsMax - 1) throw new Error(`the history has ${starts.length + 1} parts`);
      await replayParts({
        folder,
        verify: 'digests',
        endIdx: log.length,
        starts,
        onSkipped: (idx, why) => {
          throw new Error(`the checkpoint at ${idx} was skipped: ${why}`);
        },
        onProgress: () => undefined,
      });
      return { operations: log.length, values: { '/s': log.length / ((performance.now() - start) / 1000) } };
    },
  };
};
