/**
 * Replay: folding a log into the world that its events imply, and checking what they record of it.
 */
import {
  apply,
  createWorld,
  decide,
  digestToHex,
  encodeEvent,
  ENGINE_VERSION,
  getWorkspace,
  graphDigest,
  treeHead,
  worldDigest,
  WORLD_FORMAT,
  type Command,
  type Digest,
  type EncodedEvent,
  type Event,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log, StoredBatch } from '../ports/log.ts';
import { decodeStored } from './history-reader.ts';
import { sha256 } from './sha256.ts';

export interface ReplayOptions {
  /** The world to go on from, as a checkpoint holds it; null begins with the first event. */
  readonly start?: World | null;
  /** Whether each event's digests are computed again, and the event decided again, and compared. */
  readonly verify: boolean;
  /** Told of each event once it is applied. */
  readonly onEvent?: (encoded: EncodedEvent, world: World) => void;
  /** Told after each batch how many events are behind. */
  readonly onProgress?: (eventCount: number) => void;
}

/**
 * Folds every durable event after those of `start`. Null if the log has none. Throws `LOG_DAMAGED` where an event can't be read or a batch's
 * tree head is not that of the history before it, `DATA_FORMAT_UNKNOWN` for a world of another version, and with `verify`
 * `REPLAY_DIVERGED` where an event is not what its place in the history makes it.
 */
export async function replay(log: Pick<Log, 'batches'>, options: ReplayOptions): Promise<World | null> {
  let world: World | null = options.start ?? null;
  const startIdx = world === null ? 0 : world.history.size;
  for await (const batch of log.batches(startIdx)) {
    checkTreeRoot(batch, world);
    for (let i = Math.max(0, startIdx - batch.firstIdx); i < batch.events.length; i++) {
      const { header, body } = batch.events[i]!;
      const encoded = decodeStored(header, body, batch.firstIdx + i);
      checkFormat(encoded.event);
      const before: World | null = world;
      world = apply(before, encoded, sha256);
      if (options.verify) verifyEvent(encoded, before, world);
      options.onEvent?.(encoded, world);
    }
    options.onProgress?.(batch.firstIdx + batch.events.length);
  }
  return world;
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

/** Compares the graphs' digests with the recorded ones, then everything else with what deciding again gives. */
function verifyEvent(encoded: EncodedEvent, before: World | null, after: World): void {
  const { event } = encoded;
  if (event.kind === 'REWRITE_APPLIED') {
    const workspace = getWorkspace(after, event.view);
    if (workspace === undefined) throw new Error(`workspace ${event.view} is gone after a rewrite`);
    const computed = graphDigest(workspace.head.graph, after.rulePackId, sha256);
    compare(event, `workspace ${event.view}`, event.viewDigest, computed);
  } else if (event.kind === 'COLLAPSE') {
    compare(event, 'System', event.systemDigest, graphDigest(after.system.graph, after.rulePackId, sha256));
  } else if (event.kind === 'CHECKPOINT' && before !== null) {
    compare(event, 'the world', event.worldDigest, worldDigest(before, sha256));
  }
  if (event.pins.engine === ENGINE_VERSION) verifyDecision(encoded, before);
}

/** An event of this very engine is, byte for byte, what deciding its command again writes. */
function verifyDecision({ event, header, body }: EncodedEvent, before: World | null): void {
  const again =
    before === null ? createWorld({ quantumMs: quantumOf(event) }, sha256).encoded : decideAgain(event, before);
  if (again.header === header && again.body === body) return;
  const detail = 'deciding the event again gives another one: its results, its pins or its body are not what they were';
  throw new Failure('REPLAY_DIVERGED', `event ${event.idx}`, detail);
}

function quantumOf(event: Event): number {
  return event.kind === 'WORLD_CREATED' ? event.quantumMs : 0;
}

/** The cause changes no outcome: it is put back as it was. */
function decideAgain(event: Event, before: World): Pick<EncodedEvent, 'header' | 'body'> {
  const command = eventToCommand(event);
  const decision = command === undefined ? undefined : decide(before, command, sha256);
  if (decision === undefined || !decision.ok || decision.repeated) {
    const detail = 'the event could not have been decided in its place';
    throw new Failure('REPLAY_DIVERGED', `event ${event.idx}`, detail);
  }
  return encodeEvent({ ...decision.encoded.event, cause: event.cause }, sha256);
}

/** What the event's command asked for; without its request id, which makes no difference to what is decided. */
function eventToCommand(event: Event): Command | undefined {
  const { principal } = event.cause;
  switch (event.kind) {
    case 'WORLD_CREATED':
      return undefined;
    case 'CHECKPOINT':
      return { type: 'recordCheckpoint', principal, requestId: null, meta: null };
    case 'SWS_CREATED':
      return { type: 'createWorkspace', principal, requestId: null, meta: event.meta };
    case 'REWRITE_APPLIED':
      return { type: 'applyRewrite', principal, requestId: null, meta: event.meta, view: event.view, ops: event.ops };
    case 'COLLAPSE': {
      const { meta, view: workspace, pins } = event;
      return { type: 'collapseWorkspace', principal, requestId: null, meta, workspace, policyId: pins.policyId };
    }
    case 'DISCARD': {
      const { meta, view: workspace, reason } = event;
      return { type: 'discardWorkspace', principal, requestId: null, meta, workspace, reason };
    }
  }
}

function compare(event: Event, view: string, recorded: Digest, computed: Digest): void {
  if (recorded === computed) return;
  const detail = `the event records ${digestToHex(recorded)} for ${view}, but the replay reaches ${digestToHex(computed)}`;
  throw new Failure('REPLAY_DIVERGED', `event ${event.idx}`, detail);
}
