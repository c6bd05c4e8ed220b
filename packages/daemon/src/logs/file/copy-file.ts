/** Copying and comparing files of a log, block by block. */
import { createHash } from 'node:crypto';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { NamedDigest } from './canonical-json.ts';
import { SPARE_NAME } from './tail.ts';

const BLOCK_SIZE_BYTES = 1024 * 1024;

/**
 * Makes the file `path` of what `source` holds before `end`, durably but for its name. Answers its size in bytes; `onBytes` is
 * told of all of them, in order, in a buffer that is used again.
 */
export async function copyInto(
  disk: Disk,
  path: string,
  source: Pick<DiskFile, 'read'>,
  { end = Infinity, onBytes }: { readonly end?: number; readonly onBytes?: (bytes: Uint8Array) => void } = {},
): Promise<number> {
  const target = disk.open(path, 'create');
  try {
    // One block is read while the one before it is written.
    let [block, other] = [Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES), Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES)];
    const readAt = (at: number): Promise<number> =>
      source.read(block.subarray(0, Math.min(BLOCK_SIZE_BYTES, end - at)), at);
    let read = await readAt(0);
    for (let at = 0; read > 0; at += BLOCK_SIZE_BYTES) {
      const [full, count] = [block, read];
      [block, other] = [other, block];
      onBytes?.(full.subarray(0, count));
      const isLast = count < BLOCK_SIZE_BYTES;
      // Both have ended before anything is closed.
      const [next, written] = await Promise.allSettled([
        isLast ? 0 : readAt(at + BLOCK_SIZE_BYTES),
        target.write(full, count, at),
      ]);
      if (written.status === 'rejected') throw written.reason;
      if (next.status === 'rejected') throw next.reason;
      read = next.value;
    }
    await target.sync();
    return target.sizeBytes();
  } finally {
    target.close();
  }
}

/** The digest of what a file holds from `offset` up to `end`, or up to its own end. */
export async function digestOf(
  disk: Pick<Disk, 'open'>,
  path: string,
  { offset = 0, end = Infinity }: { readonly offset?: number; readonly end?: number } = {},
): Promise<NamedDigest> {
  const hash = createHash('sha256');
  await withFile(disk.open(path, 'read'), async (file) => {
    const block = Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES);
    for (let at = offset; at < end; at += BLOCK_SIZE_BYTES) {
      const wanted = Math.min(BLOCK_SIZE_BYTES, end - at);
      const read = await file.read(block.subarray(0, wanted), at);
      hash.update(block.subarray(0, read));
      if (read < wanted) break;
    }
  });
  return `sha256:${hash.digest('hex')}`;
}

/** Two names for what is being copied: while one is read back, the other is written. */
export const DRAFT_NAMES: readonly [string, string] = [SPARE_NAME, 'copy.tmp'];

/**
 * Does `first` with each item, and `second` with what that answers while the next item's `first` is at work: the disk is
 * not waited for while what it gave is looked at. All that was begun has ended when it settles.
 */
export async function overlapped<Item, Half>(
  items: readonly Item[],
  first: (item: Item, i: number) => Promise<Half>,
  second: (half: Half, i: number) => Promise<void>,
): Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  for (const [i, item] of items.entries()) {
    const [half] = await Promise.allSettled([first(item, i), looking]);
    await looking;
    if (half.status === 'rejected') throw half.reason;
    looking = second(half.value, i);
    looking.catch(() => undefined); // it is awaited above, or below
  }
  await looking;
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
