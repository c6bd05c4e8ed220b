/** What `log unarchive` does. */
import { existsSync } from 'node:fs';
import { Failure } from '../errors/failure.ts';
import { bringBackSegments } from '../logs/file/archive-segments.ts';
import { lockLog } from '../logs/file/file-log.ts';
import { diskFaultToFailure } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import { chooseWorldFolders } from './world-folders.ts';

/** `archive` is absolute. Throws `LOG_LOCKED` beside a daemon, and what `bringBackSegments` throws. */
export async function unarchiveLog({ flags, progress }: Context, archive: string): Promise<Answer> {
  const world = worldOf(flags);
  const [chosen] = chooseWorldFolders({ ...flags, world });
  if (chosen === undefined) throw new Error('a world that was named is found or refused');
  if (!existsSync(archive)) throw new Failure('USAGE', '--from', `there is no folder ${archive}`);
  const disk = nodeDisk();
  const { folder } = chosen;
  const lock = lockLog(disk, folder);
  try {
    const { worldId, firstIdx } = await readFileLog({ disk, folder, checkFromIdx: Infinity });
    const segments = await bringBackSegments({
      disk,
      folder,
      archive,
      worldId: Buffer.from(worldId).toString('hex'),
      firstIdx,
      onProgress: (done, total) => {
        progress.update({ label: `bringing back ${world}`, done, total, unit: 'segments', perSecond: null });
      },
    });
    const first = segments[0]?.firstIdx ?? firstIdx;
    return {
      json: { world, archive, segments: segments.length, firstIdx: first },
      text: () => `${world}: ${segments.length} segments are back; the first event here is ${first}\n`,
      status: 0,
    };
  } catch (fault) {
    throw diskFaultToFailure(fault, folder, 'bringing segments back');
  } finally {
    lock.release();
  }
}
