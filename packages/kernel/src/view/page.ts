/**
 * Pages of a graph's elements, in order of their ids, read from either end.
 *
 * A page reads at most `SCAN_MAX` elements however few match: the rest is the next page's, so a filter that
 * matches little can't hold up the writer's thread.
 */
import type { Sha256 } from '../bytes/digest.ts';
import type { ElementId, GraphEdge, GraphNode, Kind } from '../graph/element.ts';
import { edgesFrom, edgesOfKind, edgesTo, nodesOfKind, type Graph } from '../graph/graph.ts';
import { indexGet, type IdSet } from '../graph/id-index.ts';
import { trieCount, trieGet, type Trie } from '../trie/trie.ts';
import { trieEntries, trieEntriesBelow, walkAfter, walkBefore, type Entry } from '../trie/walk.ts';
import { fieldOf, fieldTester, slotOfTests, type FieldTest } from './field-test.ts';
import type { Snapshot } from './snapshot.ts';

export const SCAN_MAX = 20_000;

/** A stretch of a list between two of its elements, read from one end of it. */
export interface PageRequest {
  /** At least 1. */
  readonly count: number;
  /** Neither of the two is in it; null: the list's own end. */
  readonly after: ElementId | null;
  readonly before: ElementId | null;
  readonly from: 'start' | 'end';
}

export interface NodeFilter {
  readonly kinds: readonly Kind[] | null;
  /** Only keyed nodes that have a field of each name. */
  readonly hasKeys: readonly string[] | null;
  /** Only keyed nodes whose fields pass. */
  readonly where: readonly FieldTest[] | null;
}

export interface EdgeFilter {
  readonly kinds: readonly Kind[] | null;
  readonly from: ElementId | null;
  readonly to: ElementId | null;
}

export interface Page<Element> {
  /** In order of their ids, whichever end they were read from. */
  readonly elements: readonly Element[];
  /** Where the next page begins; null if nothing was read. */
  readonly end: ElementId | null;
  /** Whether there is more to read; it may turn out not to match. */
  readonly hasNext: boolean;
  /** Elements looked at: what a budget is charged. */
  readonly scanned: number;
}

export interface Count {
  /** Null where there are more to look at than `SCAN_MAX`. */
  readonly count: number | null;
  /** 0 where nothing had to be looked at. */
  readonly scanned: number;
}

/** What nodes are read of; its pack says which values are unique. */
type NodesOf = Pick<Snapshot, 'graph' | 'rules'>;

export function nodesPage(of: NodesOf, request: PageRequest, filter: NodeFilter, sha256: Sha256): Page<GraphNode> {
  return readPage(nodesReading(of, filter, sha256), request);
}

/** How many nodes the filter lets through; those of kinds are counted in O(kinds · log n). */
export function nodesCount(of: NodesOf, filter: NodeFilter, sha256: Sha256): Count {
  return count(nodesReading(of, filter, sha256));
}

export function edgesPage(graph: Graph, request: PageRequest, filter: EdgeFilter): Page<GraphEdge> {
  return readPage(edgesReading(graph, filter), request);
}

/** As `nodesCount`; also those that leave a node, or reach one, where nothing else is asked of them. */
export function edgesCount(graph: Graph, filter: EdgeFilter): Count {
  return count(edgesReading(graph, filter));
}

function nodesReading({ graph, rules }: NodesOf, filter: NodeFilter, sha256: Sha256): Reading<GraphNode> {
  const { hasKeys, where } = filter;
  const kinds = filter.kinds === null ? null : distinct(filter.kinds);
  const [kind] = kinds ?? [];
  const isOne = kind !== undefined && kinds?.length === 1;
  const slot = isOne && where !== null ? slotOfTests(rules, kind, where, sha256) : undefined;
  const ofKinds = kinds === null ? null : kinds.map((each) => nodesOfKind(graph, each));
  const passes = where === null ? null : fieldTester(where);
  const matches =
    hasKeys === null && passes === null
      ? null
      : (node: GraphNode): boolean =>
          (hasKeys === null || hasKeys.every((name) => fieldOf(node, name) !== undefined)) &&
          (passes === null || passes(node));
  return { table: graph.nodes, sources: slot === undefined ? ofKinds : [indexGet(graph.slots, slot)], matches };
}

function edgesReading(graph: Graph, filter: EdgeFilter): Reading<GraphEdge> {
  const { from, to } = filter;
  const sources = edgeSources(graph, filter);
  const isNarrowed = (from === null ? 0 : 1) + (to === null ? 0 : 1) + (filter.kinds === null ? 0 : 1) <= 1;
  const kinds = filter.kinds === null ? null : new Set(filter.kinds);
  const matches = (edge: GraphEdge): boolean =>
    (from === null || edge.from === from) &&
    (to === null || edge.to === to) &&
    (kinds === null || kinds.has(edge.kind));
  return { table: graph.edges, sources, matches: isNarrowed ? null : matches };
}

/** The index that narrows most; null if none does. */
function edgeSources(graph: Graph, filter: EdgeFilter): readonly IdSet[] | null {
  if (filter.from !== null) return [edgesFrom(graph, filter.from)];
  if (filter.to !== null) return [edgesTo(graph, filter.to)];
  return filter.kinds === null ? null : distinct(filter.kinds).map((kind) => edgesOfKind(graph, kind));
}

function distinct(kinds: readonly Kind[]): Kind[] {
  return [...new Set(kinds)];
}

interface Reading<Element> {
  readonly table: Trie<Element>;
  /** Ids of what may match, no id in two of them; null for the whole table. */
  readonly sources: readonly IdSet[] | null;
  /** Null: all do. */
  readonly matches: ((element: Element) => boolean) | null;
}

function readPage<Element extends { readonly id: ElementId }>(
  { table, sources, matches }: Reading<Element>,
  request: PageRequest,
): Page<Element> {
  const isUp = request.from === 'start';
  const [start, stop] = isUp ? [request.after, request.before] : [request.before, request.after];
  const found: Element[] = [];
  let end = start;
  let scanned = 0;
  let hasNext = false;
  const read = (element: Element): boolean => {
    if (stop !== null && (isUp ? element.id >= stop : element.id <= stop)) return true;
    if (found.length === request.count || scanned === SCAN_MAX) return (hasNext = true);
    scanned += 1;
    end = element.id;
    if (matches === null || matches(element)) found.push(element);
    return false;
  };
  if (sources === null) (isUp ? walkAfter : walkBefore)(table, start, (_, element) => read(element));
  else mergeSources(sources, { start, isUp }, (id) => read(trieGet(table, id)!)); // an index holds only what is there (G2)
  if (!isUp) found.reverse();
  return { elements: found, end: scanned === 0 ? null : end, hasNext, scanned };
}

function count<Element extends { readonly id: ElementId }>(reading: Reading<Element>): Count {
  const { table, sources, matches } = reading;
  if (matches === null) {
    const total = sources === null ? trieCount(table) : sources.reduce((sum, source) => sum + trieCount(source), 0);
    return { count: total, scanned: 0 };
  }
  const everything = { count: Infinity, after: null, before: null, from: 'start' } as const;
  const { elements, hasNext, scanned } = readPage(reading, everything);
  return { count: hasNext ? null : elements.length, scanned };
}

/** Entries taken from a source at a time: what a merge may read ahead of what it uses. */
const CHUNK_LENGTH = 64;

/** Where a merge stands in one source. */
interface Cursor {
  readonly source: IdSet;
  chunk: readonly Entry<ElementId>[];
  at: number;
}

interface Direction {
  readonly start: ElementId | null;
  readonly isUp: boolean;
}

/** Visits the ids behind `start` of all sources in their order, until a visit says so. */
function mergeSources(sources: readonly IdSet[], { start, isUp }: Direction, visit: (id: ElementId) => boolean): void {
  const take = isUp ? trieEntries : trieEntriesBelow;
  const cursors = sources.map((source): Cursor => ({ source, chunk: take(source, start, CHUNK_LENGTH), at: 0 }));
  for (;;) {
    let next: Cursor | undefined;
    for (const cursor of cursors) {
      if (cursor.at === cursor.chunk.length) continue;
      if (next === undefined || idAt(cursor) < idAt(next) === isUp) next = cursor;
    }
    if (next === undefined || visit(idAt(next))) return;
    advance(next, take);
  }
}

function idAt(cursor: Cursor): ElementId {
  return cursor.chunk[cursor.at]!.value; // asked only of cursors that stand on an entry
}

function advance(cursor: Cursor, take: typeof trieEntriesBelow): void {
  const last = idAt(cursor);
  cursor.at += 1;
  if (cursor.at < CHUNK_LENGTH) return;
  cursor.chunk = take(cursor.source, last, CHUNK_LENGTH);
  cursor.at = 0;
}
