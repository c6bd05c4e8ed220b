/**
 * Commands about the history of one world, which they read as files: without a lock, and whether or not a daemon serves
 * the folder.
 */
import type { History } from '../engine/replay-history.ts';
import { Failure } from '../errors/failure.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { worldOf, type Context } from './command.ts';
import { chooseWorldFolders } from './world-folders.ts';

export interface SkippedCheckpoint {
  readonly idx: number;
  readonly why: string;
}

export interface OpenHistory extends History {
  readonly world: string;
  /** Those found to be of no use so far. */
  readonly skippedCheckpoints: readonly SkippedCheckpoint[];
}

/** The history of the world that the command is about. Throws `WORLD_NOT_FOUND`, and what reading its log throws. */
export async function openHistory({ flags }: Context): Promise<OpenHistory> {
  const world = worldOf(flags);
  const [chosen] = chooseWorldFolders({ ...flags, world });
  if (chosen === undefined) throw new Error('a world that was named is found or refused');
  const { folder } = chosen;
  const log = await readFileLog({ disk: nodeDisk(), folder, checkFromIdx: Infinity }); // what is folded is checked
  if (log.length === 0) throw new Failure('LOG_DAMAGED', folder, 'the log holds no event, not even its first');
  const skippedCheckpoints: SkippedCheckpoint[] = [];
  return {
    world,
    log,
    checkpoints: new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId }),
    onSkipped: (idx, why) => void skippedCheckpoints.push({ idx, why }),
    skippedCheckpoints,
  };
}

/** The idx itself, if the history has such an event. Throws `EVENT_NOT_FOUND`. */
export function mustHaveEvent({ log }: History, idx: number, typed: string): number {
  if (idx < log.length) return idx;
  throw new Failure('EVENT_NOT_FOUND', typed, `the newest event is ${log.length - 1}`);
}

/** Shows events that are folded, as they come. */
export class FoldProgress {
  readonly #context: Context;
  readonly #label: string;
  readonly #startMs = performance.now();
  events = 0;

  constructor(context: Context, label: string) {
    this.#context = context;
    this.#label = label;
  }

  readonly onEvent = (): void => void (this.events += 1);

  readonly onProgress = (): void => {
    const perSecond = Math.round(this.events / ((performance.now() - this.#startMs) / 1000));
    this.#context.progress.update({ label: this.#label, done: this.events, total: null, unit: 'events', perSecond });
  };
}
