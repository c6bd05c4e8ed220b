/**
 * The arguments that reads share: views, pages, filters. Types are GraphQL's business; here their meaning is checked,
 * so that each fault has its reason and its place.
 */
import { isKind, type Digest, type EdgeFilter, type NodeFilter, type Snapshot, type ViewId } from '@jitos/kernel';
import type { AnswerTo, Question } from '../../engine/past/view-reading.ts';
import { mustGetHead } from '../../engine/world-views.ts';
import { Failure } from '../../errors/failure.ts';
import { mustSee } from '../auth/access.ts';
import { decodeCursor, type Cursor } from './cursor.ts';
import { invalid } from './json-value.ts';
import type { MaybePromise } from './maybe-promise.ts';
import { readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';

type Maybe<T> = T | null | undefined;

export interface ViewRefInput {
  readonly kind: 'SYSTEM' | 'SWS';
  readonly swsId?: Maybe<string>;
  readonly snapshotId?: Maybe<string>;
}

export interface PageInput {
  readonly first?: Maybe<number>;
  readonly after?: Maybe<string>;
}

export interface NodeFilterInput {
  readonly kinds?: Maybe<readonly string[]>;
  readonly hasKeys?: Maybe<readonly string[]>;
}

export interface EdgeFilterInput {
  readonly kinds?: Maybe<readonly string[]>;
  readonly from?: Maybe<string>;
  readonly to?: Maybe<string>;
}

export const FIRST_DEFAULT = 200;
export const FIRST_MAX = 1000;
const KINDS_MAX = 64;
const HAS_KEYS_MAX = 16;

const NUMBER = /^(?:0|[1-9]\d*)$/;

/** Throws `VIEW_INVALID` or `ID_INVALID`. */
export function readViewId(view: ViewRefInput, place: string): ViewId {
  const swsId = view.swsId ?? null;
  if (view.kind === 'SYSTEM') {
    if (swsId === null) return 'system';
    throw new Failure('VIEW_INVALID', `${place}.swsId`, 'System has no workspace number');
  }
  if (swsId === null) throw new Failure('VIEW_INVALID', `${place}.swsId`, 'a workspace is named by its number');
  return readNumber(swsId, `${place}.swsId`);
}

/** The number of a workspace; one past 2⁵³ names none, as any other that is too high. Throws `ID_INVALID`. */
export function readNumber(text: string, place: string): number {
  if (!NUMBER.test(text)) throw new Failure('ID_INVALID', place, 'not the decimal digits of a number');
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/** For what knows only the newest state of a view. Throws `NOT_IMPLEMENTED` if the caller names an older one. */
export function refuseSnapshotId(view: ViewRefInput, place: string): void {
  if ((view.snapshotId ?? null) === null) return;
  throw new Failure('NOT_IMPLEMENTED', `${place}.snapshotId`, 'snapshots can be read by graph, node and edge only');
}

/** Which view, and after which event; the newest where that is null. */
export interface ViewWanted {
  readonly ref: ViewRefInput;
  readonly at: number | null;
}

/** A view at a moment, and what can be asked of it: on the spot, or where the past is made. */
export interface ReadView {
  readonly id: ViewId;
  readonly snapshotId: Digest;
  readonly digest: Digest;
  /** Events in the history at that moment. */
  readonly idx: number;
  readonly source:
    | { readonly type: 'live'; readonly snapshot: Snapshot }
    | { readonly type: 'past'; readonly ask: <Q extends Question>(question: Q) => Promise<AnswerTo<Q>> };
}

/** The idx of an event; null where none is given. Throws `ID_INVALID`. */
export function readAt(at: Maybe<string>): number | null {
  return at === null || at === undefined ? null : readNumber(at, 'at');
}

/**
 * The view at its `snapshotId`, or as it is or was. Throws `SNAPSHOT_NOT_FOUND`, `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`,
 * and of the past what `PastViews` throws.
 */
export function readView(context: RequestContext, { ref, at }: ViewWanted, place: string): MaybePromise<ReadView> {
  const id = readViewId(ref, place);
  const wanted = ref.snapshotId ?? null;
  const snapshotId = wanted === null ? null : readHash(wanted, `${place}.snapshotId`);
  const missing = (): Failure => {
    return new Failure('SNAPSHOT_NOT_FOUND', `${place}.snapshotId`, 'the view has no such snapshot, or none is kept');
  };
  return findView(context, { id, at, snapshotId, place, missing });
}

interface Finding {
  readonly id: ViewId;
  readonly at: number | null;
  /** Null: any. */
  readonly snapshotId: Digest | null;
  /** Of the view. */
  readonly place: string;
  /** What is thrown where there is no such snapshot. */
  readonly missing: () => Failure;
}

function findView(context: RequestContext, { id, at, snapshotId, place, missing }: Finding): MaybePromise<ReadView> {
  mustSee(context, id, id === 'system' ? place : `${place}.swsId`);
  if (at !== null) return findPastView(context, { id, at, snapshotId, missing });
  const { world, open } = context;
  // Kept also of a workspace that has ended: a fork may have its base from there.
  const kept = snapshotId === null ? undefined : open.shelf.get(id, snapshotId);
  const snapshot = kept ?? mustGetHead(world, id, `${place}.swsId`);
  if (snapshotId !== null && snapshot.id !== snapshotId) throw missing();
  const { id: foundId, digest } = snapshot;
  return { id, snapshotId: foundId, digest, idx: world.history.size, source: { type: 'live', snapshot } };
}

async function findPastView(
  { askPast }: RequestContext,
  { id, at, snapshotId, missing }: Omit<Finding, 'place' | 'at'> & { readonly at: number },
): Promise<ReadView> {
  const ask = <Q extends Question>(question: Q): Promise<AnswerTo<Q>> => askPast({ idx: at, view: id }, question);
  const found = await ask({ ask: 'snapshot' });
  if (snapshotId !== null && found.id !== snapshotId) throw missing();
  return { id, snapshotId: found.id, digest: found.digest, idx: at + 1, source: { type: 'past', ask } };
}

export interface ReadPage {
  readonly first: number;
  readonly after: Cursor | null;
}

/** Throws `PAGE_INVALID`, or `CURSOR_INVALID` for a cursor of anything but this view's pages of this kind. */
export function readPage(page: Maybe<PageInput>, place: string, kind: Cursor['kind'], view: ViewId): ReadPage {
  const first = readFirst(page, place);
  const after = page?.after ?? null;
  if (after === null) return { first, after: null };
  const cursor = decodeCursor(after);
  if (cursor?.kind === kind && cursor.view === view) return { first, after: cursor };
  throw new Failure('CURSOR_INVALID', `${place}.after`, `not a cursor of a page of this view's ${kind}`);
}

/** Throws `PAGE_INVALID`. */
export function readFirst(page: Maybe<PageInput>, place: string): number {
  const first = page?.first ?? FIRST_DEFAULT;
  if (first >= 1 && first <= FIRST_MAX) return first;
  throw new Failure('PAGE_INVALID', `${place}.first`, `${first} is not from 1 to ${FIRST_MAX}`);
}

/** Where a list of numbered things goes on: above this number. Throws `CURSOR_INVALID`. */
export function readAfterNumber(page: Maybe<PageInput>, place: string): number | null {
  const after = page?.after ?? null;
  if (after === null) return null;
  if (!NUMBER.test(after)) throw new Failure('CURSOR_INVALID', `${place}.after`, 'not the number of an entry');
  return Math.min(Number(after), Number.MAX_SAFE_INTEGER);
}

/**
 * The view at the snapshot that pages go on in: the one that their cursors are of, else the view's. Throws `CURSOR_STALE`, or
 * `CURSOR_INVALID` where two say different things.
 */
export function pagedView(
  context: RequestContext,
  wanted: ViewWanted,
  pages: readonly { readonly page: ReadPage; readonly place: string }[],
): MaybePromise<ReadView> {
  const cursors = pages.flatMap(({ page, place }) => (page.after === null ? [] : [{ cursor: page.after, place }]));
  const [first] = cursors;
  if (first === undefined) return readView(context, wanted, 'view');
  const { ref, at } = wanted;
  const id = readViewId(ref, 'view');
  const { snapshotId } = first.cursor;
  const place = `${first.place}.after`;
  const named = ref.snapshotId ?? null;
  const other = cursors.find(({ cursor }) => cursor.snapshotId !== snapshotId);
  if (other !== undefined || (named !== null && readHash(named, 'view.snapshotId') !== snapshotId)) {
    throw new Failure('CURSOR_INVALID', `${(other ?? first).place}.after`, 'the cursor is of another snapshot');
  }
  const missing = (): Failure =>
    at === null
      ? new Failure('CURSOR_STALE', place, 'its snapshot is not kept any more')
      : new Failure('CURSOR_INVALID', place, `the view had another snapshot after event ${at}`);
  return findView(context, { id, at, snapshotId, place: 'view', missing });
}

export function readNodeFilter(filter: Maybe<NodeFilterInput>, place: string): NodeFilter {
  const hasKeys = filter?.hasKeys ?? null;
  if (hasKeys !== null && hasKeys.length > HAS_KEYS_MAX)
    throw invalid(`${place}.hasKeys`, `more than ${HAS_KEYS_MAX} names`);
  return { kinds: readKinds(filter?.kinds, `${place}.kinds`), hasKeys, where: null };
}

export function readEdgeFilter(filter: Maybe<EdgeFilterInput>, place: string): EdgeFilter {
  const from = filter?.from ?? null;
  const to = filter?.to ?? null;
  return {
    kinds: readKinds(filter?.kinds, `${place}.kinds`),
    from: from === null ? null : readHash(from, `${place}.from`),
    to: to === null ? null : readHash(to, `${place}.to`),
  };
}

/** Throws `FORMAT_INVALID` or `KIND_INVALID`. */
export function readKinds(kinds: Maybe<readonly string[]>, place: string): readonly string[] | null {
  if (kinds === null || kinds === undefined) return null;
  if (kinds.length > KINDS_MAX) throw invalid(place, `more than ${KINDS_MAX} kinds`);
  const bad = kinds.findIndex((kind) => !isKind(kind));
  if (bad < 0) return kinds;
  throw new Failure('KIND_INVALID', `${place}[${bad}]`, 'a kind is 1–128 characters of A–Z a–z 0–9 _ . : -');
}
