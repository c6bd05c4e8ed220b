/** Who wrote what, and what a collapse compared: v0's answers under v1's names. */
import { Failure } from '../../errors/failure.ts';
import { viewRefAnswer } from '../graphql/answers.ts';
import type { JsonObject } from '../graphql/json-value.ts';
import type { MaybePromise } from '../graphql/maybe-promise.ts';
import { conflictProvenance, resolveConflictProvenance, resolveProvenance } from '../graphql/provenance-queries.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { resolveConflictSides, resolveSides } from '../graphql/sides-query.ts';
import { digestToHex, type Digest } from '@jitos/kernel';
import { cursorsOf } from './connection.ts';
import type { ViewName } from './global-id.ts';
import { inPlaces, type PlaceNames } from './places.ts';
import type { OpenView } from './views.ts';
import { viewRef, type ViewRef, type WorkspaceAnswer } from './workspaces.ts';

const PLACES: PlaceNames = {
  element: 'elementId',
  elements: 'elementIds',
  swsId: 'workspace',
  'view.swsId': 'workspace',
  id: 'event',
};

interface ProvenanceArgs {
  readonly elementId: string;
  readonly after?: string | null;
}

/** A search that has not ended goes on with a sealed position. */
interface ProvenanceAnswer {
  readonly found: JsonObject;
  readonly element: string;
}

/** Searches go on in the element that they were for, wherever they have come to. */
function sealNext(context: RequestContext, { found, element }: ProvenanceAnswer): string | null {
  const { next } = found;
  return typeof next === 'string' ? cursorsOf(context, ['provenance', element]).seal(next) : null;
}

function openAfter(context: RequestContext, { elementId, after = null }: ProvenanceArgs): string | null {
  if (after === null) return null;
  const opened = cursorsOf(context, ['provenance', elementId]).open(after);
  if (opened !== undefined) return opened;
  throw new Failure('CURSOR_INVALID', 'after', 'not where a search for this element ended');
}

/** The field `provenance` of `View`; of a snapshot history alone can not tell. */
export async function provenanceOf(
  { name }: OpenView,
  args: ProvenanceArgs,
  context: RequestContext,
): Promise<ProvenanceAnswer> {
  const after = openAfter(context, args);
  const at = name.at === null ? null : String(name.at);
  const asked = { view: refOf(name), at, element: args.elementId, after };
  const found = await inPlaces(PLACES, () => resolveProvenance(undefined, asked, context));
  return { found, element: args.elementId };
}

function refOf({ view, snapshotId }: ViewName): ReturnType<typeof viewRefAnswer> {
  return viewRefAnswer(view, snapshotId === null ? null : digestToHex(snapshotId));
}

interface ConflictArgs {
  readonly event: number;
  readonly workspace?: number | null;
}

function collapseArgs({ event, workspace = null }: ConflictArgs): {
  readonly id: string;
  readonly swsId: string | null;
} {
  return { id: String(event), swsId: workspace === null ? null : String(workspace) };
}

type Sides = Awaited<ReturnType<typeof resolveConflictProvenance>>;

export async function resolveConflictProvenanceV1(
  _: unknown,
  { elementId, ...args }: ConflictArgs & { readonly elementId: string },
  context: RequestContext,
): Promise<Sides> {
  const asked = { ...collapseArgs(args), element: elementId };
  return await inPlaces(PLACES, () => resolveConflictProvenance(undefined, asked, context));
}

async function sideOf(sides: { readonly element: Digest }, found: Promise<JsonObject>): Promise<ProvenanceAnswer> {
  return { found: await found, element: digestToHex(sides.element) };
}

type SidesParent = Parameters<typeof conflictProvenance.base>[0];

/** The fields of `ConflictProvenance`. */
export const conflictProvenanceFields = {
  base: (sides: SidesParent, _: unknown, context: RequestContext): Promise<ProvenanceAnswer> =>
    sideOf(sides, conflictProvenance.base(sides, _, context)),
  ours: (sides: SidesParent, _: unknown, context: RequestContext): Promise<ProvenanceAnswer> =>
    sideOf(sides, conflictProvenance.ours(sides, _, context)),
  theirs: (sides: SidesParent, _: unknown, context: RequestContext): Promise<ProvenanceAnswer> =>
    sideOf(sides, conflictProvenance.theirs(sides, _, context)),
};

/** The fields of `Provenance`. */
export const provenanceFields = {
  elementId: ({ element }: ProvenanceAnswer): string => element,
  writer: ({ found }: ProvenanceAnswer): unknown => found['writer'],
  searched: ({ found }: ProvenanceAnswer): unknown => found['searched'],
  next: (answer: ProvenanceAnswer, _: unknown, context: RequestContext): string | null => sealNext(context, answer),
};

interface Written {
  readonly id: string;
  readonly view: ReturnType<typeof viewRefAnswer>;
  readonly into: ReturnType<typeof viewRefAnswer>;
}

function refAnswer({ swsId, snapshotId }: ReturnType<typeof viewRefAnswer>): ViewRef {
  return viewRef(swsId === null ? 'system' : Number(swsId), snapshotId);
}

/** The fields of `ElementWriter` and of `Carrier` that v0 calls otherwise. */
export const writerFields = {
  idx: ({ id }: Written): string => id,
  view: ({ view }: Written): ViewRef => refAnswer(view),
};
export const carrierFields = {
  idx: ({ id }: Written): string => id,
  into: ({ into }: Written): ViewRef => refAnswer(into),
};

/** The field `sides` of `Workspace`. */
export function sidesOf(
  { number }: WorkspaceAnswer,
  { elementIds }: { readonly elementIds: readonly string[] },
  context: RequestContext,
): MaybePromise<readonly JsonObject[]> {
  const asked = { swsId: String(number), elements: elementIds };
  return inPlaces(PLACES, () => resolveSides(undefined, asked, context));
}

export function resolveConflictSidesV1(
  _: unknown,
  { elementIds, ...args }: ConflictArgs & { readonly elementIds: readonly string[] },
  context: RequestContext,
): MaybePromise<readonly JsonObject[]> {
  const asked = { ...collapseArgs(args), elements: elementIds };
  return inPlaces(PLACES, () => resolveConflictSides(undefined, asked, context));
}
