/**
 * The queries that read a graph: `graph`, `node`, `edge`. Of the newest state they are answered on the spot; of an older one,
 * which may have to be made, with a promise.
 */
import {
  digestToHex,
  type Digest,
  type EdgeFilter,
  type GraphEdge,
  type GraphNode,
  type NodeFilter,
  type Page,
  type PageRequest,
} from '@jitos/kernel';
import { edgeSizeBytes, nodeSizeBytes } from '../../engine/past/element-data.ts';
import { readSnapshot, type AnswerTo, type ViewQuestion } from '../../engine/past/view-reading.ts';
import { Failure } from '../../errors/failure.ts';
import {
  edgeAnswers,
  nodeAnswers,
  viewRefAnswer,
  type EdgeAnswer,
  type NodeAnswer,
  type ViewRefAnswer,
} from './answers.ts';
import { encodeCursor, type Cursor } from './cursor.ts';
import { whenThere, type MaybePromise } from './maybe-promise.ts';
import { noteReads, rangesOfEdges, rangesOfNodes, WHOLE_VIEW } from './noted-reads.ts';
import { readHash } from './op-json.ts';
import { chargeElement, readCutPage } from './read-cut-page.ts';
import type { RequestContext } from './request-context.ts';
import {
  pagedView,
  readAt,
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
  readonly at?: string | null;
  readonly nodesPage?: PageInput | null;
  readonly edgesPage?: PageInput | null;
  readonly nodeFilter?: NodeFilterInput | null;
  readonly edgeFilter?: EdgeFilterInput | null;
}

/** What `graph` hands to the fields of `GraphSnapshot`. */
interface GraphReading {
  readonly read: ReadView;
  readonly nodesPage: ReadPage;
  readonly edgesPage: ReadPage;
  readonly nodeFilter: NodeFilter;
  readonly edgeFilter: EdgeFilter;
}

export function resolveGraph(_: unknown, args: GraphArgs, context: RequestContext): MaybePromise<GraphReading> {
  const view = readViewId(args.view, 'view');
  const nodes = readPage(args.nodesPage, 'nodesPage', 'nodes', view);
  const edges = readPage(args.edgesPage, 'edgesPage', 'edges', view);
  const filters = {
    nodeFilter: readNodeFilter(args.nodeFilter, 'nodeFilter'),
    edgeFilter: readEdgeFilter(args.edgeFilter, 'edgeFilter'),
  };
  const pages = [
    { page: nodes, place: 'nodesPage' },
    { page: edges, place: 'edgesPage' },
  ];
  const read = pagedView(context, { ref: args.view, at: readAt(args.at) }, pages);
  return whenThere(read, (found) => {
    return { read: found, nodesPage: nodes, edgesPage: edges, ...filters };
  });
}

/** Whoever is told a snapshotId may come back with it; of the past, with what he asked for. */
export function shelve({ id, snapshotId, source }: ReadView, { open }: RequestContext): string {
  if (source.type === 'live') open.shelf.put(id, source.snapshot);
  return digestToHex(snapshotId);
}

interface Connection {
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/** The fields of `GraphSnapshot` that are worked out only when they are asked for. */
export const graphSnapshot = {
  digest: ({ read }: GraphReading, _: unknown, context: RequestContext): string => {
    noteReads(context, read, WHOLE_VIEW);
    return digestToHex(read.digest);
  },
  view: ({ read }: GraphReading, _: unknown, context: RequestContext): ViewRefAnswer => {
    return viewRefAnswer(read.id, shelve(read, context));
  },
  snapshotId: ({ read }: GraphReading, _: unknown, context: RequestContext): string => shelve(read, context),
  nodes: (
    { read, nodesPage: wanted, nodeFilter: filter }: GraphReading,
    _: unknown,
    context: RequestContext,
  ): MaybePromise<Connection & { readonly nodes: NodeAnswer[] }> => {
    noteReads(context, read, rangesOfNodes(filter));
    const page = readCutPage(
      context,
      read,
      (bounds) => ({ ask: 'nodes', page: { ...pageOf(wanted), ...bounds }, filter }) as const,
    );
    return whenThere(page, (cut) => {
      const nodes = nodeAnswers(cut.elements, context.budget.wantsData);
      return { nodes, pageInfo: pageInfoOf(context, read, 'nodes', cut) };
    });
  },
  edges: (
    { read, edgesPage: wanted, edgeFilter: filter }: GraphReading,
    _: unknown,
    context: RequestContext,
  ): MaybePromise<Connection & { readonly edges: EdgeAnswer[] }> => {
    noteReads(context, read, rangesOfEdges(filter));
    const page = readCutPage(
      context,
      read,
      (bounds) => ({ ask: 'edges', page: { ...pageOf(wanted), ...bounds }, filter }) as const,
    );
    return whenThere(page, (cut) => {
      const edges = edgeAnswers(cut.elements, context.budget.wantsData);
      return { edges, pageInfo: pageInfoOf(context, read, 'edges', cut) };
    });
  },
};

function pageOf({ first, after }: ReadPage): PageRequest {
  return { count: first, after: after?.lastId ?? null, before: null, from: 'start' };
}

function pageInfoOf(
  context: RequestContext,
  { id, snapshotId, idx, source }: ReadView,
  kind: Cursor['kind'],
  { end, hasNext }: Pick<Page<GraphNode | GraphEdge>, 'end' | 'hasNext'>,
): Connection['pageInfo'] {
  if (hasNext && source.type === 'live') context.open.shelf.put(id, source.snapshot);
  const endCursor = end === null ? null : encodeCursor({ kind, view: id, idx, snapshotId, lastId: end });
  return { endCursor, hasNextPage: hasNext };
}

interface ElementArgs {
  readonly view: ViewRefInput;
  readonly at?: string | null;
  readonly id: string;
}

export function resolveNode(_: unknown, args: ElementArgs, context: RequestContext): MaybePromise<NodeAnswer> {
  const found = readElement(context, args, (id) => ({ ask: 'node', id }) as const);
  return whenThere(found, (node) => {
    if (node === null) throw new Failure('ELEMENT_NOT_FOUND', 'id', 'the view has no such node');
    chargeElement(context, nodeSizeBytes(node));
    return nodeAnswers([node], context.budget.wantsData)[0]!; // as many as were given
  });
}

export function resolveEdge(_: unknown, args: ElementArgs, context: RequestContext): MaybePromise<EdgeAnswer> {
  const found = readElement(context, args, (id) => ({ ask: 'edge', id }) as const);
  return whenThere(found, (edge) => {
    if (edge === null) throw new Failure('ELEMENT_NOT_FOUND', 'id', 'the view has no such edge');
    chargeElement(context, edgeSizeBytes(edge));
    return edgeAnswers([edge], context.budget.wantsData)[0]!; // as many as were given
  });
}

function readElement<Q extends Extract<ViewQuestion, { ask: 'node' | 'edge' }>>(
  context: RequestContext,
  { view, at, id }: ElementArgs,
  questionOf: (id: Digest) => Q,
): MaybePromise<AnswerTo<Q>> {
  const read = readView(context, { ref: view, at: readAt(at) }, 'view');
  const ask = (found: ReadView): MaybePromise<AnswerTo<Q>> => {
    const { source } = found;
    const elementId = readHash(id, 'id');
    const question = questionOf(elementId);
    noteReads(context, found, [{ range: question.ask, id: elementId }]);
    return source.type === 'live' ? readSnapshot(source.snapshot, question) : source.ask(question);
  };
  return read instanceof Promise ? read.then(ask) : ask(read);
}
