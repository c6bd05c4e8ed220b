/**
 * A thread that folds one part of a history and verifies it: from the first event, or from the checkpoint that the part
 * begins with. It keeps its world, to go on from there if the next part's checkpoint turns out to be no good.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { worldDigest, type Digest, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Reason } from '../errors/reason.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog, type ReadOnlyLog } from '../logs/file/read-only-log.ts';
import { findCheckpoint } from './load-checkpoint.ts';
import { replay, type Verification } from './replay.ts';
import { DivergenceFailure, type Divergence } from './replay-verify.ts';
import { sha256 } from './sha256.ts';

/** What the thread is started with. */
export interface PartData {
  readonly folder: string;
  readonly verify: Verification;
  /** The idx of the checkpoint to begin with; 0: the first event. */
  readonly startIdx: number;
}

/** What it is told: to fold up to there. */
export interface PartOrder {
  readonly endIdx: number;
}

/** What it tells. */
export type PartNews =
  | { readonly type: 'ready' }
  /** The checkpoint is no good; the thread is of no more use. */
  | { readonly type: 'skipped'; readonly why: string }
  /** Events up to here are behind. */
  | { readonly type: 'progress'; readonly doneIdx: number }
  | { readonly type: 'folded'; readonly systemDigest: Digest; readonly worldDigest: Digest }
  | {
      readonly type: 'failed';
      readonly reason: Reason;
      readonly place: string;
      readonly detail: string;
      readonly divergence: Divergence | null;
    };

async function runPart({ folder, verify, startIdx }: PartData): Promise<void> {
  // Whoever started it has walked the whole log.
  const log = await readFileLog({ disk: nodeDisk(), folder, checkFromIdx: Infinity });
  let world: World | null = null;
  if (startIdx > 0) {
    const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
    const found = await findCheckpoint({ log, checkpoints }, startIdx);
    if (typeof found === 'string') return tell({ type: 'skipped', why: found });
    world = found;
  }
  tell({ type: 'ready' });
  parentPort?.on('message', ({ endIdx }: PartOrder) => {
    foldPart(log, { world, verify, endIdx }).then((end) => (world = end), throwLater);
  });
}

interface Fold {
  readonly world: World | null;
  readonly verify: Verification;
  readonly endIdx: number;
}

async function foldPart(log: ReadOnlyLog, { world: start, verify, endIdx }: Fold): Promise<World | null> {
  let doneIdx = start?.history.size ?? 0;
  try {
    const world = await replay(log, {
      start,
      verify,
      endIdx,
      onEvent: () => (doneIdx += 1),
      onProgress: () => tell({ type: 'progress', doneIdx }),
    });
    if (world === null) throw new Error('a log with events folds to a world');
    tell({ type: 'folded', systemDigest: world.system.digest, worldDigest: worldDigest(world, sha256) });
    return world;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { reason, place, message: detail } = error;
    const divergence = error instanceof DivergenceFailure ? error.divergence : null;
    tell({ type: 'progress', doneIdx });
    tell({ type: 'failed', reason, place, detail, divergence });
    return start;
  }
}

/** Ends the thread with the error, which whoever started it is told. */
function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

function tell(news: PartNews): void {
  parentPort?.postMessage(news);
}

await runPart(workerData as PartData); // whoever starts this file gives it
