/**
 * Overlays as workspaces, collapsed through the whole loop with the file log: each reply leaves once it is durable.
 *
 * Before anything is measured, the kernel is asked whether it keeps its word: disjoint overlays lead to one digest in
 * whatever order they come. And every refusal that is measured has a receipt in the log, which is read back at the end.
 */
import { readEvent } from '@jitos/daemon/engine/history-reader.ts';
import { Host } from '@jitos/daemon/engine/host.ts';
import { FAIL_FAST, type Command, type Digest, type Event, type Policy, type World } from '@jitos/kernel';
import {
  overlaysOf,
  type OpenOverlayStore,
  type Overlay,
  type OverlayOptions,
  type OverlayStore,
} from '../workloads/merge-overlays.ts';
import {
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  growCommands,
  growWorld,
  mustDecide,
  rewriteNodes,
} from './grow-world.ts';

/** As many as wait for the disk together. */
const CLIENT_COUNT = 64;

export const openOverlayStore: OpenOverlayStore = (dir, options) => openWorkspaces(dir, options, FAIL_FAST);

/** The same with one of the kernel's policies. */
export async function openWorkspaces(dir: string, options: OverlayOptions, policy: Policy): Promise<OverlayStore> {
  checkOrders(growWorld(options.nodeCount), overlaysOf({ ...options, conflictPeriod: 0 }, 0), policy);
  const host = await Host.open({ dataDir: dir });
  const { loop, log } = await host.createWorld('bench');
  const submit = async (command: Command): Promise<Event> => {
    const reply = await loop.submit(command);
    if ('ok' in reply) throw new Error(`${command.type} was refused: ${reply.reason}`);
    return reply;
  };
  for (const command of growCommands(options.nodeCount)) await submit(command);
  let workspaces: readonly number[] = [];
  /** Of the refused ones, the receipts' positions, and those that are still open. */
  const refusedAt: number[] = [];
  let refused: number[] = [];
  const collapse = async (workspace: number): Promise<boolean> => {
    const event = await submit(collapseWorkspace(workspace, policy.id));
    const committed = isCommitted(event);
    if (!committed) {
      refusedAt.push(event.idx);
      refused.push(workspace);
    }
    return committed;
  };
  return {
    mergesAtOnce: CLIENT_COUNT,
    prepare: async (overlays) => {
      for (const workspace of refused) await submit(discardWorkspace(workspace));
      refused = [];
      const first = loop.world.workspaceCount;
      await Promise.all(overlays.map(() => submit(createWorkspace)));
      workspaces = overlays.map((_, position) => first + position);
      await Promise.all(overlays.map(({ numbers, value }, i) => submit(rewriteNodes(first + i, numbers, value))));
    },
    merge: (positions) => Promise.all(positions.map((position) => collapse(workspaces[position]!))),
    close: async () => {
      for (const idx of refusedAt) {
        if (isCommitted((await readEvent(log, idx)).event))
          throw new Error(`event ${idx} is not the receipt of a refusal`);
      }
      await host.close();
    },
  };
}

/** A receipt either way: of a commit, or of a refusal that tells its conflicts and their digest. */
export function isCommitted(event: Event): boolean {
  if (event.kind !== 'COLLAPSE') throw new Error(`a collapse was answered by ${event.kind}`);
  if (event.mode !== null) return true;
  if (event.conflicts.length === 0 || event.conflictsDigest === null) throw new Error('a refusal does not say why');
  return false;
}

/** Throws unless disjoint overlays lead to one digest as they come, backwards, and every other one first. */
function checkOrders(base: World, overlays: readonly Overlay[], policy: Policy): void {
  const orders = [overlays.map((_, i) => i), overlays.map((_, i) => overlays.length - 1 - i)];
  orders.push(orders[0]!.filter((i) => i % 2 === 1).concat(orders[0]!.filter((i) => i % 2 === 0)));
  const forked = forkOverlays(base, overlays);
  const digestAfter = (order: readonly number[]): Digest => {
    let { world } = forked;
    for (const position of order) {
      const decided = mustDecide(world, collapseWorkspace(forked.workspaces[position]!, policy.id));
      if (!isCommitted(decided.encoded.event)) throw new Error('a disjoint overlay was refused');
      world = decided.world;
    }
    return world.system.digest;
  };
  if (new Set(orders.map(digestAfter)).size !== 1)
    throw new Error('the order of disjoint overlays shows in the digest');
}

/** A workspace an overlay. */
export function forkOverlays(
  base: World,
  overlays: readonly Overlay[],
): { readonly world: World; readonly workspaces: readonly number[] } {
  let world = base;
  const workspaces = overlays.map(({ numbers, value }) => {
    const workspace = world.workspaceCount;
    ({ world } = mustDecide(world, createWorkspace));
    ({ world } = mustDecide(world, rewriteNodes(workspace, numbers, value)));
    return workspace;
  });
  return { world, workspaces };
}
