/**
 * Who wrote the value that an element has in a view: the last rewrite with an op on it, found from the newest on through the
 * rewrite index, and the collapses that carried it there.
 *
 * - W1 A workspace's own rewrites come first, then those of the view that gave it its base, up to then. A collapse into a view
 *      leads into the workspace that was carried; what a merge decided for the element is the writing of the collapse or the
 *      rebase itself.
 *      Of the workspaces of one batch the one with the highest number comes first, as if they had been carried in their order.
 * - W2 What a discarded workspace had written is its forks' own, as far as they began with it, and is carried with theirs.
 * - W3 A search reads `EVENTS_MAX` events and looks at `OPS_MAX` ops, and ends where it stands then; its position says where
 *      the next one goes on.
 */
import {
  getWorkspace,
  isCommitted,
  type BatchEntry,
  type Collapse,
  type CollapseBatch,
  type Discard,
  type ElementId,
  type Op,
  type Rebase,
  type Resolution,
  type RewriteApplied,
  type ViewId,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { RewriteIndex, RewritePosition } from '../ports/rewrite-index.ts';
import { createdIdxOf, isCollapse, targetView } from './event-workspaces.ts';
import { readEvent } from './history-reader.ts';
import { elementOf } from './op-element.ts';
import type { OpenWorld } from './open-world.ts';

const EVENTS_MAX = 1000;
const OPS_MAX = 200_000;

/** Where a search stands: before this rewrite of the view, and of workspaces that it was led into. */
export type SearchPosition = readonly SearchFrame[];

export interface SearchFrame {
  readonly view: ViewId;
  /** A rewriteIdx: those from it on are behind. */
  readonly before: number;
  /** The event of the collapse that led here; null where none did. */
  readonly collapseIdx: number | null;
  /**
   * What is looked for here: all that the view shows; its own writes; what it shows of the view that gave it its base; or
   * the writes of those that a batch carried and whose numbers are below the view's.
   */
  readonly part: 'all' | 'own' | 'base' | 'batch';
  /** Own writes are those that the workspace had at this event; null where all are looked for. */
  readonly untilIdx: number | null;
}

export interface Writer {
  readonly event: RewriteApplied | Collapse | CollapseBatch | Rebase;
  /** The workspace whose writing it was. */
  readonly workspace: number;
  /** The last one on the element; null where a merge decided. */
  readonly op: Op | null;
  /** Collapses that carried it into the view, in their order. */
  readonly carriedBy: readonly (Collapse | CollapseBatch)[];
}

export interface Provenance {
  readonly writer: Writer | null;
  /** Where to go on; null where the writer was found, or there is none. */
  readonly next: SearchPosition | null;
  /** Events read. */
  readonly searched: number;
  /** Bytes of them. */
  readonly sizeBytes: number;
}

type Searched = Pick<OpenWorld, 'log' | 'rewrites'> & { readonly world: World };

/** Where a search begins that asks of the view after the event `idx`. */
export function searchFrom(rewrites: RewriteIndex, view: ViewId, idx: number): SearchPosition {
  return [{ view, before: rewriteIdxAfter(rewrites, view, idx), collapseIdx: null, part: 'all', untilIdx: null }];
}

/** Where a search begins that asks of the base of a workspace that a collapse was of. */
export function searchBaseFrom(view: number, { rewriteIdx, idx }: Collapse | CollapseBatch): SearchPosition {
  return [{ view, before: rewriteIdx, collapseIdx: null, part: 'base', untilIdx: idx }];
}

/** Throws `EVENT_ARCHIVED` where it would have to read what is archived. */
export async function findWriter(searched: Searched, id: ElementId, position: SearchPosition): Promise<Provenance> {
  return await new Search(searched, id, position).run();
}

class Search {
  readonly #searched: Searched;
  readonly #id: ElementId;
  readonly #frames: SearchFrame[];
  #events = 0;
  #ops = 0;
  #sizeBytes = 0;
  /** The batch that was read last: its workspaces are looked at one by one. */
  #batch: CollapseBatch | undefined;

  constructor(searched: Searched, id: ElementId, position: SearchPosition) {
    this.#searched = searched;
    this.#id = id;
    this.#frames = [...position];
  }

  async run(): Promise<Provenance> {
    for (;;) {
      if (this.#events >= EVENTS_MAX || this.#ops >= OPS_MAX) return this.#told(null, [...this.#frames]);
      const frame = this.#frames.at(-1);
      if (frame === undefined) return this.#told(null, null);
      if (frame.part === 'batch') {
        this.#frames.pop();
        const writer = this.#lookIntoBatch(await this.#readBatch(frame), frame.view as number); // it is of a batch
        if (writer !== undefined) return this.#told(await this.#carried(writer), null);
        continue;
      }
      const last = lastBefore(this.#searched.rewrites, frame.view, frame.before);
      if (last === undefined) {
        this.#frames.pop();
        await this.#beginAtBase(frame);
        continue;
      }
      const rest = { ...frame, before: last.rewriteIdx };
      this.#frames[this.#frames.length - 1] = rest;
      const writer = await this.#look(rest, last);
      if (writer !== undefined) return this.#told(await this.#carried(writer), null);
    }
  }

  #told(writer: Writer | null, next: SearchPosition | null): Provenance {
    return { writer, next, searched: this.#events, sizeBytes: this.#sizeBytes };
  }

  /** What the rewrite says of the element; a collapse into the view, or a rebase of it, may lead elsewhere. */
  async #look(frame: SearchFrame, { eventIdx }: RewritePosition): Promise<Omit<Writer, 'carriedBy'> | undefined> {
    const event = await this.#read(eventIdx);
    if (frame.part === 'base') {
      if (event.kind === 'REBASE') await this.#goToBase(event.target, eventIdx, frame, null);
      return undefined;
    }
    if (event.kind === 'REWRITE_APPLIED') return this.#lookAtOps(event);
    if (event.kind === 'REBASE') {
      const writer = this.#lookAtOps(event) ?? this.#lookAtResolutions(event);
      if (writer !== undefined) return writer;
      const older = { ...frame, part: 'own', untilIdx: eventIdx } as const;
      const own = this.#isResolved(event) ? null : older;
      await this.#goToBase(event.target, eventIdx, frame, own);
      return undefined;
    }
    // Those that were aborted stand in the index of their own workspace alone.
    if (!isCollapse(event) || targetView(event) !== frame.view) return undefined;
    if (event.kind === 'COLLAPSE_BATCH') return this.#lookIntoBatch(event, null);
    if (this.#isResolved(event)) return this.#lookAtResolutions(event);
    this.#goInto(event.view, event);
    return undefined;
  }

  /** The next workspace of the batch before the one that was looked at last, or what was decided there. */
  #lookIntoBatch(event: CollapseBatch, last: number | null): Omit<Writer, 'carriedBy'> | undefined {
    const end = last === null ? event.entries.length : event.entries.findIndex(({ workspace }) => workspace === last);
    for (const entry of event.entries.slice(0, Math.max(end, 0)).toReversed()) {
      const { workspace } = entry;
      if (!isCommitted(entry)) continue;
      const takes = this.#takesOf(entry);
      if (takes === 'theirs') continue;
      if (takes !== undefined) return { event, workspace, op: null };
      const { rewriteIdx: before, idx: collapseIdx } = event;
      this.#frames.push({ view: workspace, before, collapseIdx, part: 'batch', untilIdx: null });
      this.#goInto(workspace, event);
      return undefined;
    }
    return undefined;
  }

  /** Looks for what the workspace itself had written when it was carried. */
  #goInto(view: number, { rewriteIdx: before, idx }: Collapse | CollapseBatch): void {
    this.#frames.push({ view, before, collapseIdx: idx, part: 'own', untilIdx: idx });
  }

  #isResolved(event: Collapse | Rebase): boolean {
    return this.#takesOf(event) !== undefined;
  }

  #lookAtOps(event: RewriteApplied | Rebase): Omit<Writer, 'carriedBy'> | undefined {
    this.#ops += event.ops.length;
    const op = event.ops.findLast((each) => elementOf(each)[1] === this.#id);
    return op && { event, workspace: event.view, op };
  }

  /** Nobody where theirs was taken. */
  #lookAtResolutions(event: Collapse | Rebase): Omit<Writer, 'carriedBy'> | undefined {
    const takes = this.#takesOf(event);
    return takes === undefined || takes === 'theirs' ? undefined : { event, workspace: event.view, op: null };
  }

  #takesOf({ resolutions }: Collapse | Rebase | BatchEntry): Resolution['takes'] | undefined {
    return resolutions.find(({ id }) => id === this.#id)?.takes;
  }

  async #carried(writer: Omit<Writer, 'carriedBy'>): Promise<Writer> {
    const carriedBy: (Collapse | CollapseBatch)[] = [];
    // A workspace's writes and those that it has from another have one carrier.
    for (const collapseIdx of new Set(this.#frames.toReversed().map((frame) => frame.collapseIdx))) {
      if (collapseIdx === null) continue;
      const event = await this.#read(collapseIdx);
      if (isCollapse(event)) carriedBy.push(event);
    }
    return { ...writer, carriedBy };
  }

  async #beginAtBase(frame: SearchFrame): Promise<void> {
    const { view } = frame;
    if (view === 'system') return;
    const { world } = this.#searched;
    const createdIdx = getWorkspace(world, view)?.createdIdx ?? createdIdxOf(await this.#mustHaveEnded(view), view);
    const created = await this.#read(createdIdx);
    if (created.kind !== 'SWS_CREATED') throw new Error(`workspace ${view} did not begin by a ${created.kind}`);
    this.#frames.push(frame);
    await this.#goToBase(created.parent, createdIdx, frame, null);
  }

  /**
   * In the place of the newest frame, which asks of a workspace that `target` gave a base at the event `idx`, comes what it has
   * from there; and above that what is left of its own to look at.
   */
  async #goToBase(target: number | null, idx: number, frame: SearchFrame, own: SearchFrame | null): Promise<void> {
    const view = target ?? 'system';
    const { collapseIdx, untilIdx } = frame;
    this.#frames.pop();
    const before = rewriteIdxAfter(this.#searched.rewrites, view, idx);
    const isTakenOver = untilIdx !== null && (await this.#isTakenOver(view, untilIdx));
    if (frame.part === 'own') {
      if (isTakenOver) this.#frames.push({ view, before, collapseIdx, part: 'own', untilIdx });
    } else if (isTakenOver) this.#frames.push({ view, before, collapseIdx, part: 'base', untilIdx });
    else this.#frames.push({ view, before, collapseIdx, part: 'all', untilIdx: null });
    if (own !== null) this.#frames.push(own);
  }

  /** Whether what a view had written was its forks' before the event `idx`: it was discarded, or what it went into was. */
  async #isTakenOver(view: ViewId, idx: number): Promise<boolean> {
    for (let at = view; at !== 'system';) {
      if (getWorkspace(this.#searched.world, at) !== undefined) return false;
      const end = await this.#mustHaveEnded(at);
      if (end.idx >= idx) return false;
      if (end.kind === 'DISCARD') return true;
      at = targetView(end);
    }
    return false;
  }

  /** The event that ended a workspace says where it began. */
  async #mustHaveEnded(number: number): Promise<Collapse | CollapseBatch | Discard> {
    const last = this.#searched.rewrites.lastOf(number);
    const end = last && (await this.#read(last.eventIdx));
    if (end !== undefined && (isCollapse(end) || end.kind === 'DISCARD')) return end;
    throw new Error(`workspace ${number} has ended, but not by a ${end?.kind}`);
  }

  async #readBatch({ collapseIdx: idx }: SearchFrame): Promise<CollapseBatch> {
    if (this.#batch?.idx === idx) return this.#batch;
    const event = idx === null ? null : await this.#read(idx);
    // Positions come from outside, and may be made up.
    if (event?.kind !== 'COLLAPSE_BATCH') throw new Failure('CURSOR_INVALID', 'after', 'no search was ever there');
    this.#batch = event;
    return event;
  }

  async #read(idx: number) {
    const { log } = this.#searched;
    if (idx < log.firstIdx) {
      throw new Failure('EVENT_ARCHIVED', 'element', `event ${idx} is archived, and nothing later wrote the element`);
    }
    const { event, body } = await readEvent(log, idx);
    this.#events += 1;
    this.#sizeBytes += body.length;
    return event;
  }
}

/** The newest rewrite of the view before this one; undefined if there is none. O(log² n) looks into the index. */
function lastBefore(rewrites: RewriteIndex, view: ViewId, before: number): RewritePosition | undefined {
  const newest = rewrites.lastOf(view);
  if (newest === undefined || newest.rewriteIdx < before) return newest;
  const firstAfter = (rewriteIdx: number): RewritePosition | undefined => {
    const [first] = rewrites.page(view, rewriteIdx, 1);
    return first !== undefined && first.rewriteIdx < before ? first : undefined;
  };
  // The view's rewrites before it lie above `low`, if there are any; none lies above `high`.
  let found: RewritePosition | undefined;
  let high = before - 1;
  for (let width = 1; high >= 0 && found === undefined; width *= 2) {
    const low = Math.max(-1, high - width);
    found = firstAfter(low);
    if (found === undefined) high = low;
  }
  while (found !== undefined) {
    const low = found.rewriteIdx;
    const next = firstAfter(low);
    if (next === undefined) return found;
    const middle = firstAfter(Math.floor((low + high) / 2));
    if (middle === undefined) high = Math.floor((low + high) / 2);
    found = middle ?? next;
  }
  return undefined;
}

/** The bound behind the view's last rewrite up to an event. */
function rewriteIdxAfter(rewrites: RewriteIndex, view: ViewId, idx: number): number {
  let low = 0;
  let high = rewrites.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [first] = rewrites.page(view, middle - 1, 1);
    if (first === undefined || first.eventIdx > idx) high = middle;
    else low = first.rewriteIdx + 1;
  }
  return low;
}
