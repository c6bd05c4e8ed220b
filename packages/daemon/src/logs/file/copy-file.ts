/** Copying and comparing files of a log, block by block. */
import type { Disk, DiskFile } from '../../ports/disk.ts';

const BLOCK_SIZE_BYTES = 1024 * 1024;

/** Makes the file `path` of what `source` holds before `end`, durably but for its name. Answers its size in bytes. */
export async function copyInto(
  disk: Disk,
  path: string,
  source: Pick<DiskFile, 'read'>,
  end: number = Infinity,
): Promise<number> {
  const target = disk.open(path, 'create');
  try {
    const block = Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES);
    for (let at = 0; ; at += BLOCK_SIZE_BYTES) {
      const wanted = Math.min(BLOCK_SIZE_BYTES, end - at);
      const read = await source.read(block.subarray(0, wanted), at);
      if (read > 0) await target.write(block, read, at);
      if (read < BLOCK_SIZE_BYTES) break;
    }
    await target.sync();
    return target.sizeBytes();
  } finally {
    target.close();
  }
}

/** Opens, works, and closes whatever happens. */
export async function withFile<Result>(file: DiskFile, work: (file: DiskFile) => Promise<Result>): Promise<Result> {
  try {
    return await work(file);
  } finally {
    file.close();
  }
}

/** Whether both hold the same bytes from `offset` up to `end`, or up to their ends. */
export async function sameBytes(
  a: Pick<DiskFile, 'read'>,
  b: Pick<DiskFile, 'read'>,
  { offset = 0, end = Infinity }: { readonly offset?: number; readonly end?: number } = {},
): Promise<boolean> {
  const blocks = [Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES), Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES)] as const;
  for (let at = offset; at < end; at += BLOCK_SIZE_BYTES) {
    const wanted = Math.min(BLOCK_SIZE_BYTES, end - at);
    const countA = await a.read(blocks[0].subarray(0, wanted), at);
    const countB = await b.read(blocks[1].subarray(0, wanted), at);
    if (countA !== countB || !blocks[0].subarray(0, countA).equals(blocks[1].subarray(0, countB))) return false;
    if (countA < wanted) return true;
  }
  return true;
}
