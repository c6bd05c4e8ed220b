/** The file log's faults as `Failure`s: each a code, a place, and what to do. */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { errnoOf } from '../../ports/disk.ts';

/** A place in a log whose bytes are not what was written there. */
export interface Damage {
  readonly reason: 'LOG_DAMAGED' | 'DATA_FORMAT_UNKNOWN';
  /** Name of the segment's file. */
  readonly segment: string;
  readonly offset: number;
  readonly detail: string;
}

/** `<file>@<offset>`, the form of every place in a log. */
export function logPlace(folder: string, name: string, offset: number): string {
  return `${join(folder, name)}@${offset}`;
}

export function damageToFailure(folder: string, damage: Damage): Failure {
  const advice =
    damage.reason === 'LOG_DAMAGED'
      ? 'nothing was changed; list all damage with `npx jitosctl log check`, then mend it from a backup with `npx jitosctl log repair`'
      : 'nothing was changed; open this folder with the version of jitos that wrote it';
  return new Failure(damage.reason, logPlace(folder, damage.segment, damage.offset), `${damage.detail}; ${advice}`);
}

/** True for the faults that room on the disk, or in the quota, makes go away. */
export function isDiskFull(fault: unknown): boolean {
  const errno = errnoOf(fault);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}

/** True for the faults of a folder that may not be written to. */
function isReadOnly(fault: unknown): boolean {
  const errno = errnoOf(fault);
  return errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM';
}

/** True when the disk refused to begin, for a reason that may pass. */
export function isRefusedByDisk(fault: unknown): boolean {
  return isDiskFull(fault) || isReadOnly(fault);
}

/** The failure for a disk's fault while `doing` something at `place`; a `Failure` is passed on as it is. */
export function diskFaultToFailure(fault: unknown, place: string, doing: string): Failure {
  if (fault instanceof Failure) return fault;
  const errno = errnoOf(fault);
  const cause = { cause: fault };
  if (isDiskFull(fault)) {
    return new Failure('LOG_FULL', place, `${doing}: no room (${errno}); nothing was written; free some space`, cause);
  }
  if (isReadOnly(fault)) {
    return new Failure('LOG_READ_ONLY', place, `${doing}: not allowed (${errno}); make the folder writable`, cause);
  }
  if (errno === 'ELOOP') {
    const detail = `${doing}: a symbolic link stands in the place of a file; put the file itself there`;
    return new Failure('LOG_DAMAGED', place, detail, cause);
  }
  const what = errno === '' ? String(fault) : errno;
  return new Failure('LOG_FAILED', place, `${doing}: ${what}; check the disk, then start again`, cause);
}
