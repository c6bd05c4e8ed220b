/**
 * Pages of a graph's elements, in order of their ids.
 *
 * A page reads at most `SCAN_MAX` elements however few match: the rest is the next page's, so a filter that
 * matches little can't hold up the writer's thread.
 */
import type { EncodedValue } from '../bytes/value.ts';
import type { ElementId, GraphEdge, GraphNode, Kind } from '../graph/element.ts';
import { edgesFrom, edgesOfKind, edgesTo, nodesOfKind, type Graph } from '../graph/graph.ts';
import type { IdSet } from '../graph/id-index.ts';
import { trieGet, type Trie } from '../trie/trie.ts';
import { trieEntries, walkAfter, type Entry } from '../trie/walk.ts';

export const SCAN_MAX = 20_000;

export interface PageRequest {
  /** At least 1. */
  readonly first: number;
  /** The last id that the reader has seen; null from the beginning. */
  readonly after: ElementId | null;
}

export interface NodeFilter {
  readonly kinds: readonly Kind[] | null;
  /** Only keyed nodes that have a field of each name. */
  readonly hasKeys: readonly string[] | null;
}

export interface EdgeFilter {
  readonly kinds: readonly Kind[] | null;
  readonly from: ElementId | null;
  readonly to: ElementId | null;
}

export interface Page<Element> {
  readonly elements: readonly Element[];
  /** Where the next page begins; null if nothing was read. */
  readonly end: ElementId | null;
  /** Whether there is more to read; it may turn out not to match. */
  readonly hasNext: boolean;
  /** Elements looked at: what a budget is charged. */
  readonly scanned: number;
}

export function nodesPage(graph: Graph, page: PageRequest, filter: NodeFilter): Page<GraphNode> {
  const { kinds, hasKeys } = filter;
  const sources = kinds === null ? null : distinct(kinds).map((kind) => nodesOfKind(graph, kind));
  const matches = (node: GraphNode): boolean =>
    hasKeys === null || hasKeys.every((name) => fieldOf(node, name) !== undefined);
  return readPage({ table: graph.nodes, sources, page, matches });
}

export function edgesPage(graph: Graph, page: PageRequest, filter: EdgeFilter): Page<GraphEdge> {
  const { from, to } = filter;
  const kinds = filter.kinds === null ? null : new Set(filter.kinds);
  const matches = (edge: GraphEdge): boolean =>
    (from === null || edge.from === from) &&
    (to === null || edge.to === to) &&
    (kinds === null || kinds.has(edge.kind));
  return readPage({ table: graph.edges, sources: edgeSources(graph, filter), page, matches });
}

/** The index that narrows most; null if none does. */
function edgeSources(graph: Graph, filter: EdgeFilter): readonly IdSet[] | null {
  if (filter.from !== null) return [edgesFrom(graph, filter.from)];
  if (filter.to !== null) return [edgesTo(graph, filter.to)];
  return filter.kinds === null ? null : distinct(filter.kinds).map((kind) => edgesOfKind(graph, kind));
}

/** The value of a keyed node's field, or undefined. */
export function fieldOf(node: GraphNode, name: string): EncodedValue | undefined {
  return node.type === 'keyed' ? node.fields.find((field) => field.name === name)?.value : undefined;
}

function distinct(kinds: readonly Kind[]): Kind[] {
  return [...new Set(kinds)];
}

interface Reading<Element> {
  readonly table: Trie<Element>;
  /** Ids of what may match, no id in two of them; null for the whole table. */
  readonly sources: readonly IdSet[] | null;
  readonly page: PageRequest;
  readonly matches: (element: Element) => boolean;
}

function readPage<Element extends { readonly id: ElementId }>(reading: Reading<Element>): Page<Element> {
  const { table, sources, page, matches } = reading;
  const found: Element[] = [];
  let end = page.after;
  let scanned = 0;
  let hasNext = false;
  const read = (element: Element): boolean => {
    if (found.length === page.first || scanned === SCAN_MAX) return (hasNext = true);
    scanned += 1;
    end = element.id;
    if (matches(element)) found.push(element);
    return false;
  };
  if (sources === null) walkAfter(table, page.after, (_, element) => read(element));
  else mergeSources(sources, page.after, (id) => read(trieGet(table, id)!)); // an index holds only what is there (G2)
  return { elements: found, end: scanned === 0 ? null : end, hasNext, scanned };
}

/** Entries taken from a source at a time: what a merge may read ahead of what it uses. */
const CHUNK_LENGTH = 64;

/** Where a merge stands in one source. */
interface Cursor {
  readonly source: IdSet;
  chunk: readonly Entry<ElementId>[];
  at: number;
}

/** Visits the ids above `after` of all sources in order, until a visit says so. */
function mergeSources(sources: readonly IdSet[], after: ElementId | null, visit: (id: ElementId) => boolean): void {
  const cursors = sources.map((source): Cursor => ({ source, chunk: trieEntries(source, after, CHUNK_LENGTH), at: 0 }));
  for (;;) {
    let next: Cursor | undefined;
    for (const cursor of cursors) {
      if (cursor.at < cursor.chunk.length && (next === undefined || idAt(cursor) < idAt(next))) next = cursor;
    }
    if (next === undefined || visit(idAt(next))) return;
    advance(next);
  }
}

function idAt(cursor: Cursor): ElementId {
  return cursor.chunk[cursor.at]!.value; // asked only of cursors that stand on an entry
}

function advance(cursor: Cursor): void {
  const last = idAt(cursor);
  cursor.at += 1;
  if (cursor.at < CHUNK_LENGTH) return;
  cursor.chunk = trieEntries(cursor.source, last, CHUNK_LENGTH);
  cursor.at = 0;
}
