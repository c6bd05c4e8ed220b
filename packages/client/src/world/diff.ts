/** What differs between two moments. */
import { pageChanges, pageOps, type MomentInput, type PageChangesData } from '../wire/generated.ts';
import type { Json } from '../wire/operation.ts';
import type { Session } from '../transport/session.ts';
import { nextOf, readItems } from './read-pages.ts';
import type { ElementValue } from './sides.ts';
import { viewRef, type ViewName } from './view-name.ts';
import { pageOf, type PageOptions } from './view.ts';

/** A view as it is, or as it was after an event. */
export interface Moment {
  readonly view: ViewName;
  readonly at?: number;
}

export interface DiffOptions extends PageOptions {
  /** Elements of these kinds alone. */
  readonly kinds?: readonly string[];
}

export interface Difference {
  readonly element: 'node' | 'edge';
  readonly id: string;
  readonly kind: string;
  /** Null where there was, or is, no such element. */
  readonly before: ElementValue | null;
  readonly after: ElementValue | null;
}

/** The elements whose value differs, nodes before edges, each in order of id. */
export function readDiff(
  session: Session,
  { from, to, ...options }: DiffOptions & { readonly from: Moment; readonly to: Moment },
): AsyncGenerator<Difference, void> {
  const moments = { from: momentInput(from), to: momentInput(to), kinds: options.kinds };
  return readItems(async (after) => {
    const { changes } = (await session.query(pageChanges, { ...moments, page: pageOf(options, after) }, options)).diff;
    return { items: changes.changes.map(differenceFromWire), next: nextOf(changes.pageInfo) };
  });
}

/** What turns one into the other: ops as the wire has them, in an order in which they run. */
export function readDiffOps(
  session: Session,
  { from, to, ...options }: DiffOptions & { readonly from: Moment; readonly to: Moment },
): AsyncGenerator<Json, void> {
  const moments = { from: momentInput(from), to: momentInput(to), kinds: options.kinds };
  return readItems(async (after) => {
    const { ops } = (await session.query(pageOps, { ...moments, page: pageOf(options, after) }, options)).diff;
    return { items: ops.ops, next: nextOf(ops.pageInfo) };
  });
}

function momentInput({ view, at }: Moment): MomentInput {
  return { view: viewRef(view), ...(at === undefined ? {} : { at: `${at}` }) };
}

function differenceFromWire({
  element,
  id,
  kind,
  before,
  after,
}: PageChangesData['diff']['changes']['changes'][number]): Difference {
  return { element: element === 'NODE' ? 'node' : 'edge', id, kind, before, after };
}
