/**
 * What each open workspace has read, for the policies that look at it: gathered where reads are answered, and forgotten
 * with the workspace.
 *
 * - R1 What is read of a workspace's view is among its ranges before the answer leaves.
 * - R2 Ranges are of the workspace's present base. A read of another base that is answered late makes them unknown. A rebase
 *      keeps those that it has found as they were, and forgets the others.
 * - R3 What was read before this process began is unknown. So are the ranges of whoever takes such reads over.
 * - R4 A fork's reads go where its writes go: to its parent when it collapses, and its parent's to it when that is discarded.
 *
 * Bounded: a workspace with too many ranges has read the whole view, and so has the next to read where all have too many.
 */
import {
  FOOTPRINT_RANGES_MAX,
  getWorkspace,
  sortRanges,
  trieEntries,
  unreachable,
  type Footprint,
  type Range,
  type Workspace,
  type World,
} from '@jitos/kernel';
import { carriedWorkspaces, isCollapse } from './event-workspaces.ts';
import type { Committed } from './world-loop.ts';

/** Of all workspaces together: some 200 bytes each. */
export const RANGES_MAX = 1_000_000;

/** By what they say, each once; or all that there is. */
type Reads = Map<string, Range> | 'view';

export class ReadFootprints {
  readonly #rangesMax: number;
  #world: World;
  /** Of workspaces that have read something. */
  readonly #reads = new Map<number, Reads>();
  readonly #unknown = new Set<number>();
  /** Of the workspaces that were forked from others. */
  readonly #parents = new Map<number, number>();
  readonly #children = new Map<number, Set<number>>();
  #rangeCount = 0;

  /** Knows of nothing that the workspaces of `world` have read. */
  constructor(world: World, rangesMax: number = RANGES_MAX) {
    this.#world = world;
    this.#rangesMax = rangesMax;
    for (const { value } of trieEntries(world.workspaces)) {
      this.#unknown.add(value.number);
      if (value.parent !== null) this.#adopt(value.parent, value.number);
    }
  }

  /** Takes note of what was read of a workspace, as it was then. */
  note({ number, base }: Workspace, ranges: readonly Range[]): void {
    const now = getWorkspace(this.#world, number);
    if (now === undefined) return;
    if (now.base.id === base.id) this.#add(number, ranges);
    else this.#unknown.add(number);
  }

  /** What a workspace has read of its base; null where that is not known. */
  footprintOf({ number, base }: Workspace): Footprint | null {
    const known = getWorkspace(this.#world, number);
    if (this.#unknown.has(number) || (known !== undefined && known.base.id !== base.id)) return null;
    const reads = this.#reads.get(number);
    const ranges: readonly Range[] = reads === 'view' ? [{ range: 'view' }] : sortRanges([...(reads?.values() ?? [])]);
    return { baseSnapshotId: base.id, ranges };
  }

  /** Follows workspaces as they are forked, rebased and ended; in order. */
  follow({ events, world }: Pick<Committed, 'events' | 'world'>): void {
    this.#world = world;
    for (const { event } of events) {
      if (event.kind === 'SWS_CREATED' && event.parent !== null) this.#adopt(event.parent, event.view);
      else if (isCollapse(event)) {
        for (const number of carriedWorkspaces(event)) {
          if (event.target !== null) this.#absorb(event.target, number);
          this.#end(number);
        }
      } else if (event.kind === 'REBASE') {
        this.#unknown.delete(event.view);
        this.#forget(event.view);
        if (event.footprint !== null) this.#add(event.view, event.footprint.ranges);
      } else if (event.kind === 'DISCARD') {
        for (const child of this.#children.get(event.view) ?? []) this.#absorb(child, event.view);
        this.#end(event.view);
      }
    }
  }

  #add(number: number, ranges: Iterable<Range>): void {
    const reads = this.#reads.get(number) ?? new Map<string, Range>();
    if (reads === 'view') return;
    this.#reads.set(number, reads);
    for (const range of ranges) {
      const key = keyOf(range);
      if (reads.has(key)) continue;
      if (range.range === 'view' || reads.size >= FOOTPRINT_RANGES_MAX || this.#rangeCount >= this.#rangesMax) {
        this.#rangeCount -= reads.size;
        this.#reads.set(number, 'view');
        return;
      }
      reads.set(key, range);
      this.#rangeCount += 1;
    }
  }

  #absorb(into: number, from: number): void {
    if (this.#unknown.has(from)) this.#unknown.add(into);
    const reads = this.#reads.get(from);
    if (reads !== undefined) this.#add(into, reads === 'view' ? [{ range: 'view' }] : reads.values());
  }

  /** A workspace ends: its children are its parent's. */
  #end(number: number): void {
    const parent = this.#parents.get(number);
    for (const child of this.#children.get(number) ?? []) {
      if (parent === undefined) this.#parents.delete(child);
      else this.#adopt(parent, child);
    }
    if (parent !== undefined) this.#children.get(parent)?.delete(number);
    this.#children.delete(number);
    this.#parents.delete(number);
    this.#unknown.delete(number);
    this.#forget(number);
  }

  #forget(number: number): void {
    const reads = this.#reads.get(number);
    if (reads !== undefined && reads !== 'view') this.#rangeCount -= reads.size;
    this.#reads.delete(number);
  }

  #adopt(parent: number, child: number): void {
    this.#parents.set(child, parent);
    const children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, new Set([child]));
    else children.add(child);
  }
}

/** Ids have one length and no kind is empty, so no two ranges have one key. */
function keyOf(range: Range): string {
  switch (range.range) {
    case 'node':
    case 'edge':
      return `${range.range} ${range.id}`;
    case 'nodes':
    case 'edges':
      return `${range.range} ${range.kind}`;
    case 'out':
    case 'in':
      return `${range.range} ${range.node}${range.kind ?? ''}`;
    case 'slot':
      return `slot ${range.slot}`;
    case 'view':
      return 'view';
    default:
      return unreachable(range);
  }
}
