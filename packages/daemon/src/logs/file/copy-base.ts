/** Copies what an archived history rests on, for a copy that holds none of the archived segments. */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk } from '../../ports/disk.ts';
import {
  baseFolders,
  findBaseFaults,
  readBase,
  storeBaseCheckpoint,
  writeBase,
  type FixedBytes,
} from './base-files.ts';
import { copyInto, digestOf, withFile } from './copy-file.ts';
import { writeMark } from './tree-mark.ts';

export interface CopyBaseOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly into: string;
}

/** Nothing where nothing is archived, or all of it is there already. Throws `LOG_DAMAGED`, and the disk's faults. */
export async function copyBase({ disk, folder, into }: CopyBaseOptions): Promise<void> {
  const base = readBase({ disk, folder });
  if (base === undefined || (await findBaseFaults({ disk, folder: into }, base)).length === 0) return;
  for (const hashes of base.treeHashes)
    await copyHashes({ disk, folder, into }, hashes, base.archivedEvents, base.worldId);
  for (const from of baseFolders(folder)) {
    const path = join(from, base.checkpoint.file);
    const digest = await digestOf(disk, path).catch(() => undefined); // the other one may be good
    if (digest !== base.checkpoint.digest) continue;
    await storeBaseCheckpoint({ disk, folder: into }, from, base.checkpoint);
    return await writeBase({ disk, folder: into }, base);
  }
  throw new Failure('LOG_DAMAGED', join(folder, 'base'), 'neither copy of the base is what was written');
}

/** The hashes of archived events alone: what comes after them is made again of the events. */
async function copyHashes(
  { disk, folder, into }: CopyBaseOptions,
  { file: name, offset, sizeBytes, digest }: FixedBytes,
  length: number,
  worldId: string,
): Promise<void> {
  const draft = join(into, `${name}.tmp`);
  const end = offset + sizeBytes;
  await withFile(disk.open(join(folder, name), 'read'), (file) => copyInto(disk, draft, file, { end }));
  if ((await digestOf(disk, draft, { offset, end })) !== digest) {
    throw new Failure('LOG_DAMAGED', join(folder, name), 'the hashes of archived events are not what was written');
  }
  // Only the first file has a header, which marks how far they go.
  if (offset > 0) {
    await withFile(disk.open(draft, 'write'), async (file) => {
      writeMark(file, Buffer.from(worldId, 'hex'), length);
      await file.sync();
    });
  }
  disk.rename(draft, join(into, name));
  disk.syncFolder(into);
}
