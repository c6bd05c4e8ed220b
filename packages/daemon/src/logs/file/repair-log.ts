/**
 * Repairs what opening a log refuses: segments that are damaged or gone, from a copy of them; and a torn tail, which
 * opening would cut as well.
 *
 * - Q1 A repair is planned without writing, and only a plan after which the log is whole is ever carried out.
 * - Q2 Before a segment is changed it is saved, whole and durable, under a name that nothing else uses.
 * - Q3 A mended segment takes its name in one step, so that a crash leaves the old one or the new one.
 * - Q4 Nothing that is whole is lost: where the copy is older than the log, what follows stays; where both are whole and
 *   differ, the copy is of another history, and refused.
 */
import { join } from 'node:path';
import type { DiskFile } from '../../ports/disk.ts';
import { endOffsetOf, mustAgree, unfit } from './copy-agreement.ts';
import { copyInto, sameBytes, withFile } from './copy-file.ts';
import { mustHaveSegments } from './file-log.ts';
import { inspectHeaders, inspectSegment, type FileHeader, type LogFolder } from './inspect-log.ts';
import { diskFaultToFailure, type Damage } from './log-failures.ts';
import { segmentNameToFirstIdx, type SegmentHeader } from './segment-format.ts';
import { SPARE_NAME } from './tail.ts';
import { walkLog, type LogWalk, type ReadableDisk, type TornTail } from './walk-log.ts';
import { eraseRange } from './zeros.ts';

/** A segment that is taken from the copy. */
export interface SegmentRepair {
  readonly segment: string;
  /** Where the copy's batches end: up to there the bytes are the copy's, behind it the log's own. */
  readonly copyEndOffset: number;
  /** Whether the log has a file of this name. */
  readonly isThere: boolean;
  /** Whether that file may be this segment, so that what the copy doesn't reach is taken from it. */
  readonly isKept: boolean;
}

export interface RepairPlan {
  readonly segments: readonly SegmentRepair[];
  /** What is cut once the segments are mended. */
  readonly tornTail: TornTail | undefined;
  /** What a repair leaves damaged: it is not carried out unless there is none. */
  readonly damage: readonly Damage[];
}

export interface RepairOptions extends LogFolder {
  /** Folder of a copy of the world, or of some of its segments; undefined: only a torn tail is repaired. */
  readonly from: string | undefined;
}

/** What a repair saved. */
export interface SavedSegment {
  readonly segment: string;
  /** Name of the file, in the same folder. */
  readonly saved: string;
}

/**
 * Finds out what a repair would do. The caller holds the folder's lock: what looks torn may else be a write on its way.
 * Throws `COPY_UNFIT` for a copy that is of another world or history, and what reading either folder throws.
 */
export async function planRepair(options: RepairOptions): Promise<RepairPlan> {
  const { disk, folder, from } = options;
  mustHaveSegments(disk, folder);
  if (from === undefined) return walkPlan(disk, folder, []);
  const copy: LogFolder = { disk, folder: from };
  const segments = await chooseSegments(options, copy);
  return walkPlan(mendedDisk(options, segments), folder, segments);
}

/** Carries out a plan without damage, under the same lock. Answers what was saved. Throws what the disk's faults make. */
export async function carryOutRepair(options: RepairOptions, plan: RepairPlan): Promise<readonly SavedSegment[]> {
  if (plan.damage.length > 0) throw new Error('a repair that leaves damage is not carried out');
  const { disk, folder } = options;
  const saved: SavedSegment[] = [];
  const save = async (segment: string): Promise<void> => {
    if (!saved.some((each) => each.segment === segment)) saved.push(await saveSegment(options, segment));
  };
  try {
    for (const repair of plan.segments) {
      if (repair.isThere) await save(repair.segment);
      await withFile(openMended(options, repair), (file) => copyInto(disk, join(folder, SPARE_NAME), file));
      disk.rename(join(folder, SPARE_NAME), join(folder, repair.segment));
      disk.syncFolder(folder);
    }
    if (plan.tornTail !== undefined) {
      const { segment, offset, sizeBytes } = plan.tornTail;
      await save(segment);
      await withFile(disk.open(join(folder, segment), 'durable'), (file) =>
        eraseRange(file, offset, offset + sizeBytes),
      );
    }
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, 'repairing the log');
  }
  return saved;
}

async function walkPlan(disk: ReadableDisk, folder: string, segments: readonly SegmentRepair[]): Promise<RepairPlan> {
  const { tornTail, damage } = await walkAll(disk, folder);
  return { segments, tornTail, damage };
}

async function walkAll(disk: ReadableDisk, folder: string): Promise<LogWalk & { readonly damage: readonly Damage[] }> {
  const damage: Damage[] = [];
  const walk = await walkLog(disk, folder, (found) => damage.push(found)).catch((fault: unknown) => {
    throw diskFaultToFailure(fault, folder, 'reading the log');
  });
  return { ...walk, damage };
}

/** The segments that the copy mends: those that are damaged, torn, foreign or gone here, and whole there. */
async function chooseSegments(own: RepairOptions, copy: LogFolder): Promise<readonly SegmentRepair[]> {
  const { damage, tornTail } = await walkAll(own.disk, own.folder);
  const suspects = new Set(damage.map(({ segment }) => segment));
  if (tornTail !== undefined) suspects.add(tornTail.segment);
  const ownHeaders = (await inspectHeaders(own)).segments;
  const lastName = ownHeaders.at(-1)?.name ?? '';
  let isKin = false;
  const repairs: SegmentRepair[] = [];
  for (const { name, header } of (await inspectHeaders(copy)).segments) {
    if (header === undefined) continue;
    const isHers = (each: FileHeader<SegmentHeader>): boolean =>
      each.header !== undefined && Buffer.compare(each.header.worldId, header.worldId) === 0;
    isKin ||= ownHeaders.some(isHers);
    const there = ownHeaders.find((each) => each.name === name);
    const isGone = there === undefined && name < lastName;
    const isForeign = there?.header !== undefined && !isHers(there);
    if (!isGone && !isForeign && !suspects.has(name)) continue;
    const repair = await planSegment(own, copy, { name, own: there, isForeign });
    if (repair !== undefined) repairs.push(repair);
  }
  if (repairs.length > 0 && !isKin && !(await sharesBytes(own, repairs))) {
    throw unfit(copy.folder, 'nothing in it shows that it is a copy of this world');
  }
  return repairs;
}

interface Suspect {
  readonly name: string;
  /** What the log has under that name. */
  readonly own: FileHeader<SegmentHeader> | undefined;
  /** Whether that is of another world. */
  readonly isForeign: boolean;
}

/** Undefined where the copy changes nothing, or is damaged itself. */
async function planSegment(own: RepairOptions, copy: LogFolder, suspect: Suspect): Promise<SegmentRepair | undefined> {
  const { name } = suspect;
  const firstIdx = segmentNameToFirstIdx(name) ?? 0;
  const look = await inspectSegment(copy, firstIdx);
  const copyEndOffset = endOffsetOf(look);
  // A copy of some segments has gaps behind them: only what is wrong before the last batch counts.
  const isWhole = look.header.firstIdx === firstIdx && look.damage.every(({ offset }) => offset >= copyEndOffset);
  if (!isWhole) return undefined;
  const repair = { segment: name, copyEndOffset, isThere: suspect.own !== undefined };
  if (suspect.own === undefined || suspect.isForeign) return { ...repair, isKept: false };
  const { header } = suspect.own;
  if (header !== undefined) {
    if (header.ordinal !== look.header.ordinal || header.firstIdx !== firstIdx) return { ...repair, isKept: false };
    await mustAgree({ ...own, look: await inspectSegment(own, firstIdx) }, { ...copy, look });
  }
  const kept = { ...repair, isKept: true };
  const isSame = await withFile(openMended(own, kept), (mended) =>
    withFile(own.disk.open(join(own.folder, name), 'read'), (file) => sameBytes(mended, file)),
  );
  return isSame ? undefined : kept;
}

/** Where no header of the log can be read, its batches must be found in the copy. */
async function sharesBytes(own: RepairOptions, repairs: readonly SegmentRepair[]): Promise<boolean> {
  for (const { segment, isThere } of repairs) {
    if (!isThere || own.from === undefined) continue;
    const { batches } = await inspectSegment({ ...own, folder: own.from }, segmentNameToFirstIdx(segment) ?? 0);
    const isShared = await withFile(own.disk.open(join(own.folder, segment), 'read'), (here) =>
      withFile(own.disk.open(join(own.from ?? '', segment), 'read'), async (there) => {
        for (const { offset, sizeBytes } of batches) {
          if (await sameBytes(here, there, { offset, end: offset + sizeBytes })) return true;
        }
        return false;
      }),
    );
    if (isShared) return true;
  }
  return false;
}

/** The disk as it will be, for reading. */
function mendedDisk(options: RepairOptions, repairs: readonly SegmentRepair[]): ReadableDisk {
  const { disk, folder } = options;
  return {
    list: (path) => [...new Set([...disk.list(path), ...repairs.map(({ segment }) => segment)])],
    open: (path, mode) => {
      const repair = repairs.find(({ segment }) => join(folder, segment) === path);
      return repair === undefined ? disk.open(path, mode) : openMended(options, repair);
    },
  };
}

/** A segment as it will be, for reading: the copy's bytes as far as its batches go, then the log's own. */
function openMended({ disk, folder, from }: RepairOptions, repair: SegmentRepair): DiskFile {
  if (from === undefined) throw new Error('a segment is mended from a copy');
  const { segment, copyEndOffset, isKept } = repair;
  const copy = disk.open(join(from, segment), 'read');
  const own = isKept ? disk.open(join(folder, segment), 'read') : undefined;
  const sizeBytes = (): number => Math.max(copyEndOffset, own?.sizeBytes() ?? 0);
  const refuse = (): never => {
    throw new Error('a mended segment is only read');
  };
  return {
    sizeBytes,
    read: async (into, offset) => {
      const wanted = Math.max(0, Math.min(into.length, sizeBytes() - offset));
      const fromCopy = Math.max(0, Math.min(wanted, copyEndOffset - offset));
      let done = fromCopy === 0 ? 0 : await copy.read(into.subarray(0, fromCopy), offset);
      if (done === fromCopy && own !== undefined) done += await own.read(into.subarray(done, wanted), offset + done);
      return done;
    },
    readSync: refuse,
    write: refuse,
    writeSync: refuse,
    sync: refuse,
    truncate: refuse,
    close: () => {
      copy.close();
      own?.close();
    },
  };
}

/** Q2. */
async function saveSegment({ disk, folder }: LogFolder, segment: string): Promise<SavedSegment> {
  const names = new Set(disk.list(folder));
  let count = 1;
  while (names.has(`${segment}.saved-${count}`)) count += 1;
  const saved = `${segment}.saved-${count}`;
  await withFile(disk.open(join(folder, segment), 'read'), (file) => copyInto(disk, join(folder, saved), file));
  disk.syncFolder(folder);
  return { segment, saved };
}
