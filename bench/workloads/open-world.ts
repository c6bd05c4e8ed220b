/**
 * Starts a daemon on a data folder, from the start of its process until it serves: the newest checkpoint of the world is
 * loaded and verified, and the tail of the history is folded. Then the most memory that it has had is asked for.
 *
 * Worlds of equal state and equal tails differ in nothing but how much has happened before the checkpoint.
 */
import { rmSync } from 'node:fs';
import { growHistory, type HistoryOptions } from '../ours/grow-history.ts';
import { startJitosd } from '../ours/jitosd.ts';
import { rssPeakMiB } from '../harness/process-meter.ts';
import type { OpenWorkload, Sample } from '../harness/workload.ts';

export interface OpenWorldOptions extends Omit<HistoryOptions, 'checkpointsAt'> {
  /** Events after the checkpoint, about. */
  readonly tailCount: number;
}

export const open: OpenWorkload<OpenWorldOptions> = async ({ tailCount, ...options }, dir) => {
  await growHistory(dir, { ...options, checkpointsAt: [options.eventCount - tailCount] });
  return {
    round: async (): Promise<Sample> => {
      const start = performance.now();
      const daemon = await startJitosd(dir);
      const ms = performance.now() - start;
      const MiB = rssPeakMiB(daemon.pid);
      await daemon.close();
      return { operations: 1, values: MiB === undefined ? { ms } : { ms, MiB } };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
};
