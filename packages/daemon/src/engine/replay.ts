/**
 * Replay: folding a log into the world that its events imply, and checking what they record of it.
 */
import {
  apply,
  digestToHex,
  getWorkspace,
  graphDigest,
  treeHead,
  type Digest,
  type EncodedEvent,
  type Event,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Batch, Log } from '../ports/log.ts';
import { decodeStored } from './history-reader.ts';
import { sha256 } from './sha256.ts';

export interface ReplayOptions {
  /** Whether each event's digests are computed again and compared. */
  readonly verify: boolean;
  /** Told of each event once it is applied. */
  readonly onEvent?: (encoded: EncodedEvent, world: World) => void;
  /** Told after each batch how many events are behind. */
  readonly onProgress?: (eventCount: number) => void;
}

/**
 * Folds every durable event. Null if the log has none. Throws `LOG_DAMAGED` where an event can't be read or a batch's
 * tree head is not that of the history before it, `REPLAY_DIVERGED` where a digest is not the recorded one.
 */
export async function replay(log: Pick<Log, 'batches'>, options: ReplayOptions): Promise<World | null> {
  let world: World | null = null;
  for await (const batch of log.batches(0)) {
    checkTreeRoot(batch, world);
    for (let i = 0; i < batch.events.length; i++) {
      const { header, body } = batch.events[i]!;
      const encoded = decodeStored(header, body, batch.firstIdx + i);
      world = apply(world, encoded, sha256);
      if (options.verify) verifyEvent(encoded.event, world);
      options.onEvent?.(encoded, world);
    }
    options.onProgress?.(batch.firstIdx + batch.events.length);
  }
  return world;
}

function checkTreeRoot(batch: Batch, world: World | null): void {
  if (world === null) return;
  const head = treeHead(world.history, sha256);
  if (head === batch.treeRootBefore) return;
  const detail = `the batch continues a history with head ${digestToHex(batch.treeRootBefore)}, not ${digestToHex(head)}`;
  throw new Failure('LOG_DAMAGED', `event ${batch.firstIdx}`, detail);
}

/** Compares the digests that the event records with those of the world that it led to. */
function verifyEvent(event: Event, world: World): void {
  if (event.kind === 'REWRITE_APPLIED') {
    const workspace = getWorkspace(world, event.view);
    if (workspace === undefined) throw new Error(`workspace ${event.view} is gone after a rewrite`);
    compare(
      event,
      `workspace ${event.view}`,
      event.viewDigest,
      graphDigest(workspace.head.graph, world.rulePackId, sha256),
    );
  } else if (event.kind === 'COLLAPSE') {
    compare(event, 'System', event.systemDigest, graphDigest(world.system.graph, world.rulePackId, sha256));
  }
}

function compare(event: Event, view: string, recorded: Digest, computed: Digest): void {
  if (recorded === computed) return;
  const detail = `the event records ${digestToHex(recorded)} for ${view}, but the replay reaches ${digestToHex(computed)}`;
  throw new Failure('REPLAY_DIVERGED', `event ${event.idx}`, detail);
}
