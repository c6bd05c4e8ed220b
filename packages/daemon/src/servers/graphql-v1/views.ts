/** Views: finding the one that is asked for, and the state that a cursor is bound to. */
import { digestToHex, hexToDigest, type Digest, type ViewId } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import { viewRefAnswer } from '../graphql/answers.ts';
import { shelve } from '../graphql/graph-queries.ts';
import { whenThere, type MaybePromise } from '../graphql/maybe-promise.ts';
import { noteReads, WHOLE_VIEW } from '../graphql/noted-reads.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { readView, type ReadView } from '../graphql/view-input.ts';
import type { PageWanted } from './connection.ts';
import { viewNameText, type ViewName } from './global-id.ts';
import { inPlaces, type PlaceNames } from './places.ts';

/** A view as it was asked for, and as it was found. */
export interface OpenView {
  readonly name: ViewName;
  /** As ids have it. */
  readonly nameText: string;
  readonly read: ReadView;
}

export interface ViewArgs {
  readonly workspace?: number | null;
  readonly at?: number | null;
  readonly snapshotId?: string | null;
}

const PLACES: PlaceNames = { 'view.swsId': 'workspace', 'view.snapshotId': 'snapshotId' };

export function resolveView(_: unknown, args: ViewArgs, context: RequestContext): MaybePromise<OpenView> {
  const { workspace = null, at = null, snapshotId = null } = args;
  const view = workspace === null ? 'system' : workspace;
  if (view !== 'system' && view < 0) throw new Failure('ID_INVALID', 'workspace', 'not the number of a workspace');
  const digest = snapshotId === null ? null : hexToDigest(snapshotId)!; // the scalar lets nothing else through
  return openView(
    context,
    { view, at, snapshotId: at === null ? digest : null },
    { snapshotId: digest, places: PLACES },
  );
}

/** Throws what `readView` throws; where it names a `snapshotId` too, a view `at` a moment must have had that one. */
export function openView(
  context: RequestContext,
  name: ViewName,
  { snapshotId, places }: { readonly snapshotId: Digest | null; readonly places: PlaceNames },
): MaybePromise<OpenView> {
  const ref = viewRefAnswer(name.view, snapshotId === null ? null : digestToHex(snapshotId));
  const read = inPlaces(places, () => readView(context, { ref, at: name.at }, 'view'));
  return whenThere(read, (found) => ({ name, nameText: viewNameText(name), read: found }));
}

/** What a cursor's state can't be found for: it can be told no more. */
const GONE: readonly Reason[] = [
  'EVENT_ARCHIVED',
  'EVENT_NOT_FOUND',
  'PAST_TOO_LARGE',
  'WORKSPACE_ENDED',
  'WORKSPACE_NOT_FOUND',
];

/**
 * The view in the state that a page's cursors are bound to: while that is kept, and else as history tells it. Throws
 * `CURSOR_STALE`, and of the past what may be asked for again later.
 */
export function boundView(
  context: RequestContext,
  { read }: OpenView,
  { after, before }: Pick<PageWanted, 'after' | 'before'>,
): MaybePromise<ReadView> {
  const cursor = after ?? before;
  if (cursor === null || cursor.snapshotId === read.snapshotId) return read;
  const { idx, snapshotId } = cursor;
  const { id } = read;
  const place = after === null ? 'before' : 'after';
  const snapshot = context.open.shelf.get(id, snapshotId);
  if (snapshot !== undefined)
    return { id, snapshotId, digest: snapshot.digest, idx, source: { type: 'live', snapshot } };
  return readAsItWas(context, { id, idx, snapshotId, place });
}

async function readAsItWas(
  context: RequestContext,
  {
    id,
    idx,
    snapshotId,
    place,
  }: { readonly id: ViewId; readonly idx: number; readonly snapshotId: Digest; readonly place: string },
): Promise<ReadView> {
  const stale = (cause?: unknown): Failure =>
    new Failure('CURSOR_STALE', place, 'its snapshot is not kept any more, and history can not tell it', { cause });
  try {
    const ref = viewRefAnswer(id, null);
    const read = await readView(context, { ref, at: idx - 1 }, 'view');
    if (read.snapshotId === snapshotId) return read;
  } catch (error) {
    if (!(error instanceof Failure) || !GONE.includes(error.reason)) throw error;
    throw stale(error);
  }
  throw stale();
}

/** The fields of `View` that need work. */
export const viewFields = {
  id: ({ nameText }: OpenView): string => `view:${nameText}`,
  kind: ({ name }: OpenView): string => (name.view === 'system' ? 'SYSTEM' : 'WORKSPACE'),
  at: ({ read }: OpenView): string => String(read.idx - 1),
  digest: ({ read }: OpenView, _: unknown, context: RequestContext): string => {
    noteReads(context, read, WHOLE_VIEW);
    return digestToHex(read.digest);
  },
  snapshotId: ({ read }: OpenView, _: unknown, context: RequestContext): string => shelve(read, context),
};
