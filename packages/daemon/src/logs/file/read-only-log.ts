/**
 * A log opened for reading alone: no lock, nothing written, whether or not a daemon is writing to it meanwhile.
 *
 * It holds the whole batches that were there when it was opened. A torn tail may be a batch that is being written.
 */
import type { Disk } from '../../ports/disk.ts';
import type { Batch } from '../../ports/log.ts';
import { mustHaveSegments } from './file-log.ts';
import { damageToFailure, diskFaultToFailure, type Damage } from './log-failures.ts';
import { readBatches } from './read-batches.ts';
import type { LogWalk, TornTail } from './walk-log.ts';
import { walkLog } from './walk-log.ts';

export interface ReadOnlyLog {
  /** As the log port's. */
  readonly firstIdx: number;
  readonly length: number;
  /** 16 bytes. */
  readonly worldId: Uint8Array;
  readonly tornTail: TornTail | undefined;
  /** As the log port's. */
  batches(fromIdx: number): AsyncIterable<Batch>;
}

export interface ReadFileLogOptions {
  readonly disk: Disk;
  readonly folder: string;
  /**
   * Segments wholly before this event are not checked now, but where they are read, and the last one always. By default
   * all are.
   */
  readonly checkFromIdx?: number;
}

/** Opens a log for reading. Throws `WORLD_NOT_FOUND`, `LOG_DAMAGED`, `DATA_FORMAT_UNKNOWN` or `LOG_FAILED`. */
export async function readFileLog({ disk, folder, checkFromIdx }: ReadFileLogOptions): Promise<ReadOnlyLog> {
  mustHaveSegments(disk, folder);
  const onDamage = (damage: Damage): never => {
    throw damageToFailure(folder, damage);
  };
  const walk = await walkLog(disk, folder, onDamage, checkFromIdx).catch((fault: unknown) => {
    throw diskFaultToFailure(fault, folder, 'reading the log');
  });
  return readOnlyLog(disk, folder, walk);
}

/** The log that a walk found, of at least one segment. */
export function readOnlyLog(disk: Disk, folder: string, { segments, tornTail }: LogWalk): ReadOnlyLog {
  const last = segments.at(-1);
  if (last === undefined) throw new Error('a log without damage has a segment');
  const length = last.endIdx;
  return {
    firstIdx: segments[0]!.header.firstIdx, // the last one is there
    length,
    worldId: last.header.worldId,
    tornTail,
    batches: (fromIdx) => readBatches(disk, folder, segments, fromIdx, length),
  };
}
