/**
 * An archive: segments that were moved out of a world's folder, and what they are held to when they come back.
 *
 *     <archive>/<idx>.log         byte for byte as they were
 *     <archive>/archive.json      {"format", "worldId", "segments": [{"name", "firstIdx", "endIdx", "sizeBytes", "digest"}], "check"}
 *
 * - A1 A segment takes its name once it lasts, and was read back, every checksum in it. Its digest is that of what was written;
 *      what comes back is held to it.
 * - A2 Nothing in the archive is written over: a folder that holds something else is refused before anything is copied.
 * - A3 One process a folder: its lock is held, as a log's is.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk } from '../../ports/disk.ts';
import { isCount, isNamedDigest, isWorldId, manifestText, parseManifest, type NamedDigest } from './canonical-json.ts';
import { copyInto, digestOf, DRAFT_NAMES, overlapped, withFile } from './copy-file.ts';
import { lockLog } from './file-log.ts';
import { inspectHeaders, type LogFolder } from './inspect-log.ts';
import { damageToFailure, type Damage } from './log-failures.ts';
import { segmentNameToFirstIdx } from './segment-format.ts';
import { Segment } from './segment-table.ts';
import { SPARE_NAME } from './tail.ts';
import { walkSegment } from './walk-log.ts';

export const ARCHIVE_MANIFEST_NAME = 'archive.json';
const FORMAT = 'jitos-archive/1';
const MANIFEST_SIZE_BYTES_MAX = 64 * 1_048_576;

export interface ArchivedSegment {
  readonly name: string;
  readonly firstIdx: number;
  /** One past its last event. */
  readonly endIdx: number;
  readonly sizeBytes: number;
  readonly digest: NamedDigest;
}

export interface ArchiveManifest {
  /** In hex. */
  readonly worldId: string;
  /** By their first events. */
  readonly segments: readonly ArchivedSegment[];
}

export interface ArchiveSegmentsOptions {
  readonly disk: Disk;
  /** The world's folder. */
  readonly folder: string;
  /** Absolute; made if need be. */
  readonly archive: string;
  /** Oldest first, without the last of the log. */
  readonly segments: readonly Segment[];
  /** In hex. */
  readonly worldId: string;
  /** Once it is sure that the archive is this world's: what has to be there before its segments are. */
  readonly beforeCopying: () => Promise<void>;
  readonly onProgress: (done: number, total: number) => void;
}

/** Copies the segments into the archive, and has it say so. Throws `COPY_UNFIT` (A2), `LOG_LOCKED`, `LOG_DAMAGED`. */
export async function archiveSegments(options: ArchiveSegmentsOptions): Promise<readonly ArchivedSegment[]> {
  const { disk, archive, segments, worldId, onProgress } = options;
  disk.makeFolder(archive);
  const lock = lockLog(disk, archive);
  try {
    const before = readArchive({ disk, folder: archive });
    if (before !== undefined && before.worldId !== worldId) {
      throw new Failure('COPY_UNFIT', archive, `the folder is the archive of the world ${before.worldId}`);
    }
    await mustBeOfWorld({ disk, folder: archive }, worldId);
    await options.beforeCopying();
    const archived: ArchivedSegment[] = [];
    await overlapped(
      segments,
      async (segment, i) => {
        onProgress(i, segments.length);
        return await copySegment(options, segment, DRAFT_NAMES[i % 2]!);
      },
      async (copy) => {
        archived.push(await publishSegment(options, copy));
      },
    );
    const names = new Set(archived.map(({ name }) => name));
    const kept = before?.segments.filter(({ name }) => !names.has(name)) ?? [];
    const all = [...kept, ...archived].toSorted((a, b) => a.firstIdx - b.firstIdx);
    await writeArchive(disk, archive, { worldId, segments: all });
    return archived;
  } finally {
    lock.release();
  }
}

/** A2. An archiving that was cut off has left segments that no manifest names. */
async function mustBeOfWorld({ disk, folder }: LogFolder, worldId: string): Promise<void> {
  if (!disk.list(folder).some((name) => segmentNameToFirstIdx(name) !== undefined)) return;
  for (const { name, header } of (await inspectHeaders({ disk, folder })).segments) {
    if (header !== undefined && Buffer.from(header.worldId).toString('hex') === worldId) continue;
    throw new Failure('COPY_UNFIT', join(folder, name), 'it is of another world, or its header can not be read');
  }
}

interface SegmentCopy {
  readonly segment: Segment;
  /** The file's name: the segment's own if the archive has it already. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly digest: NamedDigest;
}

async function copySegment(
  { disk, folder, archive }: ArchiveSegmentsOptions,
  segment: Segment,
  draft: string,
): Promise<SegmentCopy> {
  const { name } = segment;
  const source = join(folder, name);
  if (!disk.list(archive).includes(name)) {
    const hash = createHash('sha256');
    const sizeBytes = await withFile(disk.open(source, 'read'), (file) =>
      copyInto(disk, join(archive, draft), file, { onBytes: (bytes) => hash.update(bytes) }),
    );
    return { segment, file: draft, sizeBytes, digest: `sha256:${hash.digest('hex')}` };
  }
  // Whoever has put it there may not have made it last.
  await withFile(disk.open(join(archive, name), 'write'), (file) => file.sync());
  const digest = await digestOf(disk, source);
  if ((await digestOf(disk, join(archive, name))) !== digest) {
    throw new Failure('COPY_UNFIT', join(archive, name), 'the archive holds another segment under this name');
  }
  const sizeBytes = await withFile(disk.open(source, 'read'), (file) => Promise.resolve(file.sizeBytes()));
  return { segment, file: name, sizeBytes, digest };
}

/** A1. */
async function publishSegment(
  { disk, archive }: ArchiveSegmentsOptions,
  { segment, file: fileName, sizeBytes, digest }: SegmentCopy,
): Promise<ArchivedSegment> {
  const { name, header, endIdx } = segment;
  const onDamage = (damage: Damage): never => {
    throw damageToFailure(archive, damage);
  };
  await withFile(disk.open(join(archive, fileName), 'read'), (file) =>
    walkSegment(file, new Segment(name, header), endIdx, { onDamage }),
  );
  if (fileName !== name) {
    disk.rename(join(archive, fileName), join(archive, name));
    disk.syncFolder(archive);
  }
  return { name, firstIdx: header.firstIdx, endIdx, sizeBytes, digest };
}

interface CopyBackParts {
  readonly disk: Disk;
  readonly archive: string;
  readonly into: string;
  readonly segment: ArchivedSegment;
}

/** The copy is held to the manifest. */
async function copyBack({ disk, archive, into, segment: { name, digest } }: CopyBackParts): Promise<void> {
  const source = join(archive, name);
  const draft = join(into, SPARE_NAME);
  await withFile(disk.open(source, 'read'), (file) => copyInto(disk, draft, file));
  if ((await digestOf(disk, draft)) !== digest) {
    throw new Failure('LOG_DAMAGED', source, 'the segment is not what its manifest says; bring it back from a copy');
  }
  disk.rename(draft, join(into, name));
  disk.syncFolder(into);
}

/** What an archive says of itself; undefined where there is none. Throws `COPY_UNFIT` for one that can't be read. */
export function readArchive({
  disk,
  folder,
}: {
  readonly disk: Disk;
  readonly folder: string;
}): ArchiveManifest | undefined {
  if (!disk.list(folder).includes(ARCHIVE_MANIFEST_NAME)) return undefined;
  const path = join(folder, ARCHIVE_MANIFEST_NAME);
  const file = disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(Math.min(file.sizeBytes(), MANIFEST_SIZE_BYTES_MAX));
    const said = parseManifest(bytes.toString('utf8', 0, file.readSync(bytes, 0)));
    if (isArchiveManifest(said)) return said;
  } finally {
    file.close();
  }
  throw new Failure(
    'COPY_UNFIT',
    path,
    'what the archive says of itself can not be read; bring the file back from a copy',
  );
}

/** Anybody can write a manifest: nothing in it is taken for a file's name, or for a number, before it is one. */
function isArchiveManifest(said: unknown): said is ArchiveManifest {
  const { format, worldId, segments } = (said ?? {}) as Readonly<Record<string, unknown>>; // of which nothing is believed yet
  return format === FORMAT && isWorldId(worldId) && Array.isArray(segments) && segments.every(isArchivedSegment);
}

function isArchivedSegment(said: unknown): said is ArchivedSegment {
  const { name, firstIdx, endIdx, sizeBytes, digest } = (said ?? {}) as Readonly<Record<string, unknown>>; // likewise
  const isNamed = typeof name === 'string' && isCount(firstIdx) && segmentNameToFirstIdx(name) === firstIdx;
  return isNamed && isCount(endIdx) && endIdx > firstIdx && isCount(sizeBytes) && isNamedDigest(digest);
}

async function writeArchive(disk: Disk, folder: string, archive: ArchiveManifest): Promise<void> {
  const bytes = Buffer.from(manifestText({ format: FORMAT, ...archive }));
  const draft = join(folder, `${ARCHIVE_MANIFEST_NAME}.tmp`);
  await copyInto(disk, draft, { read: (block, offset) => Promise.resolve(bytes.copy(block, 0, offset)) });
  disk.rename(draft, join(folder, ARCHIVE_MANIFEST_NAME));
  disk.syncFolder(folder);
}

export interface BringBackOptions {
  readonly disk: Disk;
  /** The world's folder, whose lock is held. */
  readonly folder: string;
  readonly archive: string;
  /** In hex. */
  readonly worldId: string;
  /** The first event that is there. */
  readonly firstIdx: number;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Copies archived segments back, the newest first, so that those in the folder always follow each other. Answers them, the
 * oldest first. Throws `COPY_UNFIT` for an archive of another world, or one that lacks what comes right before.
 */
export async function bringBackSegments(options: BringBackOptions): Promise<readonly ArchivedSegment[]> {
  const { disk, folder, archive, worldId, onProgress } = options;
  const manifest = readArchive({ disk, folder: archive });
  if (manifest === undefined)
    throw new Failure('COPY_UNFIT', archive, 'the folder is no archive: it has no archive.json');
  if (manifest.worldId !== worldId) {
    throw new Failure('COPY_UNFIT', archive, `the folder is the archive of the world ${manifest.worldId}`);
  }
  const due = manifest.segments.filter(({ endIdx }) => endIdx <= options.firstIdx);
  let { firstIdx } = options;
  for (const [i, segment] of due.toReversed().entries()) {
    onProgress(i, due.length);
    if (segment.endIdx !== firstIdx) {
      const detail = `it holds no segment that ends right before event ${firstIdx}; bring those back from their archive first`;
      throw new Failure('COPY_UNFIT', archive, detail);
    }
    await copyBack({ disk, archive, into: folder, segment });
    firstIdx = segment.firstIdx;
  }
  return due;
}
