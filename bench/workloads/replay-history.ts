/**
 * Folds the small rewrites of a history again and again, on a world that has the nodes already: with or without a check
 * of every digest. One thread, and what reads the log.
 */
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { readFileLog, type ReadOnlyLog } from '@jitos/daemon/logs/file/read-only-log.ts';
import { replay, type Verification } from '@jitos/daemon/engine/replay.ts';
import { OP_COUNT_MAX } from '@jitos/kernel';
import { cpuMs } from '../harness/process-meter.ts';
import { growHistory } from '../ours/grow-history.ts';
import type { OpenWorkload, Sample } from '../harness/workload.ts';

export interface ReplayOptions {
  readonly nodeCount: number;
  /** Small rewrites that a round folds. */
  readonly rewriteCount: number;
}

export interface ReplayWorkloadOptions extends ReplayOptions {
  readonly verify: Verification | false;
}

export const open: OpenWorkload<ReplayWorkloadOptions> = async ({ verify, ...options }, dir) => {
  const { log, firstSmallIdx } = await openRewrites(options, dir);
  const start = await replay(log, { verify: false, endIdx: firstSmallIdx });
  return {
    round: () =>
      timeRewrites(options.rewriteCount, async () => {
        const world = await replay(log, { start, verify });
        return (world?.history.size ?? 0) - firstSmallIdx;
      }),
  };
};

/** The world's first, two workspaces and a collapse. */
const EVENTS_BESIDES = 4;

interface Rewrites {
  readonly log: ReadOnlyLog;
  readonly firstSmallIdx: number;
}

/** A log of `rewriteCount` small rewrites behind the events that make the nodes. */
export async function openRewrites({ nodeCount, rewriteCount }: ReplayOptions, dir: string): Promise<Rewrites> {
  const eventCount = rewriteCount + Math.ceil(nodeCount / OP_COUNT_MAX) + EVENTS_BESIDES;
  const { folder, firstSmallIdx } = await growHistory(dir, { nodeCount, eventCount, checkpointsAt: [] });
  const log = await readFileLog({ disk: nodeDisk(), folder });
  return { log, firstSmallIdx };
}

/** A round of a fold, which says how many rewrites it has seen. */
export async function timeRewrites(rewriteCount: number, fold: () => Promise<number>): Promise<Sample> {
  const cpuMsBefore = cpuMs(process.pid);
  const start = performance.now();
  const seen = await fold();
  const elapsedMs = performance.now() - start;
  if (seen !== rewriteCount) throw new Error(`${seen} rewrites were folded instead of ${rewriteCount}`);
  const usedMs = (cpuMs(process.pid) ?? NaN) - (cpuMsBefore ?? NaN);
  const perSecond = { '/s': seen / (elapsedMs / 1000) };
  const values = Number.isNaN(usedMs) ? perSecond : { ...perSecond, '/cpu-s': seen / (usedMs / 1000) };
  return { operations: seen, values };
}
