/** What was done in a view: rewrites, collapses, rebases and discards, each an event. */
import { pageRewrites, type RewriteParts } from '../wire/generated.ts';
import type { Json } from '../wire/operation.ts';
import type { Session } from '../transport/session.ts';
import { readItems } from './read-pages.ts';
import { nameOfView, viewRef, type ViewName } from './view-name.ts';
import { pageOf, type PageOptions } from './view.ts';

export interface Rewrite {
  /** Of its event. */
  readonly eventIdx: number;
  /** Its place among all rewrites of the world. */
  readonly rewriteIdx: number;
  readonly view: ViewName;
  /** As they were given; of a collapse, a rebase or a discard one that names it. */
  readonly ops: readonly Json[];
  readonly meta: Json;
}

export interface RewritesFilter extends PageOptions {
  /** Those behind this `rewriteIdx`; all if it is absent. */
  readonly after?: number;
}

export function readRewrites(
  session: Session,
  view: ViewName,
  filter: RewritesFilter = {},
): AsyncGenerator<Rewrite, void> {
  const read = async (after: string | undefined) => {
    const variables = { view: viewRef(view), page: pageOf(filter, after) };
    const { rewrites } = await session.query(pageRewrites, variables, filter);
    const items = rewrites.map(rewriteFromWire);
    // A list that is empty is the end.
    return { items, next: items.at(-1)?.rewriteIdx.toString() };
  };
  return readItems(read, filter.after?.toString());
}

export function rewriteFromWire({ id, idx, view, ops, meta }: RewriteParts): Rewrite {
  return { eventIdx: Number(id), rewriteIdx: Number(idx), view: nameOfView(view), ops, meta };
}
