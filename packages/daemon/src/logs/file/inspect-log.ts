/**
 * Looks at single things in a world's folder: headers, a segment's batches, an event's bytes. Writes nothing, needs no
 * lock, and looks past damage: what is whole is shown, and the damage beside it.
 */
import { archivedFailure, readBase } from './base-files.ts';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { Batch, StoredEvent } from '../../ports/log.ts';
import { decodeBatch } from './batch-codec.ts';
import {
  CHECKPOINT_HEADER_SIZE_BYTES,
  checkpointNameToIdx,
  decodeCheckpointHeader,
  type CheckpointHeader,
} from './checkpoint-format.ts';
import { mustHaveSegments } from './file-log.ts';
import { damageToFailure, diskFaultToFailure, type Damage } from './log-failures.ts';
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_SIZE_BYTES,
  segmentNameToFirstIdx,
  type SegmentHeader,
} from './segment-format.ts';
import { Segment, type BatchPlace } from './segment-table.ts';
import { walkSegment, type TornTail } from './walk-log.ts';

/** A file of a world, and its header; `fault` says why the header can't be read. */
export interface FileHeader<Header> {
  readonly name: string;
  readonly sizeBytes: number;
  readonly header: Header | undefined;
  readonly fault: string | undefined;
}

export interface FolderHeaders {
  /** In the order of their names, which is that of the history. */
  readonly segments: readonly FileHeader<SegmentHeader>[];
  readonly checkpoints: readonly FileHeader<CheckpointHeader>[];
}

export interface SegmentLook {
  readonly name: string;
  readonly sizeBytes: number;
  readonly header: SegmentHeader;
  /** Where the next segment begins, if there is one. */
  readonly nextFirstIdx: number | undefined;
  /** The whole ones. */
  readonly batches: readonly BatchPlace[];
  readonly damage: readonly Damage[];
  /** Bytes that no batch is in, if it is the last segment and they are not zero. */
  readonly tornTail: TornTail | undefined;
}

export interface EventLook {
  readonly segment: string;
  readonly place: BatchPlace;
  readonly batch: Batch;
  readonly event: StoredEvent;
}

/** Where a log is. */
export interface LogFolder {
  readonly disk: Disk;
  readonly folder: string;
}

/** Reads every header, and nothing else. Throws `WORLD_NOT_FOUND`, or `LOG_FAILED` when the folder can't be read. */
export async function inspectHeaders(log: LogFolder): Promise<FolderHeaders> {
  const segments: FileHeader<SegmentHeader>[] = [];
  const checkpoints: FileHeader<CheckpointHeader>[] = [];
  mustHaveSegments(log.disk, log.folder);
  for (const name of log.disk.list(log.folder).toSorted()) {
    if (segmentNameToFirstIdx(name) !== undefined) {
      const { sizeBytes, bytes } = await readHead(log, name, SEGMENT_HEADER_SIZE_BYTES);
      const header = decodeSegmentHeader(bytes);
      segments.push({ name, sizeBytes, ...('fault' in header ? unread(header.detail) : read(header)) });
    } else if (checkpointNameToIdx(name) !== undefined) {
      const { sizeBytes, bytes } = await readHead(log, name, CHECKPOINT_HEADER_SIZE_BYTES);
      const header = decodeCheckpointHeader(bytes);
      checkpoints.push({ name, sizeBytes, ...(typeof header === 'string' ? unread(header) : read(header)) });
    }
  }
  return { segments, checkpoints };
}

/**
 * Reads the segment that holds event `idx`, or would hold it next. Throws `WORLD_NOT_FOUND`, `EVENT_NOT_FOUND` before the
 * first segment, `LOG_DAMAGED` or `DATA_FORMAT_UNKNOWN` for a header that can't be read, or `LOG_FAILED`.
 */
export async function inspectSegment(log: LogFolder, idx: number): Promise<SegmentLook> {
  const { name, nextFirstIdx } = mustFindSegment(log, idx);
  const { sizeBytes, bytes } = await readHead(log, name, SEGMENT_HEADER_SIZE_BYTES);
  const header = decodeSegmentHeader(bytes);
  if ('fault' in header) {
    const reason = header.fault === 'damaged' ? 'LOG_DAMAGED' : 'DATA_FORMAT_UNKNOWN';
    throw damageToFailure(log.folder, { reason, segment: name, offset: 0, detail: header.detail });
  }
  const batches: BatchPlace[] = [];
  const damage: Damage[] = [];
  const tornTail = await withFile(log, name, (file) =>
    walkSegment(file, new Segment(name, header), nextFirstIdx, {
      onDamage: (found) => damage.push(found),
      onBatch: (place) => batches.push(place),
    }),
  );
  return { name, sizeBytes, header, nextFirstIdx, batches, damage, tornTail };
}

/**
 * Reads one event. Throws `EVENT_NOT_FOUND` past the end of the history, `LOG_DAMAGED` where its batch is lost, and what
 * `inspectSegment` throws. Costs the reading of its segment.
 */
export async function inspectEvent(log: LogFolder, idx: number): Promise<EventLook> {
  const look = await inspectSegment(log, idx);
  const place = look.batches.find(({ firstIdx, count }) => firstIdx <= idx && idx < firstIdx + count);
  if (place === undefined) throw missingEvent(log.folder, look, idx);
  const bytes = Buffer.alloc(place.sizeBytes);
  await withFile(log, look.name, (file) => file.read(bytes, place.offset));
  const batch = decodeBatch(bytes, place);
  const event = batch.events[idx - place.firstIdx];
  if (event === undefined) throw new Error(`a batch of ${place.count} events ends before its event ${idx}`);
  return { segment: look.name, place, batch, event };
}

/** Why an event is not in the segment that should hold it: lost, or not there yet. */
function missingEvent(folder: string, { header, batches, damage, nextFirstIdx }: SegmentLook, idx: number): Failure {
  const after = batches.find(({ firstIdx }) => firstIdx > idx);
  const lost = damage.findLast(({ offset }) => after === undefined || offset < after.offset);
  if (lost !== undefined && (after !== undefined || nextFirstIdx !== undefined)) return damageToFailure(folder, lost);
  const last = batches.at(-1);
  const endIdx = last === undefined ? header.firstIdx : last.firstIdx + last.count;
  return new Failure('EVENT_NOT_FOUND', `event ${idx}`, `the history has ${endIdx} events so far`);
}

function read<Header>(header: Header): { readonly header: Header; readonly fault: undefined } {
  return { header, fault: undefined };
}

function unread(fault: string): { readonly header: undefined; readonly fault: string } {
  return { header: undefined, fault };
}

interface SegmentPlace {
  readonly name: string;
  /** Where the next segment begins, if there is one. */
  readonly nextFirstIdx: number | undefined;
}

function mustFindSegment({ disk, folder }: LogFolder, idx: number): SegmentPlace {
  mustHaveSegments(disk, folder);
  const names = disk
    .list(folder)
    .filter((name) => segmentNameToFirstIdx(name) !== undefined)
    .toSorted();
  const at = names.findLastIndex((name) => (segmentNameToFirstIdx(name) ?? 0) <= idx);
  const name = names[at];
  if (name === undefined) {
    const firstIdx = segmentNameToFirstIdx(names[0] ?? '') ?? 0;
    if (readBase({ disk, folder }) !== undefined) throw archivedFailure({ disk, folder }, firstIdx, `event ${idx}`);
    throw new Failure('EVENT_NOT_FOUND', `event ${idx}`, 'its segment is missing');
  }
  const next = names[at + 1];
  return { name, nextFirstIdx: next === undefined ? undefined : segmentNameToFirstIdx(next) };
}

async function readHead(
  log: LogFolder,
  name: string,
  headSizeBytes: number,
): Promise<{ readonly sizeBytes: number; readonly bytes: Buffer }> {
  const bytes = Buffer.alloc(headSizeBytes);
  return withFile(log, name, async (file) => {
    const count = await file.read(bytes, 0);
    return { sizeBytes: file.sizeBytes(), bytes: bytes.subarray(0, count) };
  });
}

async function withFile<Result>(
  { disk, folder }: LogFolder,
  name: string,
  work: (file: DiskFile) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, name);
  try {
    const file = disk.open(path, 'read');
    try {
      return await work(file);
    } finally {
      file.close();
    }
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'reading the log');
  }
}
