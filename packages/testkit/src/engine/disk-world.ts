/** A served world whose folder is on a simulated disk. */
import { CHECKPOINT_CADENCE, type CheckpointCadence } from '@jitos/daemon/engine/checkpointer.ts';
import { openWorld, type OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { SigningKeys } from '@jitos/daemon/engine/proofs/signing-keys.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { listCheckpoints } from '@jitos/daemon/logs/file/checkpoint-reader.ts';
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import { createFileLog, openFileLog, type FileLog, type FileLogOptions } from '@jitos/daemon/logs/file/file-log.ts';
import { openFileRewriteIndex } from '@jitos/daemon/logs/file/rewrite-index.ts';
import type { SegmentGeometry } from '@jitos/daemon/logs/file/tail.ts';
import { openFileTreeHashes } from '@jitos/daemon/logs/file/tree-file.ts';
import type { Disk } from '@jitos/daemon/ports/disk.ts';

/** Where the world's files are on the disk. */
export const WORLD_FOLDER = '/world';

/** Small, so that a short history has several. */
const GEOMETRY: SegmentGeometry = { sizeBytes: 16_384, growthBytesMin: 4096, growthBytesMax: 8192 };
/** Likewise, so that runs of the rewrite index are merged. */
export const EVENTS_PER_RUN = 2;

export interface DiskWorldOptions {
  readonly disk: Disk;
  readonly cadence?: CheckpointCadence;
  /** Keeps its signing keys in the folder too; else they are as short-lived as it. */
  readonly keysInFolder?: true;
  /** Told of each checkpoint that was not used, and why. */
  readonly onSkipped?: (idx: number, why: string) => void;
  /** Told of each that could not be written; by default it is an error. */
  readonly onFailure?: (error: unknown) => void;
}

export interface DiskWorld extends OpenWorld {
  readonly log: FileLog;
}

/** Opens the world in `WORLD_FOLDER`, making it if need be. */
export async function openDiskWorld(options: DiskWorldOptions): Promise<DiskWorld> {
  const { disk, cadence = CHECKPOINT_CADENCE, onSkipped = () => undefined } = options;
  const onFailure =
    options.onFailure ??
    ((error: unknown): void => {
      throw error;
    });
  const log = await openOrCreateLog(disk);
  try {
    const world = await openWorld({
      name: 'simulated',
      log,
      openRewriteIndex: () => openFileRewriteIndex({ folder: WORLD_FOLDER, disk, log, eventsPerRun: EVENTS_PER_RUN }),
      openTreeHashes: () => openFileTreeHashes({ folder: WORLD_FOLDER, disk, log, sha256 }),
      ...(options.keysInFolder && { keys: await SigningKeys.open({ folder: WORLD_FOLDER, disk, log }) }),
      checkpoints: {
        files: new FileCheckpoints({ disk, folder: WORLD_FOLDER, worldId: log.worldId }),
        cadence,
        onSkipped,
        onFailure,
      },
    });
    return { ...world, log };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** The log in `WORLD_FOLDER`, made if need be, in small segments; those before the newest checkpoint are believed. */
export async function openOrCreateLog(
  disk: Disk,
  how: Pick<FileLogOptions, 'nowMs' | 'onTornTail' | 'sync'> = { sync: 'inline' },
): Promise<FileLog> {
  const options: FileLogOptions = { ...how, disk, folder: WORLD_FOLDER, geometry: GEOMETRY };
  try {
    return await openFileLog({ ...options, checkFromIdx: newestCheckpoint(disk) });
  } catch (fault) {
    if (!(fault instanceof Failure) || fault.reason !== 'WORLD_NOT_FOUND') throw fault;
    return createFileLog({ ...options, worldId: Uint8Array.from({ length: 16 }, (_, i) => i) });
  }
}

function newestCheckpoint(disk: Disk): number {
  try {
    return listCheckpoints(disk, WORLD_FOLDER)[0] ?? 0;
  } catch {
    return 0; // there is no folder yet
  }
}
