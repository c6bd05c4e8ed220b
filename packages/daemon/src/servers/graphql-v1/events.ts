/** The history: events as v1 answers them, one by one and in connections. Nothing here needs more than the event itself. */
import {
  digestToHex,
  isCommitted,
  policyById,
  ZERO_DIGEST,
  type BatchEntry,
  type Collapse,
  type CollapseBatch,
  type CollapseSide,
  type Digest,
  type EncodedEvent,
  type Event,
  type ViewId,
} from '@jitos/kernel';
import { isRewrite, targetView } from '../../engine/event-workspaces.ts';
import { readEvent } from '../../engine/history-reader.ts';
import { mustBeCreated } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { conflictAnswer, conflictAnswers, metaAnswer } from '../graphql/answers.ts';
import { sideAnswer } from '../graphql/collapses.ts';
import { afterArchived } from '../graphql/history-queries.ts';
import type { JsonObject, JsonValue } from '../graphql/json-value.ts';
import { opToJson } from '../graphql/op-json.ts';
import { maySeeEvent, mustHave, mustSee } from '../auth/access.ts';
import { readNamedEvent } from '../graphql/read-named-event.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { ConnectionPage, cursorsOf, readPageArgs, type PageArgs, type PageWanted } from './connection.ts';
import { eventDetails } from './event-details.ts';
import type { SignedCursors } from './signed-cursors.ts';
import { numberPosition, positionNumber, viewRef, type ViewRef } from './workspaces.ts';

export class EventAnswer {
  readonly type = 'Event';
  readonly event: Event;

  constructor(event: Event) {
    this.event = event;
  }

  get id(): string {
    return `event:${this.event.idx}`;
  }

  get idx(): string {
    return String(this.event.idx);
  }

  get kind(): string {
    return this.event.kind;
  }

  get rewriteIdx(): string | null {
    return isRewrite(this.event) ? String(this.event.rewriteIdx) : null;
  }

  get view(): ViewRef | null {
    const view = viewOf(this.event);
    const after = afterwards(this.event);
    return view === null ? null : viewRef(view, after === null ? null : digestToHex(after.snapshotId));
  }

  get digest(): string | null {
    const after = afterwards(this.event);
    return after === null ? null : digestToHex(after.digest);
  }

  get principal(): string {
    return this.event.cause.principal;
  }

  get requestId(): string | null {
    return this.event.cause.requestId;
  }

  get validUntil(): string | null {
    const { validUntil } = this.event.cause;
    return validUntil === null ? null : String(validUntil);
  }

  get grantId(): string | null {
    const { grant } = this.event.cause;
    return grant === null ? null : digestToHex(grant);
  }

  get details(): JsonObject {
    return eventDetails(this.event);
  }

  get meta(): JsonValue {
    return 'meta' in this.event ? metaAnswer(this.event.meta) : null;
  }

  get packId(): string {
    return digestToHex(this.event.pins.rulePackId);
  }

  get policy(): number | null {
    return this.event.pins.policyId;
  }

  get ops(): readonly JsonObject[] {
    const { event } = this;
    return event.kind === 'REWRITE_APPLIED' || event.kind === 'REBASE' ? event.ops.map(opToJson) : [];
  }

  get choices(): readonly JsonObject[] {
    if (this.event.kind !== 'REBASE') return [];
    return this.event.choices.map(({ id, side }) => ({ elementId: digestToHex(id), side: side.toUpperCase() }));
  }

  get reason(): string | null {
    return this.event.kind === 'DISCARD' ? this.event.reason : null;
  }

  get tick(): string | null {
    return this.event.kind === 'TICK' ? String(this.event.tick) : null;
  }

  get ticks(): string | null {
    return this.event.kind === 'TICK' ? String(this.event.ticks) : null;
  }

  get collapses(): readonly JsonObject[] {
    return collapseReports(this.event);
  }
}

/** The view that an event moved, or was to move. */
function viewOf(event: Event): ViewId | null {
  if (event.kind === 'COLLAPSE' || event.kind === 'COLLAPSE_BATCH') return targetView(event);
  return event.kind === 'RULES_ACTIVATED' ? 'system' : event.view;
}

/** That view afterwards, where the event records it. */
function afterwards(event: Event): { readonly digest: Digest; readonly snapshotId: Digest } | null {
  if ('viewDigest' in event) return { digest: event.viewDigest, snapshotId: event.snapshotId };
  if ('targetDigest' in event) return { digest: event.targetDigest, snapshotId: event.targetSnapshotId };
  if ('systemDigest' in event) return { digest: event.systemDigest, snapshotId: event.systemSnapshotId };
  return null;
}

/** One for each workspace of a collapse or a batch; none of any other event. */
function collapseReports(event: Event): readonly JsonObject[] {
  if (event.kind === 'COLLAPSE') {
    const { view, mode, base, ours, changed, conflictCount, conflictsDigest } = event;
    const counts = { changed: changed && { ...changed }, conflictCount, conflictsDigest };
    const sides = { workspace: view, committed: mode !== null, mode, base, ours };
    return [reportAnswer(event, { ...sides, ...counts }, conflictAnswers(event))];
  }
  if (event.kind !== 'COLLAPSE_BATCH') return [];
  return event.entries.map((entry) => {
    const committed = isCommitted(entry);
    const { workspace, base, ours, changed, conflictCount, conflictsDigest } = entry;
    const sides = { workspace, committed, mode: committed ? 'merged' : null, base, ours };
    const conflicts = entry.conflicts.map((conflict) => conflictAnswer(conflict));
    return reportAnswer(event, { ...sides, changed: { ...changed }, conflictCount, conflictsDigest }, conflicts);
  });
}

interface ReportParts extends Pick<BatchEntry, 'workspace' | 'base' | 'ours' | 'conflictCount' | 'conflictsDigest'> {
  readonly committed: boolean;
  readonly mode: string | null;
  readonly changed: { readonly nodes: number; readonly edges: number } | null;
}

function reportAnswer(
  { pins, theirs, target, targetDigest, targetSnapshotId }: Collapse | CollapseBatch,
  { base, ours, changed, conflictCount, conflictsDigest, ...same }: ReportParts,
  conflicts: readonly JsonObject[],
): JsonObject {
  const policy = pins.policyId === null ? undefined : policyById(pins.policyId);
  const side = (each: CollapseSide): JsonObject => sideAnswer(each);
  return {
    ...same,
    policy: { ...policy },
    target: { ...viewRef(targetView({ target }), digestToHex(targetSnapshotId)) },
    targetDigest: digestToHex(targetDigest),
    base: side(base),
    ours: side(ours),
    theirs: side(theirs),
    changed: changed && { ...changed },
    conflictCount: String(conflictCount),
    conflictsDigest: conflictsDigest === null ? null : digestToHex(conflictsDigest),
    conflicts,
  };
}

/** The fields of `Conflict` that v0 calls otherwise. */
export const conflictFields = { elementId: ({ id }: { readonly id: string }): string => id };

/** Throws `EVENT_NOT_FOUND` or `EVENT_ARCHIVED` at `place`. */
export async function findEvent(context: RequestContext, idx: number, place: string): Promise<EventAnswer> {
  return new EventAnswer(await context.budget.inTurn(() => readNamedEvent(context, idx, place)));
}

export function resolveEvent(
  _: unknown,
  { idx }: { readonly idx: number },
  context: RequestContext,
): Promise<EventAnswer> {
  return findEvent(context, idx, 'idx');
}

class EventPage extends ConnectionPage<EventAnswer> {
  readonly totalCount: number | null;

  constructor(parts: ConstructorParameters<typeof ConnectionPage<EventAnswer>>[0], totalCount: number | null) {
    super(parts);
    this.totalCount = totalCount;
  }
}

export function resolveEvents(_: unknown, args: PageArgs, context: RequestContext): Promise<EventPage> {
  const { open, world } = context;
  mustHave(context, 'control'); // it tells of everyone's workspaces
  const cursors = cursorsOf(context, ['events']);
  const wanted = readPageArgs(args, cursors);
  const { firstIdx } = open.log;
  const { size } = world.history;
  const { start, end } = rangeOf(wanted, firstIdx, size);
  const isUp = wanted.from === 'start';
  const count = Math.min(wanted.count, Math.max(0, end - start));
  const idxs = [...Array(count).keys()].map((i) => (isUp ? start + i : end - 1 - i));
  const hasMore = end - start > count;
  return readList(context, { idxs, hasMore, wanted, cursors, positionOf, totalCount: size - firstIdx });
}

/** The numbers between the cursors, of those that there are. */
function rangeOf(
  { after, before }: PageWanted,
  first: number,
  size: number,
): { readonly start: number; readonly end: number } {
  const start = after === null ? first : Math.max(first, positionNumber(after.position) + 1);
  return { start, end: before === null ? size : Math.min(size, positionNumber(before.position)) };
}

function positionOf({ event }: EventAnswer): Digest {
  return numberPosition(event.idx);
}

function rewritePosition({ event }: EventAnswer): Digest {
  if (!isRewrite(event)) throw new Error(`event ${event.idx} is listed as a rewrite, but is ${event.kind}`);
  return numberPosition(event.rewriteIdx);
}

interface RewritesArgs extends PageArgs {
  readonly workspace?: number | null;
}

export function resolveRewrites(_: unknown, args: RewritesArgs, context: RequestContext): Promise<EventPage> {
  const { open, world } = context;
  const view = args.workspace ?? 'system';
  if (view !== 'system') {
    if (view < 0) throw new Failure('ID_INVALID', 'workspace', 'not the number of a workspace');
    mustSee(context, view, 'workspace');
    mustBeCreated(world, view, 'workspace');
  }
  const cursors = cursorsOf(context, ['rewrites', view]);
  const wanted = readPageArgs(args, cursors);
  const { start, end } = rangeOf(wanted, 0, world.rewriteCount);
  const from = afterArchived(open, view, start - 1);
  const isUp = wanted.from === 'start';
  // One more than are wanted tells whether there are more.
  const limit = wanted.count + 1;
  const found = open.rewrites
    .page(view, isUp ? from : lastBefore(context, { view, from, end, limit }), limit)
    .filter(({ rewriteIdx }) => rewriteIdx < end)
    .map(({ eventIdx }) => eventIdx);
  const idxs = (isUp ? found : found.toReversed()).slice(0, wanted.count);
  return readList(context, {
    idxs,
    hasMore: found.length > wanted.count,
    wanted,
    cursors,
    positionOf: rewritePosition,
    totalCount: null,
  });
}

/** The rewriteIdx behind which a view has the last `limit` rewrites before `end`, or all from `from` on where they are fewer. */
function lastBefore(
  { open }: RequestContext,
  {
    view,
    from,
    end,
    limit,
  }: { readonly view: ViewId; readonly from: number; readonly end: number; readonly limit: number },
): number {
  const holdsEnough = (after: number): boolean => {
    const last = open.rewrites.page(view, after, limit).at(limit - 1);
    return last !== undefined && last.rewriteIdx < end;
  };
  if (!holdsEnough(from)) return from;
  let low = from;
  let high = end;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holdsEnough(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface EventList {
  /** In the order in which they are read. */
  readonly idxs: readonly number[];
  readonly hasMore: boolean;
  readonly wanted: PageWanted;
  readonly cursors: SignedCursors;
  readonly positionOf: (event: EventAnswer) => Digest;
  readonly totalCount: number | null;
}

/** Ends early where events are large. */
function readList(context: RequestContext, list: EventList): Promise<EventPage> {
  const { budget, open, world } = context;
  const { idxs, hasMore, wanted, cursors, positionOf: position, totalCount } = list;
  return budget.inTurn(async () => {
    const sizeBytesMax = budget.beginPage();
    const inOrder: EventAnswer[] = [];
    let last: EventAnswer | undefined;
    let readCount = 0;
    let sizeBytes = 0;
    // Those that are not told are read as well.
    for (const idx of idxs) {
      const { event, body }: EncodedEvent = await readEvent(open.log, idx);
      sizeBytes += body.length;
      if (readCount > 0 && sizeBytes > sizeBytesMax) break;
      readCount += 1;
      last = new EventAnswer(event);
      if (maySeeEvent(context, event)) inOrder.push(last);
    }
    budget.endEvents(readCount, sizeBytes);
    const items = wanted.from === 'start' ? inOrder : inOrder.toReversed();
    const end = last === undefined ? null : position(last);
    const read = { items, hasMore: hasMore || readCount < idxs.length, end };
    const bound = { idx: world.history.size, snapshotId: ZERO_DIGEST };
    return new EventPage({ wanted, bound, cursors, read, positionOf: position }, totalCount);
  });
}
