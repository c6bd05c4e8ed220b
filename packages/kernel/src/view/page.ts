/**
 * Pages of a graph's elements, in order of their ids.
 *
 * A page reads at most `SCAN_MAX` elements however few match: the rest is the next page's, so a filter that
 * matches little can't hold up the writer's thread.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { EncodedValue } from '../bytes/value.ts';
import type { ElementId, GraphEdge, GraphNode, Kind } from '../graph/element.ts';
import { edgesFrom, edgesOfKind, edgesTo, nodesOfKind, type Graph } from '../graph/graph.ts';
import type { Trie } from '../trie/trie.ts';
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
  const sources = kinds === null ? [graph.nodes] : distinct(kinds).map((kind) => nodesOfKind(graph, kind));
  return readPage(
    sources,
    page,
    (node) => hasKeys === null || hasKeys.every((name) => fieldOf(node, name) !== undefined),
  );
}

export function edgesPage(graph: Graph, page: PageRequest, filter: EdgeFilter): Page<GraphEdge> {
  const { from, to } = filter;
  const kinds = filter.kinds === null ? null : new Set(filter.kinds);
  return readPage(edgeSources(graph, filter), page, (edge) => {
    return (
      (from === null || edge.from === from) &&
      (to === null || edge.to === to) &&
      (kinds === null || kinds.has(edge.kind))
    );
  });
}

function edgeSources(graph: Graph, filter: EdgeFilter): readonly Trie<GraphEdge>[] {
  if (filter.from !== null) return [edgesFrom(graph, filter.from)];
  if (filter.to !== null) return [edgesTo(graph, filter.to)];
  if (filter.kinds !== null) return distinct(filter.kinds).map((kind) => edgesOfKind(graph, kind));
  return [graph.edges];
}

/** The value of a keyed node's field, or undefined. */
export function fieldOf(node: GraphNode, name: string): EncodedValue | undefined {
  return node.type === 'keyed' ? node.fields.find((field) => field.name === name)?.value : undefined;
}

function distinct(kinds: readonly Kind[]): Kind[] {
  return [...new Set(kinds)];
}

/** Merges the sources, which share no element, in order of ids. */
function readPage<Element extends { readonly id: ElementId }>(
  sources: readonly Trie<Element>[],
  page: PageRequest,
  matches: (element: Element) => boolean,
): Page<Element> {
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
  if (sources.length === 1) walkAfter(sources[0]!, page.after, (_, element) => read(element));
  else mergeSources(sources, page, read);
  return { elements: found, end: scanned === 0 ? null : end, hasNext, scanned };
}

/** Entries taken from a source at a time: what a merge may read ahead of what it uses. */
const CHUNK_LENGTH = 64;

/** Where a merge stands in one source. */
interface Cursor<Element> {
  readonly source: Trie<Element>;
  chunk: readonly Entry<Element>[];
  at: number;
}

function mergeSources<Element extends { readonly id: ElementId }>(
  sources: readonly Trie<Element>[],
  page: PageRequest,
  read: (element: Element) => boolean,
): void {
  const cursors = sources.map((source): Cursor<Element> => {
    return { source, chunk: trieEntries(source, page.after, CHUNK_LENGTH), at: 0 };
  });
  for (;;) {
    let next: Cursor<Element> | undefined;
    for (const cursor of cursors) {
      if (cursor.at < cursor.chunk.length && (next === undefined || keyOf(cursor) < keyOf(next))) next = cursor;
    }
    if (next === undefined || read(next.chunk[next.at]!.value)) return;
    advance(next);
  }
}

function keyOf<Element>(cursor: Cursor<Element>): Bytes {
  return cursor.chunk[cursor.at]!.key; // asked only of cursors that stand on an entry
}

function advance<Element>(cursor: Cursor<Element>): void {
  const last = keyOf(cursor);
  cursor.at += 1;
  if (cursor.at < CHUNK_LENGTH) return;
  cursor.chunk = trieEntries(cursor.source, last, CHUNK_LENGTH);
  cursor.at = 0;
}
