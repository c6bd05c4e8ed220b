/** What differs between two graphs: how many elements, and the first of them. */
import {
  edgeValueDigest,
  nodeValueDigest,
  trieDiff,
  type Digest,
  type ElementId,
  type Graph,
  type Kind,
  type Trie,
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
  const note = (change: ElementChange): void => void (first.length < keptMax && first.push(change));
  const nodes = tableChanges({ element: 'node', digestOf: nodeValueDigest, note }, before.nodes, after.nodes);
  const edges = tableChanges({ element: 'edge', digestOf: edgeValueDigest, note }, before.edges, after.edges);
  return { count: nodes + edges, first };
}

interface Table<Element> {
  readonly element: ElementChange['element'];
  readonly digestOf: (element: Element) => Digest;
  readonly note: (change: ElementChange) => void;
}

function tableChanges<Element extends { readonly id: ElementId; readonly kind: Kind }>(
  { element, digestOf, note }: Table<Element>,
  before: Trie<Element>,
  after: Trie<Element>,
): number {
  let count = 0;
  const same = (a: Element, b: Element): boolean => digestOf(a) === digestOf(b);
  trieDiff(before, after, same, (_, a, b) => {
    const { id, kind } = (a ?? b)!; // one of the two is there
    count += 1;
    note({ element, id, kind, before: a ? digestOf(a) : null, after: b ? digestOf(b) : null });
  });
  return count;
}
