/** The query `diff`: what differs between two views at two moments, as elements and as ops, in pages. */
import {
  digestToHex,
  edgeValueDigest,
  nodeValueDigest,
  type Digest,
  type DiffPage,
  type GraphChange,
  type GraphEdge,
  type GraphNode,
  type Kind,
} from '@jitos/kernel';
import { readDiff, type AnswerTo, type DiffQuestion } from '../../engine/past/view-reading.ts';
import { mustGetHead } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { nodeData, payloadData, viewRefAnswer, type ViewRefAnswer } from './answers.ts';
import { decodeDiffCursor, encodeDiffCursor, type DiffCursor, type DiffMoment } from './diff-cursor.ts';
import { bytesToBase64, type JsonObject, type JsonValue } from './json-value.ts';
import { whenThere, type MaybePromise } from './maybe-promise.ts';
import { noteReads, rangesOfDiff, WHOLE_VIEW } from './noted-reads.ts';
import { opToJson, readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import {
  readAt,
  readFirst,
  readKinds,
  readView,
  readViewId,
  type PageInput,
  type ReadView,
  type ViewRefInput,
} from './view-input.ts';

export interface MomentInput {
  readonly view: ViewRefInput;
  readonly at?: string | null;
}

export interface DiffArgs {
  readonly from: MomentInput;
  readonly to: MomentInput;
  readonly page?: PageInput | null;
  readonly kinds?: readonly string[] | null;
}

/** What `diff` hands to the fields of `GraphDiff`. */
export interface DiffReading {
  readonly from: ReadView;
  readonly to: ReadView;
  readonly first: number;
  readonly after: DiffCursor | null;
  readonly kinds: readonly Kind[] | null;
}

const AFTER = 'page.after';

export async function resolveDiff(_: unknown, args: DiffArgs, context: RequestContext): Promise<DiffReading> {
  const first = readFirst(args.page, 'page');
  const after = readAfter(args.page);
  const kinds = readKinds(args.kinds, 'kinds');
  const [from, to] = after === null ? await readMoments(context, args) : await readBoundMoments(context, args, after);
  for (const moment of [from, to]) noteReads(context, moment, rangesOfDiff(kinds));
  return { from, to, first, after, kinds };
}

function readAfter(page: DiffArgs['page']): DiffCursor | null {
  const after = page?.after ?? null;
  if (after === null) return null;
  const cursor = decodeDiffCursor(after);
  if (cursor !== undefined) return cursor;
  throw new Failure('CURSOR_INVALID', AFTER, 'not a cursor of a page of a difference');
}

type Moments = readonly [from: ReadView, to: ReadView];

async function readMoments(context: RequestContext, { from, to }: DiffArgs): Promise<Moments> {
  return [await readMoment(context, from, 'from'), await readMoment(context, to, 'to')];
}

/** Throws what `readView` throws, at places in `place`. */
export async function readMoment(context: RequestContext, { view, at }: MomentInput, place: string): Promise<ReadView> {
  try {
    return await readView(context, { ref: view, at: readAt(at) }, 'view');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.reason, `${place}.${error.place}`, error.message, { cause: error });
  }
}

/**
 * The moments that a cursor is bound to: the snapshots themselves while they are kept, else what the views were then. Throws
 * `CURSOR_INVALID` or `CURSOR_STALE`.
 */
async function readBoundMoments(context: RequestContext, { from, to }: DiffArgs, after: DiffCursor): Promise<Moments> {
  mustMean(from, 'from', after.from);
  mustMean(to, 'to', after.to);
  const isLive = (from.at ?? null) === null && (to.at ?? null) === null;
  const [keptFrom, keptTo] = isLive ? [readKept(context, after.from), readKept(context, after.to)] : [];
  if (keptFrom !== undefined && keptTo !== undefined) return [keptFrom, keptTo];
  return [await readPast(context, after.from, 'from'), await readPast(context, after.to, 'to')];
}

function mustMean({ view: ref, at }: MomentInput, place: string, bound: DiffMoment): void {
  const wantedAt = readAt(at);
  const wantedId = ref.snapshotId ?? null;
  const isMeant =
    readViewId(ref, `${place}.view`) === bound.view &&
    (wantedAt === null || wantedAt + 1 === bound.idx) &&
    (wantedId === null || readHash(wantedId, `${place}.view.snapshotId`) === bound.snapshotId);
  if (!isMeant) throw new Failure('CURSOR_INVALID', AFTER, 'the cursor is of other moments');
}

function readKept({ open }: RequestContext, { view, idx, snapshotId }: DiffMoment): ReadView | undefined {
  const snapshot = open.shelf.get(view, snapshotId);
  if (snapshot === undefined) return undefined;
  return { id: view, snapshotId, digest: snapshot.digest, idx, source: { type: 'live', snapshot } };
}

async function readPast(
  context: RequestContext,
  { view, idx, snapshotId }: DiffMoment,
  place: string,
): Promise<ReadView> {
  const ref = view === 'system' ? ({ kind: 'SYSTEM' } as const) : ({ kind: 'SWS', swsId: String(view) } as const);
  const read = await readMoment(context, { view: ref, at: String(idx - 1) }, place);
  if (read.snapshotId === snapshotId) return read;
  throw new Failure('CURSOR_STALE', AFTER, 'its snapshot is not kept any more');
}

/** The fields of `GraphDiff`. */
export const graphDiff = {
  from: ({ from }: DiffReading, _: unknown, context: RequestContext): MomentAnswer => momentAnswer(context, from),
  to: ({ to }: DiffReading, _: unknown, context: RequestContext): MomentAnswer => momentAnswer(context, to),
  changes: (reading: DiffReading, _: unknown, context: RequestContext): MaybePromise<JsonObject> => {
    return whenThere(readDiffPage(context, reading, 'changes'), (page) => ({
      changes: page.entries.map((change) => changeAnswer(change, context.budget.wantsData)),
      pageInfo: pageInfoOf(context, reading, 'changes', page),
    }));
  },
  ops: (reading: DiffReading, _: unknown, context: RequestContext): MaybePromise<JsonObject> => {
    return whenThere(readDiffPage(context, reading, 'steps'), (page) => ({
      ops: page.entries.flatMap(({ ops }) => ops.map(opToJson)),
      pageInfo: pageInfoOf(context, reading, 'ops', page),
    }));
  },
};

interface MomentAnswer {
  readonly view: ViewRefAnswer;
  readonly at: string;
  readonly digest: string;
}

function momentAnswer(context: RequestContext, read: ReadView): MomentAnswer {
  const { id, snapshotId, idx, digest } = read;
  noteReads(context, read, WHOLE_VIEW);
  return { view: viewRefAnswer(id, digestToHex(snapshotId)), at: String(idx - 1), digest: digestToHex(digest) };
}

export type DiffPageOf<Ask extends DiffQuestion['ask']> = AnswerTo<DiffQuestion & { readonly ask: Ask }>;

export function readDiffPage<Ask extends DiffQuestion['ask']>(
  context: RequestContext,
  { from, to, first, after, kinds }: DiffReading,
  ask: Ask,
): MaybePromise<DiffPageOf<Ask>> {
  const { budget } = context;
  if (after !== null && (after.kind === 'changes') !== (ask === 'changes')) {
    throw new Failure('CURSOR_INVALID', AFTER, `not a cursor of a page of ${ask === 'changes' ? 'changes' : 'ops'}`);
  }
  const begin = (): DiffQuestion & { readonly ask: Ask } => {
    const bounds = { sizeBytesMax: budget.beginPage(), wantsData: budget.wantsData };
    const before = { idx: from.idx - 1, view: from.id };
    return { ask, before, page: { first, after: after?.last ?? null, kinds, ...bounds } };
  };
  const end = (page: DiffPageOf<Ask>): DiffPageOf<Ask> => {
    budget.endPage(page.scanned, page.sizeBytes);
    return page;
  };
  if (from.source.type === 'live' && to.source.type === 'live') {
    return end(readDiff(from.source.snapshot, to.source.snapshot, begin()));
  }
  mustBeMoment(context, from, 'from');
  mustBeMoment(context, to, 'to');
  return budget.inTurn(async () => end(await context.askPast({ idx: to.idx - 1, view: to.id }, begin())));
}

/** Where one side is of the past, the other has to be the view as it is or was after an event, too. */
function mustBeMoment({ world }: RequestContext, { id, snapshotId, source }: ReadView, place: string): void {
  if (source.type === 'past') return;
  if (mustGetHead(world, id, `${place}.view.swsId`).id === snapshotId) return;
  const detail = 'beside a moment of the past, name this one by `at`, too';
  throw new Failure('SNAPSHOT_NOT_FOUND', `${place}.view.snapshotId`, detail);
}

function pageInfoOf(
  { open }: RequestContext,
  { from, to }: DiffReading,
  kind: DiffCursor['kind'],
  { end, hasNext }: Pick<DiffPage<unknown>, 'end' | 'hasNext'>,
): JsonObject {
  if (hasNext) keepMoments(open, [from, to]);
  const last = end;
  const endCursor = last === null ? null : encodeDiffCursor({ kind, from: momentOf(from), to: momentOf(to), last });
  return { endCursor, hasNextPage: hasNext };
}

/** Whoever is given a cursor may come back with it. */
export function keepMoments(open: RequestContext['open'], moments: readonly ReadView[]): void {
  for (const { id, source } of moments) if (source.type === 'live') open.shelf.put(id, source.snapshot);
}

export function momentOf({ id, idx, snapshotId }: ReadView): DiffMoment {
  return { view: id, idx, snapshotId };
}

export function changeAnswer(change: GraphChange, wantsData: boolean): JsonObject {
  if (change.element === 'node') {
    const node = (change.after ?? change.before)!; // one of the two is there
    return {
      ...nodeName(node),
      before: valueAnswer(change.before, nodeValueDigest, wantsData ? nodeData : undefined),
      after: valueAnswer(change.after, nodeValueDigest, wantsData ? nodeData : undefined),
    };
  }
  const edge = (change.after ?? change.before)!; // one of the two is there
  return {
    ...edgeName(edge),
    before: valueAnswer(change.before, edgeValueDigest, wantsData ? payloadData : undefined),
    after: valueAnswer(change.after, edgeValueDigest, wantsData ? payloadData : undefined),
  };
}

/** What never changes of a node. */
export function nodeName(node: GraphNode): JsonObject {
  const key = node.type === 'keyed' ? bytesToBase64(node.key) : null;
  return { element: 'NODE', id: digestToHex(node.id), kind: node.kind, from: null, to: null, key_b64: key };
}

/** What never changes of an edge. */
export function edgeName({ id, kind, from, to, key }: GraphEdge): JsonObject {
  const ends = { from: digestToHex(from), to: digestToHex(to) };
  return { element: 'EDGE', id: digestToHex(id), kind, ...ends, key_b64: key === null ? null : bytesToBase64(key) };
}

/** Without `data` where nobody asks for it. */
export function valueAnswer<Element>(
  element: Element | undefined,
  digestOf: (element: Element) => Digest,
  dataOf: ((element: Element) => JsonValue) | undefined,
): JsonObject | null {
  if (element === undefined) return null;
  return { digest: digestToHex(digestOf(element)), data: dataOf === undefined ? null : dataOf(element) };
}
