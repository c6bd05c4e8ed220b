/** Walks a whole log and reports everything that is wrong with it. Changes nothing and needs no lock. */
import type { Disk } from '../../ports/disk.ts';
import { mustHaveSegments } from './file-log.ts';
import type { Damage } from './log-failures.ts';
import { diskFaultToFailure } from './log-failures.ts';
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
  return { segmentCount: segments.length, length: segments.at(-1)?.endIdx ?? 0, damageCount, tornTail };
}
