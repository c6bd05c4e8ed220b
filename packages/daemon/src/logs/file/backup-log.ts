/**
 * Copies a world's log into another folder, while a daemon may be writing to it.
 *
 * - K1 What is copied is durable: the history up to the last whole batch, synced before it is copied.
 * - K2 A segment takes its name in the copy in one step, once it is durable and was read back, every checksum of it.
 *   Whole segments that are there already, and equal, are only read.
 * - K3 Nothing is written over that may be of use: a copy of another world or history, or of more events than the log
 *   has, is refused before a segment is written, and a damaged segment never takes the place of its copy.
 * - K4 One process a copy: its lock is held, as a log's is.
 *
 * Only segments are copied, and the base of a log that lacks the first ones. All else that stands beside them is derived, or a
 * secret of its place.
 */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk } from '../../ports/disk.ts';
import { endOffsetOf, mustAgree, unfit } from './copy-agreement.ts';
import { copyBase } from './copy-base.ts';
import { copyInto, DRAFT_NAMES, overlapped, sameBytes, withFile } from './copy-file.ts';
import { lockLog, mustHaveSegments } from './file-log.ts';
import { inspectHeaders, inspectSegment, type FileHeader, type LogFolder } from './inspect-log.ts';
import { damageToFailure, diskFaultToFailure, type Damage } from './log-failures.ts';
import { segmentNameToFirstIdx, type SegmentHeader } from './segment-format.ts';
import { Segment } from './segment-table.ts';
import { SPARE_NAME } from './tail.ts';
import { walkLog, walkSegment } from './walk-log.ts';

/** A name that the log's own files never have. */
export const MANIFEST_NAME = 'backup.json';
const MANIFEST_FORMAT = 1;
const MANIFEST_SIZE_BYTES_MAX = 4096;

export interface CopyOptions {
  readonly disk: Disk;
  /** The world's folder. */
  readonly folder: string;
  /** Where the copy is, or will be. */
  readonly into: string;
  /** Told how many of the log's segments are in the copy. */
  readonly onProgress?: (segmentCount: number, total: number) => void;
}

export interface CopyReport {
  /** In hex. */
  readonly worldId: string;
  /** In the copy. */
  readonly events: number;
  readonly segments: number;
  readonly copiedSegments: number;
  readonly copiedBytes: number;
}

/** A segment of the log, and how much of it is copied. */
interface Part {
  readonly segment: Segment;
  /** Infinity for a segment that another follows: all of it. */
  readonly end: number;
}

/** Brings a backup up to the log, and has it say how far it goes. Throws what `copyLog` throws. */
export async function backupLog(options: CopyOptions): Promise<CopyReport> {
  const { disk, into } = options;
  const report = await copyLog(options);
  const { worldId, events } = report;
  await writeManifest(disk, into, { worldId, events }).catch((fault: unknown) => {
    throw diskFaultToFailure(fault, into, 'saying what the backup holds');
  });
  return report;
}

/**
 * Brings the copy up to the log. Throws `WORLD_NOT_FOUND`, `LOG_DAMAGED` for a log that is damaged, `COPY_UNFIT` (K3),
 * `LOG_LOCKED` (K4), or what the disk's faults make.
 */
export async function copyLog(options: CopyOptions): Promise<CopyReport> {
  const { disk, folder, into } = options;
  mustHaveSegments(disk, folder);
  try {
    disk.makeFolder(into);
    const lock = lockLog(disk, into);
    try {
      // First what the segments rest on: a copy that is cut off then lacks events, and nothing else.
      await copyBase(options);
      return await copyLocked(options);
    } finally {
      lock.release();
    }
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, `copying the log to ${into}`);
  }
}

async function copyLocked(options: CopyOptions): Promise<CopyReport> {
  const { disk, folder, onProgress } = options;
  const parts = await findParts({ disk, folder });
  const due = await chooseDue(options, parts);
  let copiedBytes = 0;
  await overlapped(
    due,
    async (part, i) => {
      onProgress?.(parts.length - due.length + i, parts.length);
      return await copyDraft(options, part, DRAFT_NAMES[i % 2]!);
    },
    async ({ part, draft, sizeBytes }) => {
      await publishDraft(options, part, draft);
      copiedBytes += sizeBytes;
    },
  );
  const { segment } = parts.at(-1)!; // a log without damage has a segment
  return {
    worldId: Buffer.from(segment.header.worldId).toString('hex'),
    events: segment.endIdx,
    segments: parts.length,
    copiedSegments: due.length,
    copiedBytes,
  };
}

/** K1. The finished segments are believed here: their copies are checked. */
async function findParts({ disk, folder }: LogFolder): Promise<readonly Part[]> {
  const { segments } = await walkLog(disk, folder, failAt(folder), Infinity);
  const last = segments.at(-1);
  if (last === undefined) throw new Error('a log without damage has a segment');
  await withFile(disk.open(join(folder, last.name), 'read'), (file) => file.sync());
  return segments.map((segment) => ({ segment, end: segment === last ? segment.endOffset : Infinity }));
}

function failAt(folder: string): (damage: Damage) => never {
  return (damage) => {
    throw damageToFailure(folder, damage);
  };
}

interface Draft {
  readonly part: Part;
  readonly draft: string;
  readonly sizeBytes: number;
}

async function copyDraft({ disk, folder, into }: CopyOptions, part: Part, draft: string): Promise<Draft> {
  const { segment, end } = part;
  const path = join(into, draft);
  const sizeBytes = await withFile(disk.open(join(folder, segment.name), 'read'), (file) =>
    copyInto(disk, path, file, { end }),
  );
  return { part, draft, sizeBytes };
}

/** K2. */
async function publishDraft({ disk, folder, into }: CopyOptions, { segment }: Part, draft: string): Promise<void> {
  const { name, header, endIdx } = segment;
  const copied = new Segment(name, header);
  const path = join(into, draft);
  await withFile(disk.open(path, 'read'), (file) => walkSegment(file, copied, endIdx, { onDamage: failAt(folder) }));
  takeName(disk, into, name, draft);
}

/** The segments that the copy lacks, or has otherwise. */
async function chooseDue(options: CopyOptions, parts: readonly Part[]): Promise<readonly Part[]> {
  const { disk, folder, into } = options;
  const copied = await headersOf({ disk, folder: into });
  const first = parts[0]!.segment; // a log has a segment
  const archived = copied.filter(({ name }) => name < first.name);
  const stranger = copied.find(({ name }) => name >= first.name && !parts.some(({ segment }) => segment.name === name));
  if (stranger !== undefined) throw unfit(join(into, stranger.name), 'the log has no such segment');
  // Segments that were archived since stay in the copy, which must have them all then, or none.
  const foreign = archived.find(
    ({ header }) => header?.worldId === undefined || Buffer.compare(header.worldId, first.header.worldId) !== 0,
  );
  if (foreign !== undefined)
    throw unfit(join(into, foreign.name), 'it is of another world, or its header can not be read');
  if (archived.length > 0 && archived.length !== first.header.ordinal) {
    const detail = `it lacks some of the ${first.header.ordinal} segments that were archived since it was made`;
    throw unfit(into, `${detail}: copy those from the archive, or begin a new backup`);
  }
  const due: Part[] = [];
  for (const part of parts) {
    const there = copied.find(({ name }) => name === part.segment.name);
    if (there !== undefined && (await isCopied(options, part))) continue;
    if (there !== undefined) await mustBeOlder({ disk, folder }, { disk, folder: into }, there);
    due.push(part);
  }
  return due;
}

async function headersOf(copy: LogFolder): Promise<readonly FileHeader<SegmentHeader>[]> {
  const isEmpty = !copy.disk.list(copy.folder).some((name) => segmentNameToFirstIdx(name) !== undefined);
  return isEmpty ? [] : (await inspectHeaders(copy)).segments;
}

async function isCopied({ disk, folder, into }: CopyOptions, { segment: { name }, end }: Part): Promise<boolean> {
  return withFile(disk.open(join(folder, name), 'read'), (here) =>
    withFile(disk.open(join(into, name), 'read'), async (there) => {
      return there.sizeBytes() === Math.min(end, here.sizeBytes()) && (await sameBytes(here, there, { end }));
    }),
  );
}

/** K3. A copy whose header can't be read is of no use to anyone. */
async function mustBeOlder(own: LogFolder, copy: LogFolder, there: FileHeader<SegmentHeader>): Promise<void> {
  if (there.header === undefined) return;
  const path = join(copy.folder, there.name);
  const look = await inspectSegment(own, there.header.firstIdx);
  const copyLook = await inspectSegment(copy, there.header.firstIdx);
  if (look.name !== there.name || Buffer.compare(look.header.worldId, there.header.worldId) !== 0) {
    throw unfit(path, 'it is of another world');
  }
  await mustAgree({ ...own, look }, { ...copy, look: copyLook });
  if (endOffsetOf(copyLook) > endOffsetOf(look)) throw unfit(path, 'it holds more events than the log');
}

/** What a backup says of itself: segments that are missing at its end would leave a shorter log that is whole. */
export interface Manifest {
  /** In hex. */
  readonly worldId: string;
  /** The backup has as many, or more if it was cut off before it could say so. */
  readonly events: number;
}

async function writeManifest(disk: Disk, folder: string, { worldId, events }: Manifest): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify({ format: MANIFEST_FORMAT, worldId, events })}\n`);
  const read = (into: Uint8Array, offset: number): Promise<number> => {
    return Promise.resolve(bytes.copy(into, 0, offset));
  };
  await copyInto(disk, join(folder, SPARE_NAME), { read });
  takeName(disk, folder, MANIFEST_NAME);
}

/** What a backup's folder says of itself. Throws `COPY_UNFIT` where there is nothing readable. */
export async function readManifest({ disk, folder }: LogFolder): Promise<Manifest> {
  const path = join(folder, MANIFEST_NAME);
  try {
    const bytes = Buffer.alloc(MANIFEST_SIZE_BYTES_MAX);
    const count = await withFile(disk.open(path, 'read'), (file) => file.read(bytes, 0));
    const said: unknown = JSON.parse(bytes.toString('utf8', 0, count));
    if (isManifest(said)) return said;
  } catch (fault) {
    throw new Failure('COPY_UNFIT', path, 'this is no backup: what it says of itself can not be read', {
      cause: fault,
    });
  }
  throw unfit(path, 'the backup was written by another version');
}

function isManifest(said: unknown): said is Manifest {
  if (typeof said !== 'object' || said === null) return false;
  if (!('format' in said && 'worldId' in said && 'events' in said)) return false;
  return said.format === MANIFEST_FORMAT && typeof said.worldId === 'string' && Number.isSafeInteger(said.events);
}

function takeName(disk: Disk, folder: string, name: string, draft: string = SPARE_NAME): void {
  disk.rename(join(folder, draft), join(folder, name));
  disk.syncFolder(folder);
}
