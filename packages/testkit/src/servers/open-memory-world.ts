/** A world whose log and index are in memory: as good as one on a disk, for what stands above the ports. */
import { openWorld, type OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { MemoryLog } from '@jitos/daemon/logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '@jitos/daemon/logs/memory/memory-rewrite-index.ts';

export function openMemoryWorld(): Promise<OpenWorld> {
  return openWorld({
    name: 'main',
    log: new MemoryLog({ store: { batches: [] }, sync: 'async' }),
    openRewriteIndex: () => new MemoryRewriteIndex(),
  });
}
