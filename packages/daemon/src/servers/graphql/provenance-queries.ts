/** The queries `provenance` and `conflictProvenance`: who wrote what an element is in a view, and on each side of a collapse. */
import { digestToHex, type Collapse, type CollapseBatch, type ElementId } from '@jitos/kernel';
import { targetView } from '../../engine/event-workspaces.ts';
import {
  findWriter,
  searchBaseFrom,
  searchFrom,
  type Provenance,
  type SearchPosition,
  type Writer,
} from '../../engine/provenance.ts';
import { mustSee } from '../auth/access.ts';
import { mustBeCreated } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { metaAnswer, viewRefAnswer } from './answers.ts';
import { readCollapseEvent, type CollapseArgs } from './collapse-event.ts';
import type { JsonObject } from './json-value.ts';
import { opToJson, readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import { decodeSearch, encodeSearch } from './search-cursor.ts';
import { readAt, readViewId, refuseSnapshotId, type ViewRefInput } from './view-input.ts';

interface ProvenanceArgs {
  readonly view: ViewRefInput;
  readonly at?: string | null;
  readonly element: string;
  readonly after?: string | null;
}

export function resolveProvenance(_: unknown, args: ProvenanceArgs, context: RequestContext): Promise<JsonObject> {
  const { world, open } = context;
  const view = readViewId(args.view, 'view');
  refuseSnapshotId(args.view, 'view');
  mustSee(context, view, 'view');
  if (view !== 'system') mustBeCreated(world, view, 'view.swsId');
  const id = readHash(args.element, 'element');
  const at = readAt(args.at);
  const newest = world.history.size - 1;
  if (at !== null && at > newest) throw new Failure('EVENT_NOT_FOUND', 'at', `the newest event is ${newest}`);
  const after = args.after ?? null;
  const position = after === null ? searchFrom(open.rewrites, view, at ?? newest) : readAfter(after, context);
  return search(context, id, position);
}

/** Whoever may not see all goes on only where they might have begun: anyone can make a cursor. */
function readAfter(after: string, context: RequestContext): SearchPosition {
  const { workspaceCount, history } = context.world;
  const position = decodeSearch(after);
  const isHere = position?.every(({ view, collapseIdx, untilIdx }) => {
    const idx = Math.max(collapseIdx ?? 0, untilIdx ?? 0);
    return (view === 'system' || view < workspaceCount) && idx < history.size;
  });
  if (position !== undefined && isHere === true) {
    for (const { view } of position) mustSee(context, view, 'after');
    return position;
  }
  throw new Failure('CURSOR_INVALID', 'after', 'not where a search in this world went on');
}

interface ConflictArgs extends CollapseArgs {
  readonly element: string;
}

/** What the fields of `ConflictProvenance` search from. */
interface Sides {
  readonly element: ElementId;
  readonly base: SearchPosition;
  readonly ours: SearchPosition;
  readonly theirs: SearchPosition;
}

export async function resolveConflictProvenance(
  _: unknown,
  args: ConflictArgs,
  context: RequestContext,
): Promise<Sides> {
  const element = readHash(args.element, 'element');
  const { open, budget } = context;
  const { event, workspace } = await budget.inTurn(() => readCollapseEvent(context, args));
  const { rewrites } = open;
  const before = event.idx - 1;
  return {
    element,
    base: searchBaseFrom(workspace, event),
    ours: searchFrom(rewrites, workspace, before),
    theirs: searchFrom(rewrites, targetView(event), before),
  };
}

/** The fields of `ConflictProvenance`. */
export const conflictProvenance = {
  base: ({ element, base }: Sides, _: unknown, context: RequestContext): Promise<JsonObject> =>
    search(context, element, base),
  ours: ({ element, ours }: Sides, _: unknown, context: RequestContext): Promise<JsonObject> =>
    search(context, element, ours),
  theirs: ({ element, theirs }: Sides, _: unknown, context: RequestContext): Promise<JsonObject> =>
    search(context, element, theirs),
};

function search({ open, world, budget }: RequestContext, id: ElementId, position: SearchPosition): Promise<JsonObject> {
  return budget.inTurn(async () => {
    budget.beginPage();
    const found = await findWriter({ log: open.log, rewrites: open.rewrites, world }, id, position);
    const answer = provenanceAnswer(id, found);
    budget.endPage(found.searched, jsonSizeBytesOf(answer));
    return answer;
  });
}

function provenanceAnswer(id: ElementId, { writer, next, searched }: Provenance): JsonObject {
  return {
    element: digestToHex(id),
    writer: writer === null ? null : writerAnswer(writer),
    searched,
    next: next === null ? null : encodeSearch(next),
  };
}

function writerAnswer({ event, workspace, op, carriedBy }: Writer): JsonObject {
  return {
    id: String(event.idx),
    rewriteIdx: String(event.rewriteIdx),
    view: { ...viewRefAnswer(workspace, null) },
    principal: event.cause.principal,
    meta: metaAnswer(event.meta),
    op: op === null ? null : opToJson(op),
    carriedBy: carriedBy.map(carrierAnswer),
  };
}

function carrierAnswer({ idx, rewriteIdx, target, cause, meta }: Collapse | CollapseBatch): JsonObject {
  return {
    id: String(idx),
    rewriteIdx: String(rewriteIdx),
    into: { ...viewRefAnswer(target ?? 'system', null) },
    principal: cause.principal,
    meta: metaAnswer(meta),
  };
}
