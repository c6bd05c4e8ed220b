/** What an operator does who has a copy of everything: the history that is known, on a disk that is new. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { appendLeaf, EMPTY_TREE, treeHead, type EncodedEvent } from '@jitos/kernel';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOrCreateLog, WORLD_FOLDER } from '../engine/disk-world.ts';

/** A disk with nothing but a log of these events, which lasts. */
export async function restoreHistory(events: readonly EncodedEvent[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  disk.makeFolder(WORLD_FOLDER);
  if (events.length === 0) return disk;
  const log = await openOrCreateLog(disk);
  let tree = EMPTY_TREE;
  for (const [firstIdx, encoded] of events.entries()) {
    await log.append({ firstIdx, treeRootBefore: treeHead(tree, sha256), events: [encoded] });
    tree = appendLeaf(tree, encoded.leaf, sha256);
  }
  await log.close();
  return disk.clone();
}
