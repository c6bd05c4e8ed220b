/**
 * Makes a data folder of a backup.
 *
 * - V1 Worlds are copied and verified under `restore.tmp`, and become worlds all at once: a restore that is cut off leaves
 *   nothing that a daemon would serve.
 * - V2 Verified means replayed: every event is folded again, and every digest that it records compared.
 *
 * Only the history comes back; what is derived from it is made when a daemon opens it. The signing key stays behind too: it
 * may have signed heads of events that the backup doesn't reach, and all that one key signs is of one history. The daemon
 * that finds no key makes one, of a new origin, and records it in an event. Where the operator has the old key and the last
 * head that it signed, and the backup reaches that, the world goes on under it (`keep-signing-key.ts`).
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestToHex, worldDigest, type World } from '@jitos/kernel';
import { worldNames } from '../engine/host.ts';
import { loadCheckpoint } from '../engine/load-checkpoint.ts';
import { replay } from '../engine/replay.ts';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';
import { copyLog, readManifest } from '../logs/file/backup-log.ts';
import { LOCK_NAME } from '../logs/file/file-log.ts';
import { diskFaultToFailure } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { readFileLog, type ReadOnlyLog } from '../logs/file/read-only-log.ts';
import { mustBeApart } from './apart-folders.ts';
import { copyFormat } from './backup-worlds.ts';
import type { Answer, Context } from './command.ts';
import { HeadReach, readLastHead, type LastHead, type SigningFiles } from './keep-signing-key.ts';
import { tableText, type Paper } from './terminal/paper.ts';
import { chooseWorldFolders, type WorldFolder } from './world-folders.ts';

/** Absolute, both. */
export interface RestoreFolders {
  readonly backup: string;
  /** The new data folder. */
  readonly into: string;
  /** The key to go on under, if there is one. */
  readonly signing?: SigningFiles | undefined;
}

interface RestoreReport {
  readonly world: string;
  readonly events: number;
  /** System's digest in hex. */
  readonly digest: string;
  /** Of every table. */
  readonly worldDigest: string;
  /** Whether the world goes on under the key that was given; else it begins with a new one. */
  readonly keptKey: boolean;
}

const STAGING_NAME = 'restore.tmp';

/** The work of `jitosctl restore`. */
export async function restoreWorlds(context: Context, { backup, into, signing }: RestoreFolders): Promise<Answer> {
  if (worldNames(backup).length === 0) {
    throw new Failure(
      'WORLD_NOT_FOUND',
      backup,
      'there is no backup here: name the folder that `jitosctl backup` wrote',
    );
  }
  const chosen = chooseWorldFolders({ ...context.flags, dataDir: backup });
  const last = signing && readLastHead(signing);
  if (last !== undefined && chosen.length !== 1) {
    throw new Failure('USAGE', '--signing-key', 'a key is of one world: name it with --world');
  }
  if (existsSync(into) && readdirSync(into).length > 0) {
    throw new Failure('FOLDER_NOT_EMPTY', into, 'a restore never mixes with what is there');
  }
  mustBeApart(into, backup, { place: '--into', rule: 'a data folder may not share a folder with its backup' });
  const staging = join(into, STAGING_NAME);
  const worlds: RestoreReport[] = [];
  try {
    for (const world of chosen)
      worlds.push(await restoreOne(context, world, { into: join(staging, world.world), last }));
    await copyFormat(backup, into);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  publish(into, staging);
  return { json: { ok: true, dataDir: into, worlds }, text: (paper) => reportText(paper, worlds), status: 0 };
}

async function restoreOne(
  { progress }: Context,
  { world, folder }: WorldFolder,
  { into, last }: { readonly into: string; readonly last: LastHead | undefined },
): Promise<RestoreReport> {
  const disk = nodeDisk();
  const manifest = await readManifest({ disk, folder });
  const { events, worldId } = await copyLog({
    disk,
    folder,
    into,
    onProgress: (done, total) => {
      progress.update({ label: `restoring ${world}`, done, total, unit: 'segments', perSecond: null });
    },
  });
  disk.remove(join(into, LOCK_NAME));
  if (worldId !== manifest.worldId || events < manifest.events) {
    const detail = `the backup holds ${events} events of world ${worldId}, and should hold ${manifest.events} of ${manifest.worldId}`;
    throw new Failure('LOG_DAMAGED', folder, detail);
  }
  const reach = last && new HeadReach(last, worldId);
  const log = await readFileLog({ disk, folder: into });
  const end = await replay(log, {
    start: await startOf(log, into),
    verify: 'digests',
    onEvent: (encoded, after) => reach?.note(encoded, after),
    onProgress: (done) => {
      progress.update({ label: `verifying ${world}`, done, total: events, unit: 'events', perSecond: null });
    },
  });
  progress.end();
  if (end === null) throw new Failure('LOG_DAMAGED', folder, 'the backup holds no event, not even the first');
  const keptKey = reach !== undefined && (await reach.keepKey({ disk, folder }, { disk, folder: into }));
  return {
    world,
    events,
    digest: digestToHex(end.system.digest),
    worldDigest: digestToHex(worldDigest(end, sha256)),
    keptKey,
  };
}

/** The base of a world whose first events are archived; null begins with the first event. */
async function startOf(log: ReadOnlyLog, folder: string): Promise<World | null> {
  if (log.firstIdx === 0) return null;
  const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
  let told = 'there is none';
  const world = await loadCheckpoint({ log, checkpoints, onSkipped: (_, why) => (told = why) });
  if (world !== undefined) return world;
  throw new Failure('LOG_DAMAGED', folder, `the first events are archived, and the base is no good: ${told}`);
}

/** V1. */
function publish(into: string, staging: string): void {
  const disk = nodeDisk();
  const worlds = join(into, 'worlds');
  try {
    disk.rename(staging, worlds);
    disk.syncFolder(into);
  } catch (fault) {
    throw diskFaultToFailure(fault, worlds, 'giving the worlds their place');
  }
}

function reportText(paper: Paper, worlds: readonly RestoreReport[]): string {
  return tableText(
    paper,
    [
      { title: 'WORLD', align: 'left' },
      { title: 'EVENTS', align: 'right' },
      { title: 'SIGNING KEY', align: 'left' },
      { title: 'DIGEST', align: 'left' },
    ],
    worlds.map(({ world, events, keptKey, digest }) => [world, String(events), keptKey ? 'kept' : 'new', digest]),
  );
}
