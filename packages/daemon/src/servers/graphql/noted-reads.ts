/** What queries read of a workspace, as ranges of its footprint: a page has read all of its range, to its end and beyond. */
import { getWorkspace, type EdgeFilter, type NodeFilter, type Range } from '@jitos/kernel';
import type { RequestContext } from './request-context.ts';
import type { ReadView } from './view-input.ts';

export const WHOLE_VIEW: readonly Range[] = [{ range: 'view' }];

/** A read of a view as it was after an event is no read of the workspace: it can't have changed since. */
export function noteReads(
  { open, world }: RequestContext,
  { id, source }: Pick<ReadView, 'id' | 'source'>,
  ranges: readonly Range[],
): void {
  if (id === 'system' || source.type === 'past') return;
  const workspace = getWorkspace(world, id);
  if (workspace !== undefined) open.reads.note(workspace, ranges);
}

/** Of a page with this filter. */
export function rangesOfNodes({ kinds }: NodeFilter): readonly Range[] {
  return kinds === null ? WHOLE_VIEW : kinds.map((kind) => ({ range: 'nodes', kind }));
}

/** As `rangesOfNodes`; where both ends are given, the edges that leave the one cover those between them. */
export function rangesOfEdges({ kinds, from, to }: EdgeFilter): readonly Range[] {
  const kindsOrAny = kinds ?? [null];
  if (from !== null) return kindsOrAny.map((kind) => ({ range: 'out', node: from, kind }));
  if (to !== null) return kindsOrAny.map((kind) => ({ range: 'in', node: to, kind }));
  return kinds === null ? WHOLE_VIEW : kinds.map((kind) => ({ range: 'edges', kind }));
}

/** Of a difference, of these kinds alone if they are given. */
export function rangesOfDiff(kinds: readonly string[] | null): readonly Range[] {
  return kinds === null
    ? WHOLE_VIEW
    : [...rangesOfNodes({ kinds, hasKeys: null, where: null }), ...rangesOfEdges({ kinds, from: null, to: null })];
}
