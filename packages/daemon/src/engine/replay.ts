/**
 * Replay: folding a log into the world that its events imply, and checking what they record of it.
 */
import {
  apply,
  digestToHex,
  Fold,
  treeHead,
  WORLD_FORMAT,
  type EncodedEvent,
  type Event,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log, Batch } from '../ports/log.ts';
import { decodeStored } from './history-reader.ts';
import { DivergenceFailure, verifyDecision, verifyDigests } from './replay-verify.ts';
import { sha256 } from './sha256.ts';

/** What is compared: the digests that events record, or also what deciding each event again writes. */
export type Verification = 'digests' | 'decisions';

export interface ReplayOptions {
  /** The world to go on from, as a checkpoint holds it; null begins with the first event. */
  readonly start?: World | null;
  /** False compares nothing. */
  readonly verify: Verification | false;
  /** The first event to verify; those before it are only folded. By default all are verified. */
  readonly verifyFromIdx?: number;
  /** Events from here on are left out. By default none is. */
  readonly endIdx?: number;
  /** Told of each event once it is applied. The world is good until the next one is. */
  readonly onEvent?: (encoded: EncodedEvent, world: World) => void;
  /** Asked of each event once it is applied: whether the fold ends with it. The world is good for as long. */
  readonly isLast?: (encoded: EncodedEvent, world: World) => boolean;
  /** Told after each batch how many events are behind. */
  readonly onProgress?: (eventCount: number) => void;
  /** Takes the world every so many events, to keep it. */
  readonly keep?: { readonly everyEvents: number; readonly take: (world: World) => void };
  /** Waits for a turn of the event loop every so many events; else only for the disk. */
  readonly pause?: { readonly everyEvents: number; readonly turn: () => Promise<void> };
}

/** Events after which the world is kept, to fold again from there what turns out to diverge. */
const KEPT_EVENT_COUNT = 4096;

/**
 * Folds the durable events after those of `start`. Null if there are none. Throws `LOG_DAMAGED` where an event can't be
 * read or a batch's tree head is not that of the history before it, `DATA_FORMAT_UNKNOWN` for a world of another version,
 * and with `verify` a `DivergenceFailure` where an event is not what its place in the history makes it.
 */
export async function replay(log: Pick<Log, 'batches'>, options: ReplayOptions): Promise<World | null> {
  const { start = null, endIdx = Infinity, onProgress, keep, pause } = options;
  const startIdx = start?.history.size ?? 0;
  if (startIdx >= endIdx) return start;
  let fold = new Fold(start, sha256);
  let kept = start;
  for await (const batch of log.batches(startIdx)) {
    checkTreeRoot(batch, fold.world);
    if (batch.firstIdx - (kept?.history.size ?? 0) >= KEPT_EVENT_COUNT) {
      kept = fold.world;
      fold = new Fold(kept, sha256);
    }
    const count = Math.min(batch.events.length, endIdx - batch.firstIdx);
    for (let i = Math.max(0, startIdx - batch.firstIdx); i < count; i++) {
      const encoded = decodeStored(batch.events[i]!, batch.firstIdx + i);
      checkFormat(encoded.event);
      if (!isVerified(options, encoded)) fold.apply(encoded);
      else if (!applyVerified(fold, encoded, options)) await explain(log, encoded, kept, options);
      const world = fold.world!; // an event was applied
      options.onEvent?.(encoded, world);
      if (options.isLast?.(encoded, world) === true) return world;
      if (keep !== undefined && world.history.size % keep.everyEvents === 0) {
        keep.take(world);
        fold = new Fold(world, sha256);
      }
      if (pause !== undefined && world.history.size % pause.everyEvents === 0) await pause.turn();
    }
    onProgress?.(batch.firstIdx + count);
    if (batch.firstIdx + count === endIdx) break;
  }
  return fold.world;
}

function isVerified({ verify, verifyFromIdx = 0 }: ReplayOptions, { event }: EncodedEvent): boolean {
  return verify !== false && event.idx >= verifyFromIdx;
}

/** Applies the event; false where it diverges. What it changed is no longer to be seen then: the fold changes in place. */
function applyVerified(fold: Fold, encoded: EncodedEvent, { verify }: ReplayOptions): boolean {
  const before = fold.world;
  try {
    if (verify === 'decisions') verifyDecision(encoded, before);
    verifyDigests(encoded, before, fold.apply(encoded));
    return true;
  } catch (error) {
    if (error instanceof DivergenceFailure) return false;
    throw error;
  }
}

/** Folds up to an event that diverges again, keeping the world before it, and throws what is wrong with it. */
async function explain(
  log: Pick<Log, 'batches'>,
  diverging: EncodedEvent,
  kept: World | null,
  { verify }: ReplayOptions,
): Promise<never> {
  const before = await replay(log, { start: kept, verify: false, endIdx: diverging.event.idx });
  verifyDigests(diverging, before, apply(before, diverging, sha256));
  if (verify === 'decisions') verifyDecision(diverging, before);
  throw new Error(`event ${diverging.event.idx} diverged, and folded again it does not`);
}

/** A checkpoint may stand in the middle of a batch: then nothing is known of the head before it. */
function checkTreeRoot(batch: Batch, world: World | null): void {
  if (world === null || world.history.size !== batch.firstIdx) return;
  const head = treeHead(world.history, sha256);
  if (head === batch.treeRootBefore) return;
  const detail = `the batch continues a history with head ${digestToHex(batch.treeRootBefore)}, not ${digestToHex(head)}`;
  throw new Failure('LOG_DAMAGED', `event ${batch.firstIdx}`, detail);
}

/** Refuses a history that this version would fold wrongly. */
function checkFormat(event: Event): void {
  if (event.kind !== 'WORLD_CREATED' || event.format === WORLD_FORMAT) return;
  const detail = `the world's format is ${event.format}, not ${WORLD_FORMAT}`;
  throw new Failure('DATA_FORMAT_UNKNOWN', `event ${event.idx}`, detail);
}
