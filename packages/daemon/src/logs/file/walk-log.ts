/**
 * Reads a whole log and tells whole batches, a torn tail and damage apart. Writes nothing.
 *
 * - W1 Every segment carries the same world, the next ordinal, and begins where the one before it ends.
 * - W2 Bytes after the last whole batch are a torn tail only when nothing valid follows them: no batch of a higher
 *   idx later in the segment, and no later segment. Everything else that is wrong is damage.
 * - W3 After damage the walk goes on at the next thing that is whole, so that one walk finds all of it.
 */
import { join } from 'node:path';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { BATCH_HEADER_SIZE_BYTES } from '../../ports/log.ts';
import { readBase, type BaseManifest } from './base-files.ts';
import { BatchCursor } from './batch-cursor.ts';
import { decodeBatchHead, findBatchFault } from './batch-codec.ts';
import type { Damage } from './log-failures.ts';
import type { SegmentHeader } from './segment-format.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_SIZE_BYTES, segmentNameToFirstIdx } from './segment-format.ts';
import type { BatchPlace } from './segment-table.ts';
import { Segment } from './segment-table.ts';

/** Bytes after the last whole batch of a log: a write that a crash cut short, never acknowledged. */
export interface TornTail {
  /** Name of the segment's file. */
  readonly segment: string;
  readonly offset: number;
  /** Up to the last byte that is not zero. */
  readonly sizeBytes: number;
  /** Number of events before it, all of them whole. */
  readonly firstIdx: number;
  readonly detail: string;
}

/** What a walk needs of a disk. */
export type ReadableDisk = Pick<Disk, 'list' | 'open'>;

export interface LogWalk {
  /** Those with a readable header, in order. */
  readonly segments: readonly Segment[];
  readonly tornTail: TornTail | undefined;
}

/**
 * Walks the log in `folder` from the segment that holds event `fromIdx` on; of those before it only the headers are read,
 * and whoever reads their batches checks them. `onDamage` may throw, which ends the walk.
 */
export async function walkLog(
  disk: ReadableDisk,
  folder: string,
  onDamage: (damage: Damage) => void,
  fromIdx = 0,
): Promise<LogWalk> {
  const names = disk
    .list(folder)
    .filter((name) => segmentNameToFirstIdx(name) !== undefined)
    .sort();
  const segments: Segment[] = [];
  let tornTail: TornTail | undefined;
  const base = readBase({ disk, folder });
  let ordinalDue = firstOrdinal(disk, folder, names[0], base);
  for (const [i, name] of names.entries()) {
    const file = disk.open(join(folder, name), 'read');
    let segment: Segment | undefined;
    try {
      const header = await readHeader(file, name, ordinalDue, segments[0]?.header, onDamage);
      ordinalDue = (header?.ordinal ?? ordinalDue) + 1;
      if (header === undefined) continue;
      const nextName = names[i + 1];
      const dueIdx = nextName === undefined ? undefined : segmentNameToFirstIdx(nextName);
      if (dueIdx !== undefined && dueIdx <= fromIdx) {
        segments.push(new Segment(name, header, dueIdx));
        continue;
      }
      segment = new Segment(name, header);
      segments.push(segment);
      tornTail = await walkSegment(file, segment, dueIdx, { onDamage });
    } catch (fault) {
      if (errnoOf(fault) !== 'EIO') throw fault;
      const offset = segment?.endOffset ?? 0;
      onDamage({ reason: 'LOG_DAMAGED', segment: name, offset, detail: 'the disk cannot read this (EIO)' });
    } finally {
      file.close();
    }
  }
  return { segments, tornTail };
}

/** Which segment is due first: of an archived history a later one may be, up to the first that was left. */
function firstOrdinal(
  disk: ReadableDisk,
  folder: string,
  name: string | undefined,
  base: BaseManifest | undefined,
): number {
  const firstIdx = segmentNameToFirstIdx(name ?? '') ?? 0;
  if (base === undefined || name === undefined || firstIdx === 0 || firstIdx > base.archivedEvents) return 0;
  if (firstIdx === base.archivedEvents) return base.archivedSegments;
  const file = disk.open(join(folder, name), 'read');
  try {
    const bytes = Buffer.alloc(SEGMENT_HEADER_SIZE_BYTES);
    const header = decodeSegmentHeader(bytes.subarray(0, file.readSync(bytes, 0)));
    return 'fault' in header ? 0 : Math.min(header.ordinal, base.archivedSegments);
  } finally {
    file.close();
  }
}

/** Reads and checks a segment's header; undefined when it can't be used, after telling `onDamage`. */
async function readHeader(
  file: DiskFile,
  name: string,
  ordinalDue: number,
  first: SegmentHeader | undefined,
  onDamage: (damage: Damage) => void,
): Promise<SegmentHeader | undefined> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_SIZE_BYTES);
  const read = await file.read(bytes, 0);
  const header = decodeSegmentHeader(bytes.subarray(0, read));
  const tell = (detail: string): void => onDamage({ reason: 'LOG_DAMAGED', segment: name, offset: 0, detail });
  if ('fault' in header) {
    if (header.fault === 'damaged') tell(header.detail);
    else onDamage({ reason: 'DATA_FORMAT_UNKNOWN', segment: name, offset: 0, detail: header.detail });
    return undefined;
  }
  if (first !== undefined && Buffer.compare(first.worldId, header.worldId) !== 0) {
    tell('the segment belongs to another world');
    return undefined;
  }
  if (header.firstIdx !== segmentNameToFirstIdx(name)) {
    tell(`the file's name is not that of a segment which begins at idx ${header.firstIdx}`);
    return undefined;
  }
  if (header.ordinal !== ordinalDue) {
    tell(
      `this is segment ${header.ordinal} of the log where segment ${ordinalDue} is due: a file is missing or too many`,
    );
  }
  return header;
}

/** Who is told what a walk through a segment comes by. */
export interface SegmentVisitor {
  readonly onDamage: (damage: Damage) => void;
  /** Told of each whole batch, in order. */
  readonly onBatch?: (place: BatchPlace) => void;
}

/**
 * Walks the batches of a segment, of which none are known yet; `dueIdx` is where the next segment begins, if there is
 * one.
 */
export async function walkSegment(
  file: DiskFile,
  segment: Segment,
  dueIdx: number | undefined,
  { onDamage, onBatch }: SegmentVisitor,
): Promise<TornTail | undefined> {
  const mark = segment.header.batchMark;
  const tell = (offset: number, detail: string): void =>
    onDamage({ reason: 'LOG_DAMAGED', segment: segment.name, offset, detail });
  let cursor = new BatchCursor(file, mark, segment.seek(segment.header.firstIdx));
  for (;;) {
    const step = await cursor.next();
    if (step.kind === 'batch') {
      segment.addBatch(step.place);
      onBatch?.(step.place);
      continue;
    }
    const { endIdx } = segment;
    if (endIdx === dueIdx) return undefined;
    const detail = step.kind === 'fault' ? step.detail : 'no batch begins here';
    const { later, dirtyEndOffset } = await scanRest(file, mark, step.offset, endIdx);
    if (later === undefined) {
      const sizeBytes = dirtyEndOffset - step.offset;
      if (dueIdx !== undefined) tell(step.offset, `${detail}; the next segment begins at idx ${dueIdx}, not ${endIdx}`);
      else if (sizeBytes > 0)
        return { segment: segment.name, offset: step.offset, sizeBytes, firstIdx: endIdx, detail };
      return undefined;
    }
    const again = await cursor.next(); // a live writer may have finished this batch before the later one
    if (again.kind === 'batch') {
      segment.addBatch(again.place);
      onBatch?.(again.place);
      continue;
    }
    tell(
      step.offset,
      `${detail}; events ${endIdx} to ${later.firstIdx - 1} are lost, whole ones follow at ${later.offset}`,
    );
    cursor = new BatchCursor(file, mark, later);
  }
}

const SCAN_BLOCK_SIZE_BYTES = 1024 * 1024;
const ZEROS: Buffer = Buffer.alloc(SCAN_BLOCK_SIZE_BYTES);

interface Rest {
  /** The first whole batch with an idx above the one that was due. */
  readonly later: BatchPlace | undefined;
  /** After the last byte that is not zero; where the scan began when all are. */
  readonly dirtyEndOffset: number;
}

/** Searches the bytes from `offset` to the end of a segment for anything but zeros, and for a later batch. */
async function scanRest(file: DiskFile, mark: number, offset: number, nextIdx: number): Promise<Rest> {
  const markBytes = Buffer.alloc(4);
  markBytes.writeUInt32LE(mark);
  const block = Buffer.allocUnsafeSlow(SCAN_BLOCK_SIZE_BYTES);
  let dirtyEndOffset = offset;
  const stepBytes = SCAN_BLOCK_SIZE_BYTES - (markBytes.length - 1); // a mark across two blocks is whole in the second
  for (let at = offset; ; at += stepBytes) {
    const read = await file.read(block, at);
    const bytes = block.subarray(0, read);
    if (!bytes.equals(ZEROS.subarray(0, read))) {
      dirtyEndOffset = at + bytes.findLastIndex((byte) => byte !== 0) + 1;
      for (let hit = bytes.indexOf(markBytes); hit >= 0; hit = bytes.indexOf(markBytes, hit + 1)) {
        const later = await readBatchPlace(file, mark, at + hit);
        if (later !== undefined && later.firstIdx > nextIdx) return { later, dirtyEndOffset };
      }
    }
    if (read < SCAN_BLOCK_SIZE_BYTES) return { later: undefined, dirtyEndOffset };
  }
}

/** The place of a whole batch that begins at `offset`, if one does. */
async function readBatchPlace(file: DiskFile, mark: number, offset: number): Promise<BatchPlace | undefined> {
  const headBytes = Buffer.alloc(BATCH_HEADER_SIZE_BYTES);
  if ((await file.read(headBytes, offset)) < headBytes.length) return undefined;
  const head = decodeBatchHead(headBytes, mark);
  if (typeof head === 'string' || offset + head.sizeBytes > file.sizeBytes()) return undefined;
  const bytes = Buffer.allocUnsafeSlow(head.sizeBytes);
  if ((await file.read(bytes, offset)) < bytes.length) return undefined;
  return findBatchFault(bytes, head) === undefined ? { offset, ...head } : undefined;
}
