/**
 * A history that is read and not written: its log and its checkpoints, and the world as it was after any event. By idx a
 * world is named after its last event, so that the world at 0 has seen `WORLD_CREATED` alone.
 */
import { trieCount, type World } from '@jitos/kernel';
import type { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import type { Log } from '../ports/log.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { replay, type ReplayOptions } from './replay.ts';

export interface History {
  readonly log: Pick<Log, 'batches' | 'firstIdx' | 'length'>;
  readonly checkpoints: FileCheckpoints;
  /** Told of each checkpoint that is of no use, and why. */
  readonly onSkipped: (idx: number, why: string) => void;
}

/** What is told while a world is made; for which events, is up to whoever asks. */
export type OnFolded = Pick<ReplayOptions, 'onEvent' | 'onProgress' | 'keep'>;

/** Folding an event takes about as long as reading so many elements from a checkpoint. */
const ELEMENTS_PER_EVENT = 4;

/**
 * The world after the event `idx`, which the log must have: folded from `near`, if that is not later, or from a newer good
 * checkpoint where that is quicker. What was folded from `near` shares with it what has not changed.
 */
export async function worldAt(
  history: History,
  idx: number,
  near: World | null = null,
  told: OnFolded = {},
): Promise<World> {
  const start = await quickestStart(history, idx, near);
  const world = await replay(history.log, { start, verify: false, endIdx: idx + 1, ...told });
  if (world === null) throw new Error(`event ${idx} is not in the log`);
  return world;
}

async function quickestStart(history: History, idx: number, near: World | null): Promise<World | null> {
  const start = near !== null && near.history.size <= idx + 1 ? near : null;
  const size = start?.history.size ?? 0;
  if (start !== null && (idx + 1 - size) * ELEMENTS_PER_EVENT <= elementCount(start)) return start;
  return (await loadCheckpoint({ ...history, idxMin: size + 1, idxMax: idx + 1 })) ?? start;
}

function elementCount({ system: { graph } }: World): number {
  return trieCount(graph.nodes) + trieCount(graph.edges);
}
