/** What differs between two graphs: how many elements, and the first of them. */
import {
  changesPage,
  DIFF_SCAN_MAX,
  edgeValueDigest,
  nodeValueDigest,
  type Digest,
  type DiffPage,
  type DiffPosition,
  type ElementId,
  type Graph,
  type GraphChange,
  type Kind,
} from '@jitos/kernel';

export interface ElementChange {
  readonly element: 'node' | 'edge';
  readonly id: ElementId;
  readonly kind: Kind;
  /** Value digests; null where there is no such element. */
  readonly before: Digest | null;
  readonly after: Digest | null;
}

export interface GraphChanges {
  readonly count: number;
  /** The first ones: nodes before edges, each in the order of ids. */
  readonly first: readonly ElementChange[];
}

/** Keeps the first `keptMax` of them. Costs O(changes · log n) where the graphs share what they have in common. */
export function graphChanges(before: Graph, after: Graph, keptMax: number): GraphChanges {
  const first: ElementChange[] = [];
  let count = 0;
  let position: DiffPosition | null = null;
  for (let hasNext = true; hasNext;) {
    const request = { first: DIFF_SCAN_MAX, after: position, kinds: null };
    const page: DiffPage<GraphChange> = changesPage({ before, after }, request);
    count += page.entries.length;
    for (const change of page.entries.slice(0, keptMax - first.length)) first.push(elementChange(change));
    ({ hasNext, end: position } = page);
  }
  return { count, first };
}

function elementChange(change: GraphChange): ElementChange {
  const { element, id } = change;
  const { kind } = (change.after ?? change.before)!; // one of the two is there
  const [before, after] =
    change.element === 'node'
      ? [change.before && nodeValueDigest(change.before), change.after && nodeValueDigest(change.after)]
      : [change.before && edgeValueDigest(change.before), change.after && edgeValueDigest(change.after)];
  return { element, id, kind, before: before ?? null, after: after ?? null };
}
