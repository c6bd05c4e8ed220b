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
  collapseBatch,
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

/** How those that wait together are collapsed: each by a command of its own, or all by one. */
export type Asking = 'by themselves' | 'queued';

/** The same with one of the kernel's policies. */
export async function openWorkspaces(
  dir: string,
  options: OverlayOptions,
  policy: Policy,
  asking: Asking = 'by themselves',
): Promise<OverlayStore> {
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
  const refusedAt: { readonly idx: number; readonly workspace: number }[] = [];
  let refused: number[] = [];
  const note = (idx: number, workspace: number, committed: boolean): boolean => {
    if (!committed) {
      refusedAt.push({ idx, workspace });
      refused.push(workspace);
    }
    return committed;
  };
  const collapse = async (workspace: number): Promise<boolean> => {
    const event = await submit(collapseWorkspace(workspace, policy.id));
    return note(event.idx, workspace, isCommitted(event, workspace));
  };
  const collapseAll = async (queue: readonly number[]): Promise<boolean[]> => {
    const event = await submit({ ...collapseBatch(queue, 'given'), policyId: policy.id });
    return queue.map((workspace) => note(event.idx, workspace, isCommitted(event, workspace)));
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
    merge: (positions) => {
      const queue = positions.map((position) => workspaces[position]!);
      return asking === 'queued' ? collapseAll(queue) : Promise.all(queue.map(collapse));
    },
    close: async () => {
      for (const { idx, workspace } of refusedAt) {
        if (isCommitted((await readEvent(log, idx)).event, workspace))
          throw new Error(`event ${idx} is not the receipt of a refusal`);
      }
      await host.close();
    },
  };
}

/** A receipt either way: of a commit, or of a refusal that tells its conflicts and their digest. */
export function isCommitted(event: Event, workspace: number): boolean {
  const told = event.kind === 'COLLAPSE_BATCH' ? event.entries.find((each) => each.workspace === workspace) : event;
  if (told === undefined || !('conflictCount' in told)) throw new Error(`a collapse was answered by ${event.kind}`);
  if (told.conflictCount === 0) return true;
  if (told.conflicts.length === 0 || told.conflictsDigest === null) throw new Error('a refusal does not say why');
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
      const workspace = forked.workspaces[position]!;
      const decided = mustDecide(world, collapseWorkspace(workspace, policy.id));
      if (!isCommitted(decided.encoded.event, workspace)) throw new Error('a disjoint overlay was refused');
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
