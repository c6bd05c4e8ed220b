/** A world in a real folder whose checkpoints are only a few events apart. */
import { openWorld } from '@jitos/daemon/engine/open-world.ts';
import { worldFolder } from '@jitos/daemon/engine/host.ts';
import { FileCheckpoints } from '@jitos/daemon/logs/file/file-checkpoints.ts';
import { createFileLog } from '@jitos/daemon/logs/file/file-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { openFileRewriteIndex } from '@jitos/daemon/logs/file/rewrite-index.ts';
import { applyRewrite, createWorkspace, putNode } from '../world/make-ops.ts';

const ROUNDS = 4;
const ROUND_EVENTS = 30;

/**
 * Makes the world `name`: workspaces that put `task` nodes `k0`, `k1` … with a field `n` and are collapsed, one after
 * another. Answers the events of its two checkpoints, the older one first; events follow the newer one.
 */
export async function fillWithCheckpoints(dataDir: string, name: string): Promise<readonly [number, number]> {
  const disk = nodeDisk();
  const folder = worldFolder(dataDir, name);
  const log = await createFileLog({ disk, folder, sync: 'adaptive', worldId: new Uint8Array(16).fill(7) });
  const files = new FileCheckpoints({ disk, folder, worldId: log.worldId });
  const world = await openWorld({
    name,
    log,
    openRewriteIndex: () => openFileRewriteIndex({ folder, disk, log }),
    checkpoints: {
      files,
      cadence: { events: ROUND_EVENTS, sizeBytes: Infinity },
      onSkipped: (idx, why) => {
        throw new Error(`the checkpoint at ${idx} is no good: ${why}`);
      },
      onFailure: (error) => {
        throw error;
      },
    },
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < ROUND_EVENTS / 3; i++) {
      const number = world.loop.world.workspaceCount;
      await world.loop.submit(createWorkspace());
      await world.loop.submit(applyRewrite(number, [putNode('task', `k${number}`, { n: number })]));
      const collapse = { type: 'collapseWorkspace', workspace: number, policyId: null, footprint: null } as const;
      await world.loop.submit({ ...collapse, principal: 'local', requestId: null, validUntil: null, meta: null });
    }
    await world.checkpointer?.idle();
  }
  await world.loop.submit(createWorkspace());
  await world.close();
  const [newest, older] = files.list();
  if (newest === undefined || older === undefined) throw new Error('two checkpoints were due');
  return [older, newest];
}
