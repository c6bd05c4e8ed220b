/** Connections of nodes and edges: of a view, of what leaves or reaches a node, and of what can be reached from one. */
import {
  bytesFrom,
  digestToHex,
  hexToDigest,
  keyedNodeId,
  type Digest,
  type EdgeFilter,
  type ElementId,
  type GraphEdge,
  type GraphNode,
  type NodeFilter,
  type PageRequest,
  type Range,
  type Reached,
} from '@jitos/kernel';
import type { ViewQuestion } from '../../engine/past/view-reading.ts';
import { sha256 } from '../../engine/sha256.ts';
import { HEX_LENGTH, idsToHex } from '../graphql/answers.ts';
import { bytesFromBase64, invalid } from '../graphql/json-value.ts';
import { whenThere, type MaybePromise } from '../graphql/maybe-promise.ts';
import { noteReads, rangesOfEdges, rangesOfNodes, WHOLE_VIEW } from '../graphql/noted-reads.ts';
import { readCount, readCutPage } from '../graphql/read-cut-page.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { readKinds, readNodeFilter, type ReadView } from '../graphql/view-input.ts';
import { ConnectionPage, cursorsOf, readPageArgs, type PageArgs, type PageWanted } from './connection.ts';
import { EdgeAnswer, findEdge, findNode, NodeAnswer } from './elements.ts';
import { readFieldFilters, type FieldFilterInput } from './field-filter.ts';
import { inPlaces } from './places.ts';
import type { SignedCursors } from './signed-cursors.ts';
import { boundView, type OpenView } from './views.ts';

interface KindsArgs extends PageArgs {
  readonly kinds?: readonly string[] | null;
}

interface NodesArgs extends KindsArgs {
  readonly hasFields?: readonly string[] | null;
  readonly where?: readonly FieldFilterInput[] | null;
}

interface EdgesArgs extends KindsArgs {
  readonly from?: string | null;
  readonly to?: string | null;
}

type CountQuestion = Extract<ViewQuestion, { readonly ask: 'nodeCount' | 'edgeCount' }>;

/** A page, and what its list is counted by. */
interface CountedPage<Item extends object> {
  readonly page: ConnectionPage<Item>;
  readonly read: ReadView;
  readonly count: CountQuestion;
}

/** What a list is read by. */
interface Listing<Element extends { readonly id: ElementId }, Item extends object> {
  readonly view: OpenView;
  readonly cursors: SignedCursors;
  readonly wanted: PageWanted;
  readonly ranges: readonly Range[];
  readonly count: CountQuestion;
  readonly read: (read: ReadView, page: PageRequest) => MaybePromise<ReadElements<Element>>;
  readonly answer: (view: OpenView, element: Element, hex: string) => Item;
}

interface ReadElements<Element> {
  readonly elements: readonly Element[];
  readonly end: Digest | null;
  readonly hasNext: boolean;
}

function listPage<Element extends { readonly id: ElementId }, Item extends NodeAnswer | EdgeAnswer>(
  context: RequestContext,
  { view, cursors, wanted, ranges, count, read, answer }: Listing<Element, Item>,
): MaybePromise<CountedPage<Item>> {
  const page = pageRequest(wanted);
  const readBound = (bound: ReadView): MaybePromise<CountedPage<Item>> => {
    noteReads(context, bound, ranges);
    return whenThere(read(bound, page), ({ elements, end, hasNext }) => {
      keep(context, bound);
      const found = bound === view.read ? view : { ...view, read: bound };
      const ids = idsToHex(elements);
      const items = elements.map((element, i) =>
        answer(found, element, ids.slice(i * HEX_LENGTH, (i + 1) * HEX_LENGTH)),
      );
      return {
        page: new ConnectionPage({ wanted, bound, cursors, read: { items, hasMore: hasNext, end }, positionOf }),
        read: bound,
        count,
      };
    });
  };
  const bound = boundView(context, view, wanted);
  return bound instanceof Promise ? bound.then(readBound) : readBound(bound);
}

function positionOf(item: NodeAnswer | EdgeAnswer): Digest {
  return item.type === 'GraphNode' ? item.node.id : item.edge.id;
}

/** Whoever is given cursors may come back with them. */
function keep({ open }: RequestContext, { id, source }: ReadView): void {
  if (source.type === 'live') open.shelf.put(id, source.snapshot);
}

function pageRequest({ count, from, after, before }: PageWanted): PageRequest {
  return { count, from, after: after?.position ?? null, before: before?.position ?? null };
}

function nodesOf(view: OpenView, args: NodesArgs, context: RequestContext): MaybePromise<CountedPage<NodeAnswer>> {
  const shared = inPlaces({ 'filter.kinds': 'kinds', 'filter.hasKeys': 'hasFields' }, () =>
    readNodeFilter({ kinds: args.kinds ?? null, hasKeys: args.hasFields ?? null }, 'filter'),
  ) as NodeFilter; // it is read on the spot
  const filter = { ...shared, where: readFieldFilters(args.where, shared.kinds) };
  const cursors = cursorsOf(context, ['nodes', view.nameText, filter]);
  return listPage<GraphNode, NodeAnswer>(context, {
    view,
    cursors,
    wanted: readPageArgs(args, cursors),
    ranges: rangesOfNodes(filter),
    count: { ask: 'nodeCount', filter },
    read: (read, page) =>
      readCutPage(context, read, (bounds) => ({ ask: 'nodes', page: { ...page, ...bounds }, filter }) as const),
    answer: (found, node, hex) => new NodeAnswer(found, node, hex),
  });
}

function edgesOf(
  view: OpenView,
  filter: EdgeFilter,
  args: PageArgs,
  context: RequestContext,
): MaybePromise<CountedPage<EdgeAnswer>> {
  const { kinds, from, to } = filter;
  const ends = [from, to].map((end) => end && digestToHex(end));
  const cursors = cursorsOf(context, ['edges', view.nameText, kinds, ends]);
  return listPage<GraphEdge, EdgeAnswer>(context, {
    view,
    cursors,
    wanted: readPageArgs(args, cursors),
    ranges: rangesOfEdges(filter),
    count: { ask: 'edgeCount', filter },
    read: (read, page) =>
      readCutPage(context, read, (bounds) => ({ ask: 'edges', page: { ...page, ...bounds }, filter }) as const),
    answer: (found, edge, hex) => new EdgeAnswer(found, edge, hex),
  });
}

interface NodeArgs {
  readonly elementId?: string | null;
  readonly kind?: string | null;
  readonly key?: string | null;
  readonly keyBytes?: string | null;
}

/** The fields of `View` that read its elements. */
export const viewElementFields = {
  nodes: (view: OpenView, args: NodesArgs, context: RequestContext): MaybePromise<CountedPage<NodeAnswer>> =>
    nodesOf(view, args, context),
  edges: (view: OpenView, args: EdgesArgs, context: RequestContext): MaybePromise<CountedPage<EdgeAnswer>> => {
    const filter = { kinds: readKinds(args.kinds, 'kinds'), from: hashOrNull(args.from), to: hashOrNull(args.to) };
    return edgesOf(view, filter, args, context);
  },
  node: (view: OpenView, args: NodeArgs, context: RequestContext): MaybePromise<NodeAnswer | null> =>
    findNode(context, view, readNodeId(args)),
  edge: (
    view: OpenView,
    args: { readonly elementId: string },
    context: RequestContext,
  ): MaybePromise<EdgeAnswer | null> => findEdge(context, view, hexToDigest(args.elementId)!), // the scalar lets nothing else through
};

function hashOrNull(hex: string | null | undefined): Digest | null {
  return hex === null || hex === undefined ? null : hexToDigest(hex)!; // the scalar lets nothing else through
}

/** Throws `FORMAT_INVALID` where a node is named in no way, or in two. */
function readNodeId({ elementId = null, kind = null, key = null, keyBytes = null }: NodeArgs): ElementId {
  const byKey = [key, keyBytes].filter((each) => each !== null).length;
  if (elementId !== null && kind === null && byKey === 0) return hexToDigest(elementId)!; // as above
  if (elementId !== null || kind === null || byKey !== 1) {
    throw invalid('elementId', 'name a node by its element id, or by `kind` and either `key` or `keyBytes`');
  }
  const [checked] = readKinds([kind], 'kind') ?? [];
  const bytes = keyBytes === null ? bytesFrom(Buffer.from(key ?? '', 'utf8')) : bytesFromBase64(keyBytes, 'keyBytes');
  return keyedNodeId(checked ?? kind, bytes, sha256);
}

interface ReachArgs extends KindsArgs {
  readonly direction: 'OUT' | 'IN' | 'BOTH';
  readonly depth: number;
}

const DEPTH_MAX = 32;
/** Nodes whose edges were looked at; beyond that it counts as a read of the whole view. */
const RANGES_MAX = 1000;
const DIRECTIONS = { OUT: 'out', IN: 'in', BOTH: 'both' } as const;

/** A node that was reached. */
class ReachedAnswer extends NodeAnswer {
  readonly distance: number;
  readonly via: EdgeAnswer;

  constructor(view: OpenView, { node, distance, edge }: Reached) {
    super(view, node, digestToHex(node.id));
    this.distance = distance;
    this.via = new EdgeAnswer(view, edge, digestToHex(edge.id));
  }
}

class ReachAnswer extends ConnectionPage<ReachedAnswer> {
  readonly totalCount: number;

  constructor(parts: ConstructorParameters<typeof ConnectionPage<ReachedAnswer>>[0], totalCount: number) {
    super(parts);
    this.totalCount = totalCount;
  }
}

function reachOf(
  { view, node, elementId }: NodeAnswer,
  args: ReachArgs,
  context: RequestContext,
): MaybePromise<ReachAnswer> {
  const { depth } = args;
  if (depth < 1 || depth > DEPTH_MAX) throw invalid('depth', `${depth} is not from 1 to ${DEPTH_MAX}`);
  const kinds = readKinds(args.kinds, 'kinds');
  const direction = DIRECTIONS[args.direction];
  const cursors = cursorsOf(context, ['reach', view.nameText, elementId, direction, kinds, depth]);
  const wanted = readPageArgs(args, cursors);
  const reach = { start: node.id, direction, kinds, depth } as const;
  const page = pageRequest(wanted);
  const readBound = (bound: ReadView): MaybePromise<ReachAnswer> => {
    const read = readCutPage(
      context,
      bound,
      (bounds) => ({ ask: 'reach', page: { ...page, ...bounds }, reach }) as const,
    );
    return whenThere(read, ({ reached, hasNext, totalCount, expanded }) => {
      noteReads(context, bound, rangesOfReach(expanded, { kinds, direction }));
      keep(context, bound);
      const found = { ...view, read: bound };
      const items = reached.map((each) => new ReachedAnswer(found, each));
      const end = (wanted.from === 'start' ? items.at(-1) : items[0])?.node.id ?? null;
      return new ReachAnswer(
        { wanted, bound, cursors, read: { items, hasMore: hasNext, end }, positionOf },
        totalCount,
      );
    });
  };
  const bound = boundView(context, view, wanted);
  return bound instanceof Promise ? bound.then(readBound) : readBound(bound);
}

/** What was looked at on the way: the edges of nodes, and the nodes that they led to. */
function rangesOfReach(
  expanded: readonly ElementId[],
  { kinds, direction }: { readonly kinds: readonly string[] | null; readonly direction: 'out' | 'in' | 'both' },
): readonly Range[] {
  const kindsOrAny = kinds ?? [null];
  if (expanded.length * kindsOrAny.length > RANGES_MAX) return WHOLE_VIEW;
  return expanded.flatMap((node) => [
    { range: 'node', id: node } as const,
    ...kindsOrAny.flatMap((kind): Range[] => [
      ...(direction === 'in' ? [] : [{ range: 'out', node, kind } as const]),
      ...(direction === 'out' ? [] : [{ range: 'in', node, kind } as const]),
    ]),
  ]);
}

/** The fields of `GraphNode` that need work. */
export const graphNodeFields = {
  out: ({ view, node }: NodeAnswer, args: KindsArgs, context: RequestContext): MaybePromise<CountedPage<EdgeAnswer>> =>
    edgesOf(view, { kinds: readKinds(args.kinds, 'kinds'), from: node.id, to: null }, args, context),
  in: ({ view, node }: NodeAnswer, args: KindsArgs, context: RequestContext): MaybePromise<CountedPage<EdgeAnswer>> =>
    edgesOf(view, { kinds: readKinds(args.kinds, 'kinds'), from: null, to: node.id }, args, context),
  reach: (start: NodeAnswer, args: ReachArgs, context: RequestContext): MaybePromise<ReachAnswer> =>
    reachOf(start, args, context),
};

/** The fields of `GraphNodeConnection` and `GraphEdgeConnection`. */
export const elementConnectionFields = {
  edges: ({ page }: CountedPage<object>): unknown => page.edges,
  pageInfo: ({ page }: CountedPage<object>): unknown => page.pageInfo,
  snapshotId: ({ page }: CountedPage<object>): string => page.snapshotId,
  totalCount: (
    { read, count }: CountedPage<object>,
    _: unknown,
    context: RequestContext,
  ): MaybePromise<number | null> => whenThere(readCount(context, read, count), (counted) => counted.count),
};

/** The fields of `ReachEdge` that are its node's. */
export const reachEdgeFields = {
  distance: ({ node }: { readonly node: ReachedAnswer }): number => node.distance,
  via: ({ node }: { readonly node: ReachedAnswer }): EdgeAnswer => node.via,
};
