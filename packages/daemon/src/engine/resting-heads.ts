/**
 * Which workspaces' heads keep their graphs: those that were written last. The others rest, and their graphs are built again
 * when they are asked for (`Head`). A workspace that was forked keeps its own until it has no fork left.
 */
import { getWorkspace, Head, trieCount, trieEntries, type EncodedEvent, type World } from '@jitos/kernel';
import { endedWorkspaces, isCollapse } from './event-workspaces.ts';

/** A head that keeps its graph takes some 20 to 50 KiB after a few changes to a large graph. */
export const ACTIVE_HEADS_MAX = 4096;

/** One with more ops takes too long to build again. */
const RESTING_OPS_MAX = 10_000;

export class RestingHeads {
  readonly #activeMax: number;
  /** Workspaces that were written, in the order in which they were last. */
  readonly #active = new Set<number>();

  /** Puts the workspaces of `world` to rest but for the newest. */
  constructor(world: World, activeMax: number = ACTIVE_HEADS_MAX) {
    this.#activeMax = activeMax;
    for (const { value } of trieEntries(world.workspaces)) this.#note(value.number, world);
  }

  /** Takes note of what was written; `world` is the one afterwards. */
  note(events: readonly EncodedEvent[], world: World): void {
    for (const { event } of events) {
      if (event.kind === 'REWRITE_APPLIED' || event.kind === 'REBASE') this.#note(event.view, world);
      const ended = endedWorkspaces(event);
      for (const number of ended) this.#active.delete(number);
      if (isCollapse(event) && event.target !== null && ended.length > 0) this.#note(event.target, world);
    }
  }

  #note(number: number, world: World): void {
    this.#active.delete(number);
    this.#active.add(number);
    // One is added, so two tries suffice to be rid of those that could not rest before.
    for (let left = 2; left > 0 && this.#active.size > this.#activeMax; left--) this.#restOldest(world);
  }

  #restOldest(world: World): void {
    const [oldest] = this.#active;
    if (oldest === undefined) return;
    this.#active.delete(oldest);
    const workspace = getWorkspace(world, oldest);
    if (workspace === undefined) return;
    // Its forks read what they began with. They will have ended when its turn comes again.
    if (trieCount(workspace.children) > 0) this.#active.add(oldest);
    else if (workspace.opCount <= RESTING_OPS_MAX && workspace.head instanceof Head) workspace.head.rest();
  }
}
