/** Views: System or a workspace, as it is or as it was after an event. */
import { nodeId, idOf, type EdgeRef, type NodeRef } from '../wire/change.ts';
import { edgeFromWire, nodeFromWire, type Edge, type Node } from '../wire/element.ts';
import { getEdge, getHead, getNode, pageEdges, pageNodes, type PageInput } from '../wire/generated.ts';
import type { Key } from '../wire/bytes.ts';
import { Refusal } from '../transport/errors.ts';
import type { RequestOptions, Session } from '../transport/session.ts';
import { nextOf, readItems, readPages, type Page } from './read-pages.ts';
import { viewRef, type ViewName } from './view-name.ts';
import { searchWriterOf, type Writer } from './why.ts';

/** What a view holds, and where that came from. */
export interface Head {
  /** Of the contents, whatever order made them. */
  readonly digest: string;
  /** Of the contents and where they came from. */
  readonly snapshotId: string | null;
}

export interface PageOptions extends RequestOptions {
  /** Asked for at a time, 1 to 1,000; 200 if it is not given. */
  readonly pageLength?: number;
}

/** Of any of the kinds, all if it is absent. */
export interface NodeFilter extends PageOptions {
  readonly kinds?: readonly string[];
  /** Keyed nodes that have each of these fields. */
  readonly hasFields?: readonly string[];
}

export interface EdgeFilter extends PageOptions {
  readonly kinds?: readonly string[];
  readonly from?: NodeRef;
  readonly to?: NodeRef;
}

/** One page, all pages of the snapshot that the first one was of. */
export interface NodePage extends Page<Node> {
  readonly snapshotId: string | null;
}

export interface EdgePage extends Page<Edge> {
  readonly snapshotId: string | null;
}

export interface View {
  readonly name: ViewName;
  /** Undefined if the view has none. */
  node(node: NodeRef, options?: RequestOptions): Promise<Node | undefined>;
  /** The node with this key. */
  keyed(kind: string, key: Key, options?: RequestOptions): Promise<Node | undefined>;
  edge(edge: EdgeRef, options?: RequestOptions): Promise<Edge | undefined>;
  /** In order of id, all of one snapshot, whatever is written meanwhile. */
  nodes(filter?: NodeFilter): AsyncGenerator<Node, void>;
  edges(filter?: EdgeFilter): AsyncGenerator<Edge, void>;
  /** The same by the page; a page may be empty and not the last. */
  nodePages(filter?: NodeFilter): AsyncGenerator<NodePage, void>;
  edgePages(filter?: EdgeFilter): AsyncGenerator<EdgePage, void>;
  head(options?: RequestOptions): Promise<Head>;
  /** Who wrote what an element is; undefined if nobody has. Searches as far back as it takes. */
  why(element: NodeRef, options?: RequestOptions): Promise<Writer | undefined>;
  /** The view as it was after an event. */
  at(eventIdx: number): View;
}

export function makeView(session: Session, name: ViewName, eventIdx?: number): View {
  const where = { view: viewRef(name), ...(eventIdx === undefined ? {} : { at: `${eventIdx}` }) };
  const node = async (ref: NodeRef, options?: RequestOptions): Promise<Node | undefined> => {
    const data = await orUndefined(session.query(getNode, { ...where, id: idOf(ref) }, options));
    return data?.node ? nodeFromWire(data.node) : undefined;
  };
  const readNodes = async (filter: NodeFilter, after: string | undefined): Promise<NodePage> => {
    const { kinds, hasFields } = filter;
    const variables = { ...where, page: pageOf(filter, after), filter: { kinds, hasKeys: hasFields } };
    const { snapshotId, nodes } = (await session.query(pageNodes, variables, filter)).graph;
    return { items: nodes.nodes.map(nodeFromWire), next: nextOf(nodes.pageInfo), snapshotId };
  };
  const readEdges = async (filter: EdgeFilter, after: string | undefined): Promise<EdgePage> => {
    const { kinds, from, to } = filter;
    const ends = { from: from && idOf(from), to: to && idOf(to) };
    const variables = { ...where, page: pageOf(filter, after), filter: { kinds, ...ends } };
    const { snapshotId, edges } = (await session.query(pageEdges, variables, filter)).graph;
    return { items: edges.edges.map(edgeFromWire), next: nextOf(edges.pageInfo), snapshotId };
  };
  return {
    name,
    node,
    keyed: (kind, key, options) => node(nodeId(kind, key), options),
    edge: async (ref, options) => {
      const data = await orUndefined(session.query(getEdge, { ...where, id: idOf(ref) }, options));
      return data?.edge ? edgeFromWire(data.edge) : undefined;
    },
    nodes: (filter = {}) => readItems((after) => readNodes(filter, after)),
    edges: (filter = {}) => readItems((after) => readEdges(filter, after)),
    nodePages: (filter = {}) => readPages((after) => readNodes(filter, after)),
    edgePages: (filter = {}) => readPages((after) => readEdges(filter, after)),
    head: async (options) => (await session.query(getHead, where, options)).graph,
    why: (element, options) => searchWriterOf(session, { ...where, element: idOf(element) }, options),
    at: (idx) => makeView(session, name, idx),
  };
}

export function pageOf({ pageLength }: PageOptions, after: string | undefined): PageInput {
  return { first: pageLength, after };
}

/** A view that has no such element says so with an error; here it is an answer. */
async function orUndefined<Data>(asked: Promise<Data>): Promise<Data | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'ELEMENT_NOT_FOUND') return undefined;
    throw error;
  }
}
