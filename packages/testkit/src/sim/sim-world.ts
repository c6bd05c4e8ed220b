/** A served world in a simulated process, with every port in the simulation's hands. */
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import type { FileLog } from '@jitos/daemon/logs/file/file-log.ts';
import type { CheckpointCadence } from '@jitos/daemon/engine/checkpointer.ts';
import { openWorld, type OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { openFileRewriteIndex } from '@jitos/daemon/logs/file/rewrite-index.ts';
import { openFileTreeHashes } from '@jitos/daemon/logs/file/tree-file.ts';
import type { Disk } from '@jitos/daemon/ports/disk.ts';
import type { Log } from '@jitos/daemon/ports/log.ts';
import type { NextTurn } from '@jitos/daemon/ports/next-turn.ts';
import type { RewriteIndex } from '@jitos/daemon/ports/rewrite-index.ts';
import type { TreeHashes } from '@jitos/daemon/ports/tree-hashes.ts';
import type { Command } from '@jitos/kernel';
import { openOrCreateLog, WORLD_FOLDER } from '../engine/disk-world.ts';
import { present } from '../world/dice.ts';

/** What stands between the engine and its ports: nothing as a rule, a seeded bug where the simulator is put to the test. */
export interface Wrapping {
  readonly disk?: (disk: Disk) => Disk;
  readonly log?: (log: Log) => Log;
  readonly rewrites?: (rewrites: RewriteIndex) => RewriteIndex;
  readonly hashes?: (hashes: TreeHashes) => TreeHashes;
  readonly checkpoints?: (parts: ConstructorParameters<typeof FileCheckpoints>[0]) => FileCheckpoints;
  /** What clients send on its way to the loop, `life` being how often the world was opened before. */
  readonly command?: (command: Command, life: number) => Command;
}

export interface SimWorldOptions {
  readonly disk: Disk;
  readonly sync: 'inline' | 'async';
  readonly cadence: CheckpointCadence;
  readonly nextTurn: NextTurn;
  readonly wrapping: Wrapping;
  readonly onSkipped: (idx: number, why: string) => void;
  readonly onFailure: (error: unknown) => void;
}

export interface SimWorld extends OpenWorld {
  readonly hashes: TreeHashes;
}

export async function openSimWorld(options: SimWorldOptions): Promise<SimWorld> {
  const { disk, sync, wrapping, cadence, nextTurn, onSkipped, onFailure } = options;
  const { log: wrapLog = (log: Log) => log, rewrites: wrapIndex = (index: RewriteIndex) => index } = wrapping;
  const makeCheckpoints = wrapping.checkpoints ?? ((parts) => new FileCheckpoints(parts));
  const log: FileLog = await openOrCreateLog(disk, { sync, nowMs: () => 0 });
  let hashes: TreeHashes | undefined;
  const openHashes = (): TreeHashes => {
    const opened = openFileTreeHashes({ folder: WORLD_FOLDER, disk, log, sha256 });
    hashes = wrapping.hashes?.(opened) ?? opened;
    return hashes;
  };
  try {
    const world = await openWorld({
      name: 'simulated',
      log: wrapLog(log),
      openRewriteIndex: () => wrapIndex(openFileRewriteIndex({ folder: WORLD_FOLDER, disk, log })),
      openTreeHashes: openHashes,
      checkpoints: {
        files: makeCheckpoints({ disk, folder: WORLD_FOLDER, worldId: log.worldId }),
        cadence,
        onSkipped,
        onFailure,
      },
      nextTurn,
    });
    return { ...world, hashes: present(hashes) };
  } catch (error) {
    await log.close();
    throw error;
  }
}
