/**
 * Replay: folding a log into the world that its events imply, and checking what they record of it.
 */
import { apply, digestToHex, treeHead, WORLD_FORMAT, type EncodedEvent, type Event, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log, StoredBatch } from '../ports/log.ts';
import { decodeStored } from './history-reader.ts';
import { verifyDecision, verifyDigests } from './replay-verify.ts';
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
  /** Told of each event once it is applied. */
  readonly onEvent?: (encoded: EncodedEvent, world: World) => void;
  /** Asked of each event once it is applied: whether the fold ends with it. */
  readonly isLast?: (encoded: EncodedEvent, world: World) => boolean;
  /** Told after each batch how many events are behind. */
  readonly onProgress?: (eventCount: number) => void;
}

/**
 * Folds the durable events after those of `start`. Null if there are none. Throws `LOG_DAMAGED` where an event can't be
 * read or a batch's tree head is not that of the history before it, `DATA_FORMAT_UNKNOWN` for a world of another version,
 * and with `verify` a `DivergenceFailure` where an event is not what its place in the history makes it.
 */
export async function replay(log: Pick<Log, 'batches'>, options: ReplayOptions): Promise<World | null> {
  const { start = null, endIdx = Infinity, onProgress } = options;
  let world: World | null = start;
  const startIdx = start?.history.size ?? 0;
  if (startIdx >= endIdx) return world;
  for await (const batch of log.batches(startIdx)) {
    checkTreeRoot(batch, world);
    const count = Math.min(batch.events.length, endIdx - batch.firstIdx);
    for (let i = Math.max(0, startIdx - batch.firstIdx); i < count; i++) {
      const { header, body } = batch.events[i]!;
      const encoded = decodeStored(header, body, batch.firstIdx + i);
      checkFormat(encoded.event);
      const before: World | null = world;
      world = apply(before, encoded, sha256);
      verifyEvent(options, encoded, before, world);
      options.onEvent?.(encoded, world);
      if (options.isLast?.(encoded, world) === true) return world;
    }
    onProgress?.(batch.firstIdx + count);
    if (batch.firstIdx + count === endIdx) break;
  }
  return world;
}

function verifyEvent(
  { verify, verifyFromIdx = 0 }: ReplayOptions,
  encoded: EncodedEvent,
  before: World | null,
  after: World,
): void {
  if (verify === false || encoded.event.idx < verifyFromIdx) return;
  verifyDigests(encoded, before, after);
  if (verify === 'decisions') verifyDecision(encoded, before);
}

/** A checkpoint may stand in the middle of a batch: then nothing is known of the head before it. */
function checkTreeRoot(batch: StoredBatch, world: World | null): void {
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
