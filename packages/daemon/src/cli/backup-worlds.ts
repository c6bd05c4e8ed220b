/**
 * Backs worlds up, without a lock on them and without a daemon.
 *
 * A backup is laid out as a data folder is, so that everything that reads one reads the other:
 *
 *     <backup>/jitos.json                    the format, as in the data folder
 *     <backup>/worlds/<name>/<idx>.log       the segments
 *     <backup>/worlds/<name>/backup.json     {"format", "worldId", "events"}: how far it goes
 *     <backup>/worlds/<name>/world.pub, *.handover    what is public of its signing keys
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyPublicKeys } from '../engine/proofs/key-files.ts';
import { FORMAT_NAME, worldFolder } from '../engine/host.ts';
import { Failure } from '../errors/failure.ts';
import { backupLog, type CopyReport } from '../logs/file/backup-log.ts';
import { copyInto, withFile } from '../logs/file/copy-file.ts';
import { diskFaultToFailure } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { mustBeApart } from './apart-folders.ts';
import type { Answer, Context } from './command.ts';
import { tableText, type Paper } from './terminal/paper.ts';
import { chooseWorldFolders } from './world-folders.ts';

interface BackupReport extends CopyReport {
  readonly world: string;
  /** Absolute. */
  readonly folder: string;
}

/** The work of `jitosctl backup`; `backup` is absolute. */
export async function backupWorlds({ flags, progress }: Context, backup: string): Promise<Answer> {
  const { dataDir } = flags;
  const chosen = chooseWorldFolders(flags);
  mustBeApart(backup, dataDir, { place: '<folder>', rule: 'a backup may not share a folder with its data' });
  await copyFormat(dataDir, backup);
  const worlds: BackupReport[] = [];
  for (const { world, folder } of chosen) {
    const into = worldFolder(backup, world);
    const onProgress = (done: number, total: number): void => {
      progress.update({ label: `copying ${world}`, done, total, unit: 'segments', perSecond: null });
    };
    const disk = nodeDisk();
    worlds.push({ world, folder: into, ...(await backupLog({ disk, folder, into, onProgress })) });
    await copyPublicKeys({ disk, folder }, { disk, folder: into });
    progress.end();
  }
  return { json: { ok: true, backup, worlds }, text: (paper) => reportText(paper, worlds), status: 0 };
}

/** Throws `DATA_FORMAT_UNKNOWN` for a folder of another format, before anything is written to it. */
export async function copyFormat(from: string, into: string): Promise<void> {
  const [source, target] = [join(from, FORMAT_NAME), join(into, FORMAT_NAME)];
  const disk = nodeDisk();
  try {
    disk.makeFolder(into);
    if (existsSync(target)) {
      if (readFileSync(target).equals(readFileSync(source))) return;
      throw new Failure('DATA_FORMAT_UNKNOWN', target, 'the folders are of different formats');
    }
    const draft = `${target}.tmp`;
    await withFile(disk.open(source, 'read'), (file) => copyInto(disk, draft, file));
    disk.rename(draft, target);
    disk.syncFolder(into);
  } catch (fault) {
    throw diskFaultToFailure(fault, target, 'copying the format');
  }
}

function reportText(paper: Paper, worlds: readonly BackupReport[]): string {
  return tableText(
    paper,
    [
      { title: 'WORLD', align: 'left' },
      { title: 'EVENTS', align: 'right' },
      { title: 'SEGMENTS', align: 'right' },
      { title: 'COPIED', align: 'right' },
      { title: 'BYTES', align: 'right' },
    ],
    worlds.map(({ world, events, segments, copiedSegments, copiedBytes }) => [
      world,
      ...[events, segments, copiedSegments, copiedBytes].map(String),
    ]),
  );
}
