/** Differences between two views or two moments, in connections that go on where they began. */
import { digestToHex, type DiffPosition, type DiffStep, type GraphChange } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { viewRefAnswer } from '../graphql/answers.ts';
import { encodeDiffCursor } from '../graphql/diff-cursor.ts';
import {
  changeAnswer,
  keepMoments,
  momentOf,
  readDiffPage,
  resolveDiff,
  type DiffReading,
  type MomentInput,
} from '../graphql/diff-queries.ts';
import type { JsonObject } from '../graphql/json-value.ts';
import type { MaybePromise } from '../graphql/maybe-promise.ts';
import { opToJson } from '../graphql/op-json.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { cursorsOf, PAGE_DEFAULT } from './connection.ts';
import { inPlaces, type PlaceNames } from './places.ts';
import type { SignedCursors } from './signed-cursors.ts';
import { resolveView, type OpenView, type ViewArgs } from './views.ts';

interface DiffArgs {
  readonly from: ViewArgs;
  readonly to: ViewArgs;
  readonly kinds?: readonly string[] | null;
}

interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

const PLACES: PlaceNames = {
  'from.view.swsId': 'from.workspace',
  'from.view.snapshotId': 'from.snapshotId',
  'to.view.swsId': 'to.workspace',
  'to.view.snapshotId': 'to.snapshotId',
  'page.first': 'first',
  'page.after': 'after',
};

/** What is compared is read by the fields that tell of it. */
export function resolveDiffV1(_: unknown, args: DiffArgs): DiffArgs {
  return args;
}

function momentInput({ workspace, at, snapshotId }: ViewArgs): MomentInput {
  const ref = viewRefAnswer(workspace ?? 'system', snapshotId ?? null);
  return { view: ref, at: at === null || at === undefined ? null : String(at) };
}

async function readMoment(args: ViewArgs, place: string, context: RequestContext): Promise<OpenView> {
  const names = { workspace: `${place}.workspace`, at: `${place}.at`, snapshotId: `${place}.snapshotId` };
  return await inPlaces(names, () => resolveView(undefined, args, context));
}

interface Entry {
  readonly cursor: string;
  readonly node: JsonObject;
}

interface Connection {
  readonly edges: readonly Entry[];
  readonly pageInfo: JsonObject;
}

type Ask = 'changes' | 'steps';
type EntryOf = { readonly changes: GraphChange; readonly steps: DiffStep };

async function readConnection<A extends Ask>(
  context: RequestContext,
  diff: DiffArgs,
  { first, after }: PageArgs,
  { ask, answer }: { readonly ask: A; readonly answer: (entry: EntryOf[A]) => JsonObject },
): Promise<Connection> {
  const { from, to, kinds = null } = diff;
  const cursors = cursorsOf(context, ['diff', ask, from, to, kinds]);
  const page = { first: first ?? PAGE_DEFAULT, after: openCursor(cursors, after) };
  const reading = await inPlaces(PLACES, () =>
    resolveDiff(undefined, { from: momentInput(from), to: momentInput(to), page, kinds }, context),
  );
  const read = await inPlaces(PLACES, () => readDiffPage(context, reading, ask));
  const entries = read.entries as readonly EntryOf[A][]; // what was asked for
  if (entries.length > 0) keepMoments(context.open, [reading.from, reading.to]);
  const cursorAt = (last: DiffPosition): string => cursors.seal(encodeDiffCursor(cursorOf(reading, ask, last)));
  const edges = entries.map((entry, i) => ({ cursor: cursorAt(read.positions[i]!), node: answer(entry) })); // one for each
  const endCursor = read.hasNext && read.end !== null ? cursorAt(read.end) : (edges.at(-1)?.cursor ?? null);
  const pageInfo = {
    hasNextPage: read.hasNext,
    hasPreviousPage: page.after !== null,
    startCursor: edges[0]?.cursor ?? null,
    endCursor,
  };
  return { edges, pageInfo };
}

function cursorOf({ from, to }: DiffReading, ask: Ask, last: DiffPosition): Parameters<typeof encodeDiffCursor>[0] {
  return { kind: ask === 'changes' ? 'changes' : 'ops', from: momentOf(from), to: momentOf(to), last };
}

function openCursor(cursors: SignedCursors, after: string | null | undefined): string | null {
  if (after === null || after === undefined) return null;
  const opened = cursors.open(after);
  if (opened !== undefined) return opened;
  throw new Failure('CURSOR_INVALID', 'after', 'not a cursor that this list was answered with');
}

/** The fields of `Diff`. */
export const diffFields = {
  from: ({ from }: DiffArgs, _: unknown, context: RequestContext): MaybePromise<OpenView> =>
    readMoment(from, 'from', context),
  to: ({ to }: DiffArgs, _: unknown, context: RequestContext): MaybePromise<OpenView> => readMoment(to, 'to', context),
  changes: (diff: DiffArgs, args: PageArgs, context: RequestContext): Promise<Connection> => {
    const answer = (change: GraphChange): JsonObject => changeAnswer(change, context.budget.wantsData);
    return readConnection(context, diff, args, { ask: 'changes', answer });
  },
  steps: (diff: DiffArgs, args: PageArgs, context: RequestContext): Promise<Connection> => {
    const answer = ({ id, ops }: DiffStep): JsonObject => ({ elementId: digestToHex(id), ops: ops.map(opToJson) });
    return readConnection(context, diff, args, { ask: 'steps', answer });
  },
};

interface NamedElement {
  readonly id: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly key_b64: string | null;
}

/** The fields of `ElementChange` and `ElementSides` that v0 calls otherwise. */
export const namedElementFields = {
  elementId: ({ id }: NamedElement): string => id,
  fromId: ({ from }: NamedElement): string | null => from,
  toId: ({ to }: NamedElement): string | null => to,
  key: ({ key_b64: key }: NamedElement): string | null => key,
};
