/**
 * The elements because of which ops would be refused on a graph: those that are not what an op expects, edges on a node that
 * would go, and ends that edges would lack. For ops in the order of a difference (`graph-diff.ts` in the kernel).
 */
import {
  edgesFrom,
  edgesTo,
  edgeValueDigest,
  nodeValueDigest,
  trieGet,
  walkAfter,
  type Digest,
  type ElementId,
  type ElementType,
  type Graph,
  type Op,
} from '@jitos/kernel';
import { elementOf } from './op-element.ts';

export interface Offender {
  readonly element: ElementType;
  readonly id: ElementId;
  /** Value digests; null for no such element. */
  readonly expected: Digest | null;
  readonly found: Digest | null;
}

export interface Offenders {
  readonly count: number;
  /** Nodes before edges, each in order of ids. */
  readonly first: readonly Offender[];
}

/** Ops that are looked at between two steps. */
const STEP_OPS = 1000;

/** Keeps the first `keptMax` of them. Costs O(ops · log n); stepped, so that nothing else waits for all of it. */
export function* opOffenders(
  graph: Graph,
  ops: readonly Op[],
  keptMax: number,
): Generator<undefined, Offenders, undefined> {
  const offenderByKey = new Map<string, Offender>();
  const offend = (offender: Offender): void => {
    offenderByKey.set(`${offender.element === 'node' ? 0 : 1}${offender.id}`, offender);
  };
  // What earlier ops made of an element; a later one's expectation is about that.
  const touched = new Map<ElementId, 'there' | 'gone'>();
  const isThere = (id: ElementId): boolean => {
    return (touched.get(id) ?? (trieGet(graph.nodes, id) === undefined ? 'gone' : 'there')) === 'there';
  };
  for (const [i, op] of ops.entries()) {
    if (i % STEP_OPS === STEP_OPS - 1) yield undefined;
    const [element, id] = elementOf(op);
    if (op.expect !== null && !touched.has(id)) {
      const expected = op.expect === 'absent' ? null : op.expect;
      const found = valueDigestOf(graph, element, id);
      if (found !== expected) offend({ element, id, expected, found });
    }
    touched.set(id, op.op === 'DeleteNode' || op.op === 'DeleteEdge' ? 'gone' : 'there');
    if (op.op === 'AddEdge') {
      for (const end of [op.from, op.to]) {
        if (!isThere(end)) offend({ element, id, expected: null, found: null });
      }
    }
    if (op.op !== 'DeleteNode') continue;
    for (const ids of [edgesFrom(graph, id), edgesTo(graph, id)]) {
      walkAfter(ids, null, (_, edge) => {
        if (!touched.has(edge))
          offend({ element: 'edge', id: edge, expected: null, found: valueDigestOf(graph, 'edge', edge) });
      });
    }
  }
  const keys = [...offenderByKey.keys()].toSorted().slice(0, keptMax);
  return { count: offenderByKey.size, first: keys.map((key) => offenderByKey.get(key)!) }; // its own keys
}

function valueDigestOf({ nodes, edges }: Graph, element: ElementType, id: ElementId): Digest | null {
  if (element === 'node') {
    const node = trieGet(nodes, id);
    return node === undefined ? null : nodeValueDigest(node);
  }
  const edge = trieGet(edges, id);
  return edge === undefined ? null : edgeValueDigest(edge);
}
