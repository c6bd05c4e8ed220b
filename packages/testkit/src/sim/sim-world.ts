/** A served world in a simulated process, with every port in the simulation's hands. */
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import type { FileLog } from '@jitos/daemon/logs/file/file-log.ts';
import type { CheckpointCadence } from '@jitos/daemon/engine/checkpointer.ts';
import type { HistoryProofs } from '@jitos/daemon/engine/proofs/history-proofs.ts';
import type { ReadFootprints } from '@jitos/daemon/engine/read-footprints.ts';
import { openWorld, type OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { openFileRewriteIndex } from '@jitos/daemon/logs/file/rewrite-index.ts';
import type { SyncMode } from '@jitos/daemon/logs/file/sync-policy.ts';
import { openFileTreeHashes } from '@jitos/daemon/logs/file/tree-file.ts';
import type { Disk } from '@jitos/daemon/ports/disk.ts';
import type { Log } from '@jitos/daemon/ports/log.ts';
import type { SetAlarm } from '@jitos/daemon/ports/alarm.ts';
import type { NextTurn } from '@jitos/daemon/ports/next-turn.ts';
import type { RewriteIndex } from '@jitos/daemon/ports/rewrite-index.ts';
import type { TreeHashes } from '@jitos/daemon/ports/tree-hashes.ts';
import type { Command } from '@jitos/kernel';
import type { SimClock } from './sim-clock.ts';
import { EVENTS_PER_RUN, openOrCreateLog, WORLD_FOLDER } from '../engine/disk-world.ts';
import { present } from '../world/dice.ts';

/** What stands between the engine and its ports: nothing as a rule, a seeded bug where the simulator is put to the test. */
export interface Wrapping {
  readonly disk?: (disk: Disk) => Disk;
  readonly log?: (log: Log, nowMs: () => number) => Log;
  readonly rewrites?: (rewrites: RewriteIndex) => RewriteIndex;
  readonly hashes?: (hashes: TreeHashes) => TreeHashes;
  readonly checkpoints?: (parts: ConstructorParameters<typeof FileCheckpoints>[0]) => FileCheckpoints;
  readonly reads?: (reads: Reads) => Reads;
  readonly past?: (past: Past) => Past;
  readonly proofs?: (world: OpenWorld, hashes: TreeHashes) => Pick<HistoryProofs, 'inclusion'>;
  /**
   * What clients send on its way to the loop: `life` is how often the world was opened before, `attempt` how many requests
   * came before.
   */
  readonly command?: (command: Command, life: number, attempt: number) => Command;
}

export interface SimWorldOptions {
  readonly disk: Disk;
  readonly sync: SyncMode;
  readonly clock: SimClock;
  readonly cadence: CheckpointCadence;
  readonly nextTurn: NextTurn;
  readonly setAlarm: SetAlarm;
  readonly wrapping: Wrapping;
  readonly onSkipped: (idx: number, why: string) => void;
  readonly onFailure: (error: unknown) => void;
}

export type Past = Pick<OpenWorld['past'], 'ask'>;
export type Reads = Pick<ReadFootprints, 'note' | 'footprintOf'>;

export interface SimWorld extends Omit<OpenWorld, 'proofs' | 'reads' | 'past'> {
  readonly past: Past;
  readonly reads: Reads;
  readonly hashes: TreeHashes;
  readonly proofs: Pick<HistoryProofs, 'inclusion'>;
}

export async function openSimWorld(options: SimWorldOptions): Promise<SimWorld> {
  const { disk, sync, clock, wrapping, cadence, nextTurn, setAlarm, onSkipped, onFailure } = options;
  const { log: wrapLog = (log: Log) => log, rewrites: wrapIndex = (index: RewriteIndex) => index } = wrapping;
  const makeCheckpoints = wrapping.checkpoints ?? ((parts) => new FileCheckpoints(parts));
  const { nowMs } = clock;
  const log: FileLog = await openOrCreateLog(disk, { sync, nowMs });
  let hashes: TreeHashes | undefined;
  const openHashes = (): TreeHashes => {
    const opened = openFileTreeHashes({ folder: WORLD_FOLDER, disk, log, sha256 });
    hashes = wrapping.hashes?.(opened) ?? opened;
    return hashes;
  };
  try {
    const world = await openWorld({
      name: 'simulated',
      log: wrapLog(log, nowMs),
      openRewriteIndex: () =>
        wrapIndex(openFileRewriteIndex({ folder: WORLD_FOLDER, disk, log, eventsPerRun: EVENTS_PER_RUN })),
      openTreeHashes: openHashes,
      checkpoints: {
        files: makeCheckpoints({ disk, folder: WORLD_FOLDER, worldId: log.worldId }),
        cadence,
        onSkipped,
        onFailure,
      },
      clock,
      nextTurn,
      setAlarm,
    });
    const proofs = wrapping.proofs?.(world, present(hashes)) ?? world.proofs;
    const reads = wrapping.reads?.(world.reads) ?? world.reads;
    const past = wrapping.past?.(world.past) ?? world.past;
    return { ...world, reads, past, proofs, hashes: present(hashes) };
  } catch (error) {
    await log.close();
    throw error;
  }
}
