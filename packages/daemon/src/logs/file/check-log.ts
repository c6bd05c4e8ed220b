/** Walks a whole log and reports everything that is wrong with it. Changes nothing and needs no lock. */
import type { Disk } from '../../ports/disk.ts';
import { mustHaveSegments } from './file-log.ts';
import type { Damage } from './log-failures.ts';
import { diskFaultToFailure } from './log-failures.ts';
import { readOnlyLog, type ReadOnlyLog } from './read-only-log.ts';
import { checkRun } from './rewrite-run.ts';
import { parseRunName, type RunName } from './rewrite-run-format.ts';
import type { TornTail } from './walk-log.ts';
import { walkLog } from './walk-log.ts';

export interface LogCheck {
  /** Segments with a readable header. */
  readonly segmentCount: number;
  /** Up to the end of the last whole batch, lost ones included. */
  readonly length: number;
  /** Number of damaged places; each was told to `onDamage`. */
  readonly damageCount: number;
  /** Not damage: the next open for writing cuts it. While a daemon runs it may be a batch on its way. */
  readonly tornTail: TornTail | undefined;
  /** To read what is whole; undefined when no segment's header could be read. Reading over damage throws. */
  readonly log: ReadOnlyLog | undefined;
}

/** A file that follows from the log, and is made again where it is missing. */
export interface DerivedFile {
  readonly file: string;
  /** What is wrong with it; undefined when it is as it was written. */
  readonly fault: string | undefined;
  /** Whether the next opening finds that out, and makes it again; otherwise `fault` says what to do. */
  readonly isRemade: boolean;
}

/** Throws `WORLD_NOT_FOUND`, or `LOG_FAILED` when the folder can't be read; damage it only reports. */
export async function checkLog(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly onDamage: (damage: Damage) => void;
}): Promise<LogCheck> {
  const { disk, folder, onDamage } = options;
  mustHaveSegments(disk, folder);
  let damageCount = 0;
  const { segments, tornTail } = await walkLog(disk, folder, (damage) => {
    damageCount++;
    onDamage(damage);
  }).catch((fault: unknown) => {
    throw diskFaultToFailure(fault, folder, 'checking the log');
  });
  const log = segments.length === 0 ? undefined : readOnlyLog(disk, folder, { segments, tornTail });
  return { segmentCount: segments.length, length: log?.length ?? 0, damageCount, tornTail, log };
}

/** Looks at the files that are derived from a log, as far as they are there and stay. Throws `LOG_FAILED`. */
export function checkDerivedFiles(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly log: Pick<ReadOnlyLog, 'worldId'>;
}): readonly DerivedFile[] {
  const { disk, folder, log } = options;
  try {
    return disk.list(folder).flatMap((file) => {
      const name = parseRunName(file);
      return name === undefined ? [] : lookAtRun(disk, folder, name, log.worldId);
    });
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, 'checking the rewrite index');
  }
}

/** Nothing is said of a run that a running daemon has merged meanwhile, and removed. */
function lookAtRun(disk: Disk, folder: string, name: RunName, worldId: Uint8Array): readonly DerivedFile[] {
  const file = name.name;
  try {
    const found = checkRun({ disk, folder, name, worldId });
    return found.fault === undefined || disk.list(folder).includes(file) ? [{ file, ...found }] : [];
  } catch (fault) {
    if (!disk.list(folder).includes(file)) return [];
    throw fault;
  }
}
