/** The queries that read a graph: `graph`, `node`, `edge`. Everything here is synchronous and reads one moment. */
import {
  digestToHex,
  edgesPage,
  nodesPage,
  trieGet,
  type Digest,
  type EdgeFilter,
  type GraphEdge,
  type GraphNode,
  type NodeFilter,
  type Page,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import {
  edgeAnswers,
  edgeSizeBytes,
  nodeAnswers,
  nodeSizeBytes,
  viewRefAnswer,
  type EdgeAnswer,
  type NodeAnswer,
  type ViewRefAnswer,
} from './answers.ts';
import { encodeCursor, type Cursor } from './cursor.ts';
import { readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import {
  pagedView,
  readEdgeFilter,
  readNodeFilter,
  readPage,
  readView,
  readViewId,
  type EdgeFilterInput,
  type NodeFilterInput,
  type PageInput,
  type ReadPage,
  type ReadView,
  type ViewRefInput,
} from './view-input.ts';

interface GraphArgs {
  readonly view: ViewRefInput;
  readonly nodesPage?: PageInput | null;
  readonly edgesPage?: PageInput | null;
  readonly nodeFilter?: NodeFilterInput | null;
  readonly edgeFilter?: EdgeFilterInput | null;
}

/** What `graph` hands to the fields of `GraphSnapshot`. */
interface GraphReading {
  readonly digest: string;
  readonly read: ReadView;
  readonly nodesPage: ReadPage;
  readonly edgesPage: ReadPage;
  readonly nodeFilter: NodeFilter;
  readonly edgeFilter: EdgeFilter;
}

export function resolveGraph(_: unknown, args: GraphArgs, context: RequestContext): GraphReading {
  const view = readViewId(args.view, 'view');
  const nodes = readPage(args.nodesPage, 'nodesPage', 'nodes', view);
  const edges = readPage(args.edgesPage, 'edgesPage', 'edges', view);
  const read = pagedView(context, args.view, [
    { page: nodes, place: 'nodesPage' },
    { page: edges, place: 'edgesPage' },
  ]);
  return {
    digest: digestToHex(read.snapshot.digest),
    read,
    nodesPage: nodes,
    edgesPage: edges,
    nodeFilter: readNodeFilter(args.nodeFilter, 'nodeFilter'),
    edgeFilter: readEdgeFilter(args.edgeFilter, 'edgeFilter'),
  };
}

/** Whoever is told a snapshotId may come back with it. */
function shelve({ id, snapshot }: ReadView, { open }: RequestContext): string {
  open.shelf.put(id, snapshot);
  return digestToHex(snapshot.id);
}

interface Connection {
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/** The fields of `GraphSnapshot` that are worked out only when they are asked for. */
export const graphSnapshot = {
  view: ({ read }: GraphReading, _: unknown, context: RequestContext): ViewRefAnswer => {
    return viewRefAnswer(read.id, shelve(read, context));
  },
  snapshotId: ({ read }: GraphReading, _: unknown, context: RequestContext): string => shelve(read, context),
  nodes: (source: GraphReading, _: unknown, context: RequestContext): Connection & { readonly nodes: NodeAnswer[] } => {
    const { wantsData } = context.budget;
    const read = readElements(context, source.read, 'nodes', source.nodesPage, {
      page: (request) => nodesPage(source.read.snapshot.graph, request, source.nodeFilter),
      sizeBytes: nodeSizeBytes,
    });
    return { nodes: nodeAnswers(read.elements, wantsData), pageInfo: read.pageInfo };
  },
  edges: (source: GraphReading, _: unknown, context: RequestContext): Connection & { readonly edges: EdgeAnswer[] } => {
    const { wantsData } = context.budget;
    const read = readElements(context, source.read, 'edges', source.edgesPage, {
      page: (request) => edgesPage(source.read.snapshot.graph, request, source.edgeFilter),
      sizeBytes: edgeSizeBytes,
    });
    return { edges: edgeAnswers(read.elements, wantsData), pageInfo: read.pageInfo };
  },
};

interface ElementReader<Element> {
  readonly page: (request: { readonly first: number; readonly after: Digest | null }) => Page<Element>;
  readonly sizeBytes: (element: Element) => number;
}

/** Reads a page, cut where it would hold too many bytes. */
function readElements<Element extends { readonly id: Digest }>(
  context: RequestContext,
  read: ReadView,
  kind: Cursor['kind'],
  { first, after }: ReadPage,
  reader: ElementReader<Element>,
): Connection & { readonly elements: readonly Element[] } {
  const sizeBytesMax = context.budget.beginPage();
  const page = reader.page({ first, after: after?.lastId ?? null });
  let sizeBytes = 0;
  let count = 0;
  for (const element of page.elements) {
    const elementSizeBytes = context.budget.wantsData ? reader.sizeBytes(element) : 0;
    if (count > 0 && sizeBytes + elementSizeBytes > sizeBytesMax) break;
    sizeBytes += elementSizeBytes;
    count += 1;
  }
  context.budget.endPage(page.scanned, sizeBytes);
  const isCut = count < page.elements.length;
  const elements = isCut ? page.elements.slice(0, count) : page.elements;
  const hasNextPage = isCut || page.hasNext;
  const lastId = isCut ? elements[count - 1]!.id : page.end; // a cut page has its first element
  if (hasNextPage) context.open.shelf.put(read.id, read.snapshot);
  const endCursor = lastId === null ? null : endCursorOf(context, read, kind, lastId);
  return { elements, pageInfo: { endCursor, hasNextPage } };
}

function endCursorOf(
  { world }: RequestContext,
  { id, snapshot }: ReadView,
  kind: Cursor['kind'],
  lastId: Digest,
): string {
  return encodeCursor({ kind, view: id, idx: world.history.size, snapshotId: snapshot.id, lastId });
}

interface ElementArgs {
  readonly view: ViewRefInput;
  readonly id: string;
}

export function resolveNode(_: unknown, args: ElementArgs, context: RequestContext): NodeAnswer {
  const { snapshot } = readView(context, args.view, 'view');
  const found = trieGet<GraphNode>(snapshot.graph.nodes, readHash(args.id, 'id'));
  if (found === undefined) throw new Failure('ELEMENT_NOT_FOUND', 'id', 'the view has no such node');
  charge(context, nodeSizeBytes(found));
  return nodeAnswers([found], context.budget.wantsData)[0]!; // as many as were given
}

export function resolveEdge(_: unknown, args: ElementArgs, context: RequestContext): EdgeAnswer {
  const { snapshot } = readView(context, args.view, 'view');
  const found = trieGet<GraphEdge>(snapshot.graph.edges, readHash(args.id, 'id'));
  if (found === undefined) throw new Failure('ELEMENT_NOT_FOUND', 'id', 'the view has no such edge');
  charge(context, edgeSizeBytes(found));
  return edgeAnswers([found], context.budget.wantsData)[0]!; // as many as were given
}

function charge({ budget }: RequestContext, sizeBytes: number): void {
  budget.beginPage();
  budget.endPage(1, sizeBytes);
}
