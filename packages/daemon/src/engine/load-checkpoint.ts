/**
 * Finds the newest checkpoint that is what its event says, and reads the world from it.
 *
 * A checkpoint is never needed: whatever is wrong with one is told, and the next older one is tried. What is loaded was
 * computed from the file's bytes and compared with the digest that history records, so a checkpoint that was cut short,
 * exchanged or made up does not pass.
 */
import { CanonicalError, digestToHex, worldDigest, WorldReader, type Event, type World } from '@jitos/kernel';
import { CheckpointDamage, type CheckpointReader } from '../logs/file/checkpoint-reader.ts';
import type { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { errnoOf } from '../ports/disk.ts';
import type { Log } from '../ports/log.ts';
import { readEvent } from './history-reader.ts';
import { sha256 } from './sha256.ts';

export interface LoadCheckpointOptions {
  readonly log: Pick<Log, 'batches' | 'firstIdx' | 'length'>;
  readonly checkpoints: FileCheckpoints;
  /** Those at earlier and at later events are of no interest. */
  readonly idxMin?: number;
  readonly idxMax?: number;
  /** Told of each one that is of no use, and why. */
  readonly onSkipped: (idx: number, why: string) => void;
}

/** The world before the event of the newest good checkpoint; undefined if there is none. */
export async function loadCheckpoint(options: LoadCheckpointOptions): Promise<World | undefined> {
  for (const idx of options.checkpoints.list()) {
    if (idx < (options.idxMin ?? 0) || idx > (options.idxMax ?? Infinity)) continue;
    const found = await findCheckpoint(options, idx);
    if (typeof found !== 'string') return found;
    options.onSkipped(idx, found);
  }
  return undefined;
}

/** A copy of a checkpoint that is good. */
interface GoodCopy {
  readonly world: World;
  readonly folder: string;
}

/** The world before the event of the checkpoint at `idx`, from whichever copy is good; or why none is of use. */
export async function findCheckpoint(
  options: Pick<LoadCheckpointOptions, 'log' | 'checkpoints'>,
  idx: number,
): Promise<World | string> {
  const found = await findGoodCopy(options, idx);
  return typeof found === 'string' ? found : found.world;
}

/** The first good copy of the checkpoint at `idx`; or why none is of use. Costs as much as loading it. */
export async function findGoodCopy(
  options: Pick<LoadCheckpointOptions, 'log' | 'checkpoints'>,
  idx: number,
): Promise<GoodCopy | string> {
  let why = 'it is gone';
  for (const folder of options.checkpoints.foldersOf(idx)) {
    try {
      return { world: await loadOne(options, idx, folder), folder };
    } catch (error) {
      why = whyUseless(error);
    }
  }
  return why;
}

/** Why the checkpoint at `idx` is of no use; undefined for a good one. Costs as much as loading it. */
export async function findCheckpointFault(
  options: Pick<LoadCheckpointOptions, 'log' | 'checkpoints'>,
  idx: number,
): Promise<string | undefined> {
  const found = await findCheckpoint(options, idx);
  return typeof found === 'string' ? found : undefined;
}

async function loadOne(
  { log, checkpoints }: Pick<LoadCheckpointOptions, 'log' | 'checkpoints'>,
  idx: number,
  folder: string,
): Promise<World> {
  if (idx < log.firstIdx) throw new CheckpointDamage('its event is archived');
  if (idx >= log.length) throw new CheckpointDamage(`the log ends before it, at event ${log.length}`);
  const { event } = await readEvent(log, idx);
  const reader = await checkpoints.open(idx, folder);
  try {
    checkHeader(reader, checkpoints, event);
    const world = await readWorld(reader);
    if (world.history.size !== idx) throw new CheckpointDamage(`it holds the state at event ${world.history.size}`);
    const digest = worldDigest(world, sha256);
    if (digest === reader.header.worldDigest) return world;
    throw new CheckpointDamage(
      `the world in it has digest ${digestToHex(digest)}, the history has ${digestToHex(reader.header.worldDigest)}`,
    );
  } finally {
    reader.close();
  }
}

function checkHeader({ header }: CheckpointReader, checkpoints: FileCheckpoints, event: Event): void {
  if (Buffer.compare(header.worldId, checkpoints.worldId) !== 0) {
    throw new CheckpointDamage('it belongs to another world');
  }
  if (event.kind !== 'CHECKPOINT' || event.worldDigest !== header.worldDigest) {
    throw new CheckpointDamage('the history has no such checkpoint there');
  }
}

async function readWorld(reader: CheckpointReader): Promise<World> {
  const worldReader = new WorldReader(sha256);
  for await (const records of reader.records()) for (const record of records) worldReader.take(record);
  if (worldReader.world === undefined) throw new CheckpointDamage('it ends before the world is whole');
  return worldReader.world;
}

/** A file that is bad is no reason to stop; a bug, or a history that can't be read, is. */
function whyUseless(error: unknown): string {
  if (error instanceof CheckpointDamage) return error.message;
  if (error instanceof CanonicalError) return `a record in it is not canonical: ${error.message}`;
  const errno = errnoOf(error);
  if (errno === '') throw error;
  return `the disk can't read it (${errno})`;
}
