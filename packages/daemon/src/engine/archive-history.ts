/**
 * Archiving: the segments before a checkpoint go to another folder, while the world is served.
 *
 * - A1 A base is written of what was verified: a checkpoint whose event stays and is proved under a signed tree head, twice,
 *      with the digests of the hashes of what is archived (`base-files.ts`). Its checkpoint is stored first, for those of the
 *      world come and go while segments are copied; what it says comes last, and is true then.
 * - A2 A segment is removed only when its copy lasts and was read back, and the base lasts: cut off anywhere, every segment is
 *      in at least one place, and the world starts.
 * - A3 The oldest goes first, so those that are left follow each other.
 */
import { join, relative, resolve, sep } from 'node:path';
import { proofText } from '@jitos/kernel/verify';
import { Failure } from '../errors/failure.ts';
import { archiveSegments } from '../logs/file/archive-segments.ts';
import { storeBaseCheckpoint, writeBase, type BaseManifest, type FixedBytes } from '../logs/file/base-files.ts';
import { checkpointName } from '../logs/file/checkpoint-format.ts';
import { findKeptFault } from '../logs/file/check-tree.ts';
import { digestOf } from '../logs/file/copy-file.ts';
import type { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import type { FileLog } from '../logs/file/file-log.ts';
import { diskFaultToFailure } from '../logs/file/log-failures.ts';
import type { Segment } from '../logs/file/segment-table.ts';
import { keptRanges } from '../logs/file/tree-file.ts';
import type { Disk } from '../ports/disk.ts';
import { findGoodCopy } from './load-checkpoint.ts';
import type { OpenWorld } from './open-world.ts';
import { sha256 } from './sha256.ts';

export interface ArchiveRequest {
  /** Absolute; outside of the world's folder. */
  readonly to: string;
  /** Only segments that end before this event; null: as many as may go. */
  readonly before: number | null;
}

export interface ArchiveParts {
  readonly disk: Disk;
  /** The world's. */
  readonly folder: string;
  readonly log: FileLog;
  readonly checkpoints: FileCheckpoints;
  readonly world: Pick<OpenWorld, 'proofs' | 'keys' | 'hashes' | 'checkpointer'>;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ArchiveReport {
  readonly archive: string;
  /** Moved now. */
  readonly segments: number;
  readonly sizeBytes: number;
  /** The first event that the world still has. */
  readonly firstIdx: number;
  /** Of which event the base is; null where nothing is archived. */
  readonly baseIdx: number | null;
}

/** Throws `USAGE`, `COPY_UNFIT`, `LOG_DAMAGED`, or what the disk's faults make. Nothing is lost whatever it throws. */
export async function archiveHistory(parts: ArchiveParts, request: ArchiveRequest): Promise<ArchiveReport> {
  const { disk, folder, log } = parts;
  const to = resolve(request.to);
  if (isWithin(folder, to) || isWithin(to, folder)) {
    throw new Failure('USAGE', 'to', `an archive may not share a folder with its world: ${to}`);
  }
  const due = dueSegments(log.segments, request.before ?? Infinity);
  const last = due.at(-1);
  const report = { archive: to, segments: 0, sizeBytes: 0, firstIdx: log.firstIdx, baseIdx: null };
  if (last === undefined) return report;
  try {
    await parts.world.keys.settle();
    const chosen = await findBaseCheckpoint(parts, last.endIdx);
    const base = await makeBase(parts, { to, chosen, last });
    const worldId = base.worldId;
    const onProgress = parts.onProgress ?? (() => undefined);
    const beforeCopying = (): Promise<void> => storeBaseCheckpoint({ disk, folder }, chosen.folder, base.checkpoint);
    const options = { disk, folder, archive: to, segments: due, worldId, beforeCopying, onProgress };
    const archived = await archiveSegments(options);
    await writeBase({ disk, folder }, base);
    for (const { name } of archived) {
      log.forgetFirstSegment();
      disk.remove(join(folder, name));
      disk.syncFolder(folder);
    }
    parts.checkpoints.removeBefore(log.firstIdx);
    const sizeBytes = archived.reduce((sum, each) => sum + each.sizeBytes, 0);
    return { ...report, segments: archived.length, sizeBytes, firstIdx: log.firstIdx, baseIdx: chosen.idx };
  } catch (fault) {
    throw diskFaultToFailure(fault, to, 'archiving segments');
  }
}

/** Whether `path` is the folder or in it. */
function isWithin(folder: string, path: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..';
}

/** The last one is written to, and stays. */
function dueSegments(segments: readonly Segment[], before: number): readonly Segment[] {
  return segments.slice(0, -1).filter(({ endIdx }) => endIdx <= before);
}

/** A checkpoint of which the copy in this folder is good: of the others nothing is known. */
interface ChosenCheckpoint {
  readonly idx: number;
  readonly folder: string;
}

/** The oldest good checkpoint not before `idx`, made if there is none: the more of what stays can be folded from it. */
async function findBaseCheckpoint({ log, checkpoints, world }: ArchiveParts, idx: number): Promise<ChosenCheckpoint> {
  for (let tries = 0; tries < 2; tries++) {
    for (const candidate of checkpoints.list().toReversed()) {
      if (candidate < idx) continue;
      const found = await findGoodCopy({ log, checkpoints }, candidate);
      if (typeof found !== 'string') return { idx: candidate, folder: found.folder };
    }
    if (tries === 0) await world.checkpointer?.write();
  }
  throw new Failure(
    'LOG_DAMAGED',
    checkpointName(idx),
    'a checkpoint that was just written can not be read; check the disk',
  );
}

/** A1. */
async function makeBase(
  parts: ArchiveParts,
  { to, chosen, last }: { readonly to: string; readonly chosen: ChosenCheckpoint; readonly last: Segment },
): Promise<BaseManifest> {
  const { disk, folder, log, world } = parts;
  await world.hashes.settle();
  const fault = await findKeptFault({
    disk,
    folder,
    fromIdx: log.firstIdx,
    length: last.endIdx,
    head: world.proofs.headOf(last.endIdx),
    sha256,
  });
  if (fault !== undefined) throw new Failure('LOG_DAMAGED', join(folder, fault.file), fault.fault);
  const checkpoint = await fixedBytes(disk, chosen.folder, { file: checkpointName(chosen.idx) });
  const treeHashes: FixedBytes[] = [];
  for (const range of keptRanges(last.endIdx)) treeHashes.push(await fixedBytes(disk, folder, range));
  return {
    worldId: Buffer.from(last.header.worldId).toString('hex'),
    archivedEvents: last.endIdx,
    archivedSegments: last.header.ordinal + 1,
    archive: to,
    checkpoint,
    checkpointIdx: chosen.idx,
    proof: proofText(await world.proofs.inclusion(chosen.idx)),
    publicKey: world.proofs.publicKey,
    treeHashes,
  };
}

async function fixedBytes(
  disk: Disk,
  folder: string,
  { file, offset = 0, sizeBytes }: { readonly file: string; readonly offset?: number; readonly sizeBytes?: number },
): Promise<FixedBytes> {
  const path = join(folder, file);
  const size = sizeBytes ?? sizeOf(disk, path);
  return { file, offset, sizeBytes: size, digest: await digestOf(disk, path, { offset, end: offset + size }) };
}

function sizeOf(disk: Disk, path: string): number {
  const file = disk.open(path, 'read');
  try {
    return file.sizeBytes();
  } finally {
    file.close();
  }
}
