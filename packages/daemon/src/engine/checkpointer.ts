/**
 * Writes checkpoints in the background, from a world that no longer changes, while commands flow.
 *
 * - C1 Never needed: whatever goes wrong is told and leaves the world as it was; the next one is due as if this one had
 *      been written.
 * - C2 In small steps, with a turn of the event loop between two: a command waits for one step at most.
 * - C3 The digests that the `CHECKPOINT` event needs are taken in such steps too, before it is asked for; deciding it then
 *      hashes only what has changed since.
 */
import { worldDigestSteps, worldRecords, type World } from '@jitos/kernel';
import type { CheckpointWriter } from '../logs/file/checkpoint-writer.ts';
import type { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { nextTurn, type NextTurn } from '../ports/next-turn.ts';
import { sha256 } from './sha256.ts';
import type { Committed, WorldLoop } from './world-loop.ts';

/** A checkpoint is due at whichever comes first since the last one. */
export interface CheckpointCadence {
  readonly events: number;
  /** Of the events' headers and bodies. */
  readonly sizeBytes: number;
}

export const CHECKPOINT_CADENCE: CheckpointCadence = { events: 250_000, sizeBytes: 256 * 1024 * 1024 };

const KEPT_COUNT = 2;
/** Trie nodes hashed or written in one step, some ten elements each: half a millisecond or so. */
const STEP_NODES = 32;

export interface CheckpointerOptions {
  readonly loop: WorldLoop;
  readonly checkpoints: FileCheckpoints;
  readonly cadence: CheckpointCadence;
  /** What has happened since the last checkpoint, when the world was opened. */
  readonly since: CheckpointCadence;
  /** Told of a checkpoint that could not be written. */
  readonly onFailure: (error: unknown) => void;
  /** Of the event loop; its own unless given. */
  readonly nextTurn?: NextTurn;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #events: number;
  #sizeBytes: number;
  /** The state before the last `CHECKPOINT` event. */
  #recorded: World | undefined;
  #running: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#events = options.since.events;
    this.#sizeBytes = options.since.sizeBytes;
    options.loop.subscribe((committed) => this.#note(committed));
  }

  /** Resolves when no checkpoint is being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Writes one now. Throws what keeps it from being written. */
  async write(): Promise<void> {
    await this.idle();
    this.#events = 0;
    this.#sizeBytes = 0;
    const run = this.#run();
    this.#running = run.catch(() => undefined).finally(() => (this.#running = undefined));
    await run;
  }

  /** Gives up the one that is being written, if any. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.idle();
  }

  #note({ events, checkpointed }: Committed): void {
    this.#events += events.length;
    for (const { header, body } of events) this.#sizeBytes += header.length + body.length;
    if (checkpointed !== undefined) this.#recorded = checkpointed;
    const { cadence } = this.#options;
    if (this.#events < cadence.events && this.#sizeBytes < cadence.sizeBytes) return;
    if (this.#running !== undefined || this.#isClosing) return;
    this.#events = 0;
    this.#sizeBytes = 0;
    this.#running = this.#run()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    const { loop, checkpoints } = this.#options;
    if (!(await this.#inSteps(worldDigestSteps(loop.world, sha256)))) return;
    const reply = await loop.submit({
      type: 'recordCheckpoint',
      principal: 'world',
      requestId: null,
      validUntil: null,
      meta: null,
    });
    const world = this.#recorded;
    if (!('kind' in reply) || reply.kind !== 'CHECKPOINT' || world?.history.size !== reply.idx) {
      throw new Error('the loop did not record the checkpoint');
    }
    const writer = checkpoints.begin(reply.idx, reply.worldDigest);
    try {
      if (!(await this.#inSteps(worldRecords(world), (records) => addAll(writer, records)))) return writer.abandon();
      await writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
    checkpoints.keepNewest(KEPT_COUNT);
  }

  /** Runs through `steps`; false if it was told to stop before their end. */
  async #inSteps<Item>(
    steps: Generator<Item, void, undefined>,
    each: (item: Item) => Promise<void> | undefined = () => undefined,
  ): Promise<boolean> {
    let taken = 0;
    for (const item of steps) {
      const pending = each(item);
      if (pending !== undefined) await pending;
      if (++taken % STEP_NODES === 0) await this.#turn();
      if (this.#isClosing) return false;
    }
    return true;
  }

  #turn(): Promise<void> {
    const { nextTurn: turns = nextTurn } = this.#options;
    return new Promise((resolve) => turns(resolve));
  }
}

function addAll(
  writer: CheckpointWriter,
  records: readonly Parameters<CheckpointWriter['add']>[0][],
): Promise<void> | undefined {
  let last: Promise<void> | undefined;
  for (const record of records) {
    last = last === undefined ? writer.add(record) : last.then(() => writer.add(record));
  }
  return last;
}
