/** The data folder, and the disk that it is on. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { checkDataFormat, FORMAT_NAME } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { errnoOf } from '../../ports/disk.ts';
import { countText } from '../terminal/plain-text.ts';
import { modeText, othersMay } from './file-mode.ts';
import { bad, doubtful, examined, good, type Finding } from './finding.ts';

const MIB = 1_048_576;
/** A segment, its successor and a checkpoint have to fit. */
const FREE_MIB_MIN = 256;
const FREE_MIB_AMPLE = 2048;
const TMPFS_MAGIC = 0x01021994;
const SYNC_COUNT = 21;
const SYNC_SIZE_BYTES = 4096;
const SYNC_MS_SLOW = 20;

/** Writes a small file into the folder, and removes it. */
export async function examineFolder(dataDir: string): Promise<readonly Finding[]> {
  const folder = statSync(dataDir, { throwIfNoEntry: false });
  if (folder === undefined) {
    return [doubtful('data folder', `there is no ${dataDir}`, 'start the daemon: it makes one')];
  }
  if (!folder.isDirectory()) return [bad('data folder', `${dataDir} is no folder`, 'name another with --data-dir')];
  const findings = [
    await examined('access', () => examineAccess(dataDir, folder)),
    await examined('secrets', () => examineSecrets(dataDir)),
    await examined('format', () => examineFormat(dataDir)),
    await examined('disk', () => examineSpace(dataDir)),
    await examined('sync', () => examineSync(dataDir)),
  ];
  return findings.flat();
}

/** Events, keys and the daemon's address are nobody else's. */
function examineAccess(dataDir: string, { mode, uid }: Stats): Finding {
  if (uid !== process.getuid?.()) {
    return doubtful('access', `${dataDir} belongs to another user`, 'run the daemon as that user');
  }
  if (!othersMay(mode)) return good('access', 'for its owner alone');
  return doubtful('access', `others may read or write the folder (mode ${modeText(mode)})`, `chmod 700 ${dataDir}`);
}

/** What lets whoever reads it act as its owner, and what says where a daemon answers. */
const SECRET_NAMES = ['token', 'daemon.json'] as const;

/** What they are worth depends on nobody else having read them, even in a folder that is closed now. */
function examineSecrets(dataDir: string): readonly Finding[] {
  return SECRET_NAMES.flatMap((name) => {
    const path = join(dataDir, name);
    const file = lstatSync(path, { throwIfNoEntry: false });
    if (file === undefined) return [];
    if (!file.isFile()) return [bad(name, `${path} is no plain file`, `remove it, and start the daemon again`)];
    if (!othersMay(file.mode)) return [good(name, 'for its owner alone')];
    const advice = `stop the daemon, rm ${path}, and start it again: others may have read it`;
    return [bad(name, `others may read or write it (mode ${modeText(file.mode)})`, advice)];
  });
}

function examineFormat(dataDir: string): Finding {
  const file = join(dataDir, FORMAT_NAME);
  if (!existsSync(file)) return doubtful('format', `there is no ${file}`, 'start the daemon: it writes one');
  try {
    checkDataFormat(file);
    return good('format', 'the one of this version');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return bad('format', error.message, 'use the version that wrote the folder, or another folder');
  }
}

function examineSpace(dataDir: string): Finding {
  const { bavail, bsize, blocks, type } = statfsSync(dataDir);
  if (type === TMPFS_MAGIC) {
    return bad('disk', 'the folder is in memory (tmpfs): nothing of it outlives the machine', 'put it on a disk');
  }
  const freeMiB = Math.floor((bavail * bsize) / MIB);
  const detail = `${countText(freeMiB)} MiB free of ${countText(Math.floor((blocks * bsize) / MIB))}`;
  const advice = 'make room, or move early segments away with `npx jitosctl log archive`';
  if (freeMiB < FREE_MIB_MIN) return bad('disk', detail, advice);
  return freeMiB < FREE_MIB_AMPLE ? doubtful('disk', detail, advice) : good('disk', detail);
}

/** Every reply waits for such a sync. */
function examineSync(dataDir: string): Finding {
  const path = join(dataDir, `doctor-${randomBytes(6).toString('hex')}.tmp`);
  let times: readonly number[];
  try {
    times = timeSyncs(path);
  } catch (fault) {
    return bad(
      'sync',
      `writing into ${dataDir} fails: ${errnoOf(fault)}`,
      'make the folder writable, and look at the disk',
    );
  } finally {
    rmSync(path, { force: true });
  }
  const medianMs = times.toSorted((a, b) => a - b)[times.length >> 1]!; // there are some
  const detail = `a synced write takes ${medianMs.toFixed(medianMs < 1 ? 3 : 1)} ms`;
  if (medianMs < SYNC_MS_SLOW) return good('sync', detail);
  return doubtful('sync', detail, 'use a disk with a faster flush: commands one after another wait for it');
}

function timeSyncs(path: string): readonly number[] {
  const file = openSync(path, 'wx', 0o600);
  try {
    const block = Buffer.alloc(SYNC_SIZE_BYTES, 1);
    return Array.from({ length: SYNC_COUNT }, () => {
      const startMs = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - startMs;
    });
  } finally {
    closeSync(file);
  }
}
