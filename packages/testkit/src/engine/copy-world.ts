/** Copies of worlds that tell lies: whole, well chained, and not what their history makes them. */
import { worldFolder } from '@jitos/daemon/engine/host.ts';
import { readEvents } from '@jitos/daemon/engine/history-reader.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { createFileLog } from '@jitos/daemon/logs/file/file-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { readFileLog } from '@jitos/daemon/logs/file/read-only-log.ts';
import {
  appendLeaf,
  EMPTY_TREE,
  encodeEvent,
  treeHead,
  type EncodedEvent,
  type Event,
  type HistoryTree,
} from '@jitos/kernel';

/** Copies a world's log event by event, each as `change` has it; checkpoints stay behind. */
export async function copyWorld(
  dataDir: string,
  { from, to }: { readonly from: string; readonly to: string },
  change: (encoded: EncodedEvent) => Event,
): Promise<void> {
  const disk = nodeDisk();
  const source = await readFileLog({ disk, folder: worldFolder(dataDir, from) });
  const target = await createFileLog({
    folder: worldFolder(dataDir, to),
    disk,
    sync: 'adaptive',
    worldId: source.worldId,
  });
  let tree: HistoryTree = EMPTY_TREE;
  for await (const encoded of readEvents(source, 0)) {
    const written = encodeEvent(change(encoded), sha256);
    await target.append({ firstIdx: encoded.event.idx, treeRootBefore: treeHead(tree, sha256), events: [written] });
    tree = appendLeaf(tree, written.leaf, sha256);
  }
  await target.close();
}
