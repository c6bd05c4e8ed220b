/** Workspaces, one by one and in connections. */
import {
  DIGEST_SIZE,
  emptyTrie,
  getWorkspace,
  keyToNumber,
  numberToKey,
  trieCount,
  trieEntries,
  trieEntriesBelow,
  ZERO_DIGEST,
  type Bytes,
  type Digest,
  type Trie,
  type ViewId,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { openSwsAnswer, swsSizeBytes, type SwsAnswer, type ViewRefAnswer } from '../graphql/answers.ts';
import { resolveSws } from '../graphql/history-queries.ts';
import { whenThere, type MaybePromise } from '../graphql/maybe-promise.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { visibleForks, visibleWorkspaces } from '../graphql/visible-workspaces.ts';
import { ConnectionPage, cursorsOf, readPageArgs, type PageArgs, type PageWanted } from './connection.ts';
import { inPlaces } from './places.ts';
import { openView, type OpenView } from './views.ts';

export interface ViewRef {
  readonly kind: 'SYSTEM' | 'WORKSPACE';
  readonly workspace: number | null;
  readonly snapshotId: string | null;
}

/** `snapshotId` in hex, or null where none is told. */
export function viewRef(view: ViewId, snapshotId: string | null): ViewRef {
  return view === 'system'
    ? { kind: 'SYSTEM', workspace: null, snapshotId }
    : { kind: 'WORKSPACE', workspace: view, snapshotId };
}

/** A workspace as v0 reads it. */
export interface WorkspaceAnswer {
  readonly type: 'Workspace';
  readonly number: number;
  readonly sws: SwsAnswer;
}

export function workspaceAnswer(number: number, sws: SwsAnswer): WorkspaceAnswer {
  return { type: 'Workspace', number, sws };
}

/** Throws `WORKSPACE_NOT_FOUND` at `place`. */
export function findWorkspace(context: RequestContext, number: number, place: string): MaybePromise<WorkspaceAnswer> {
  if (number < 0) throw new Failure('ID_INVALID', place, 'not the number of a workspace');
  const found = inPlaces({ id: place, swsId: place }, () => resolveSws(undefined, { id: String(number) }, context));
  return whenThere(found, (sws) => workspaceAnswer(number, sws));
}

export function resolveWorkspace(
  _: unknown,
  { number }: { readonly number: number },
  context: RequestContext,
): MaybePromise<WorkspaceAnswer> {
  return findWorkspace(context, number, 'number');
}

class WorkspacePage extends ConnectionPage<WorkspaceAnswer> {
  readonly totalCount: number;

  constructor(parts: ConstructorParameters<typeof ConnectionPage<WorkspaceAnswer>>[0], totalCount: number) {
    super(parts);
    this.totalCount = totalCount;
  }
}

export function resolveWorkspaces(_: unknown, args: PageArgs, context: RequestContext): WorkspacePage {
  return pageOf(context, visibleWorkspaces(context), ['workspaces'], args);
}

/** A page of those whose numbers are the trie's keys; it ends early where their metas are large. */
function pageOf(
  context: RequestContext,
  numbers: Trie<unknown>,
  list: readonly unknown[],
  args: PageArgs,
): WorkspacePage {
  const { world, budget } = context;
  const cursors = cursorsOf(context, list);
  const wanted = readPageArgs(args, cursors);
  const sizeBytesMax = budget.beginPage();
  const inOrder: WorkspaceAnswer[] = [];
  let sizeBytes = 0;
  const keys = keysOf(numbers, wanted);
  for (const key of keys.slice(0, wanted.count)) {
    const workspace = getWorkspace(world, keyToNumber(key))!; // it is open
    sizeBytes += swsSizeBytes(workspace);
    if (inOrder.length > 0 && sizeBytes > sizeBytesMax) break;
    inOrder.push(workspaceAnswer(workspace.number, openSwsAnswer(workspace, world.settings)));
  }
  budget.endPage(inOrder.length, sizeBytes);
  const items = wanted.from === 'start' ? inOrder : inOrder.toReversed();
  const last = inOrder.at(-1);
  const read = {
    items,
    hasMore: keys.length > inOrder.length,
    end: last === undefined ? null : numberPosition(last.number),
  };
  const bound = { idx: world.history.size, snapshotId: ZERO_DIGEST };
  const positionOf = ({ number }: WorkspaceAnswer): Digest => numberPosition(number);
  return new WorkspacePage({ wanted, bound, cursors, read, positionOf }, trieCount(numbers));
}

/** One more than are wanted, from the end that they are wanted from. */
function keysOf(numbers: Trie<unknown>, { count, from, after, before }: PageWanted): readonly Bytes[] {
  const isUp = from === 'start';
  const start = (isUp ? after : before)?.position;
  const stop = (isUp ? before : after)?.position;
  const startKey = start === undefined ? null : keyOf(start);
  const entries = isUp ? trieEntries(numbers, startKey, count + 1) : trieEntriesBelow(numbers, startKey, count + 1);
  const keys = entries.map(({ key }) => key);
  if (stop === undefined) return keys;
  const stopKey = keyOf(stop);
  return keys.filter((key) => (isUp ? key < stopKey : key > stopKey));
}

/** A number as the position of a cursor. */
export function numberPosition(number: number): Digest {
  return numberToKey(number).padEnd(DIGEST_SIZE, '\0') as Digest; // as many bytes as a digest has
}

function keyOf(position: Digest): Bytes {
  return position.slice(0, numberToKey(0).length) as Bytes; // a part of bytes
}

/** The number that `numberPosition` was given. */
export function positionNumber(position: Digest): number {
  return keyToNumber(keyOf(position));
}

/** The fields of `Workspace`. */
export const workspaceFields = {
  id: ({ number }: WorkspaceAnswer): string => `workspace:${number}`,
  state: ({ sws }: WorkspaceAnswer): string => sws.state,
  base: ({ sws }: WorkspaceAnswer): ViewRef => {
    const { swsId, snapshotId } = sws.base as unknown as ViewRefAnswer; // v0 has made it one
    return viewRef(swsId === null ? 'system' : Number(swsId), snapshotId);
  },
  meta: ({ sws }: WorkspaceAnswer): unknown => sws.meta,
  parent: ({ sws }: WorkspaceAnswer, _: unknown, context: RequestContext): MaybePromise<WorkspaceAnswer> | null =>
    sws.parent === null ? null : findWorkspace(context, Number(sws.parent), 'parent'),
  children: ({ number }: WorkspaceAnswer, args: PageArgs, context: RequestContext): WorkspacePage => {
    const children = getWorkspace(context.world, number)?.children ?? emptyTrie<number>();
    return pageOf(context, visibleForks(context, children), ['children', number], args);
  },
  opCount: ({ sws }: WorkspaceAnswer): number | null => sws.opCount,
  abortCount: ({ sws }: WorkspaceAnswer): number | null => sws.abortCount,
  needsAttention: ({ sws }: WorkspaceAnswer): boolean => sws.needsAttention,
  digest: ({ sws }: WorkspaceAnswer): string | null => sws.digest,
  snapshotId: ({ sws }: WorkspaceAnswer): string | null => sws.snapshotId,
  view: ({ number, sws }: WorkspaceAnswer, _: unknown, context: RequestContext): MaybePromise<OpenView> | null => {
    if (sws.state !== 'ACTIVE') return null;
    const name = { view: number, at: null, snapshotId: null };
    return openView(context, name, { snapshotId: null, places: {} });
  },
};
