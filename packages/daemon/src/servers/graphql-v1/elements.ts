/** Nodes and edges as v1 answers them, each with the view that it was read from. */
import {
  digestToHex,
  edgeValueDigest,
  nodeValueDigest,
  type Digest,
  type ElementId,
  type GraphEdge,
  type GraphNode,
} from '@jitos/kernel';
import { edgeSizeBytes, nodeSizeBytes } from '../../engine/past/element-data.ts';
import { readSnapshot, type AnswerTo, type ViewQuestion } from '../../engine/past/view-reading.ts';
import { nodeData, payloadData } from '../graphql/answers.ts';
import { bytesToBase64, type JsonObject } from '../graphql/json-value.ts';
import { whenThere, type MaybePromise } from '../graphql/maybe-promise.ts';
import { noteReads } from '../graphql/noted-reads.ts';
import { chargeElement } from '../graphql/read-cut-page.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import type { OpenView } from './views.ts';

/** A node of a view. What it is asked for is worked out then: a class, for pages have a hundred of them. */
export class NodeAnswer {
  readonly type = 'GraphNode';
  readonly view: OpenView;
  readonly node: GraphNode;
  readonly elementId: string;

  /** `elementId` is the node's, in hex. */
  constructor(view: OpenView, node: GraphNode, elementId: string) {
    this.view = view;
    this.node = node;
    this.elementId = elementId;
  }

  get id(): string {
    return `node:${this.view.nameText}:${this.elementId}`;
  }

  get kind(): string {
    return this.node.kind;
  }

  get data(): JsonObject {
    return nodeData(this.node);
  }

  get key(): string | null {
    return this.node.type === 'content' ? null : bytesToBase64(this.node.key);
  }

  get digest(): string {
    return digestToHex(nodeValueDigest(this.node));
  }
}

/** As `NodeAnswer`. */
export class EdgeAnswer {
  readonly type = 'GraphEdge';
  readonly view: OpenView;
  readonly edge: GraphEdge;
  readonly elementId: string;

  constructor(view: OpenView, edge: GraphEdge, elementId: string) {
    this.view = view;
    this.edge = edge;
    this.elementId = elementId;
  }

  get id(): string {
    return `edge:${this.view.nameText}:${this.elementId}`;
  }

  get kind(): string {
    return this.edge.kind;
  }

  get data(): JsonObject {
    return payloadData(this.edge);
  }

  get key(): string | null {
    return this.edge.key === null ? null : bytesToBase64(this.edge.key);
  }

  get digest(): string {
    return digestToHex(edgeValueDigest(this.edge));
  }

  get fromId(): string {
    return digestToHex(this.edge.from);
  }

  get toId(): string {
    return digestToHex(this.edge.to);
  }
}

/** A node by its id; null where the view has none. */
export function findNode(context: RequestContext, view: OpenView, id: ElementId): MaybePromise<NodeAnswer | null> {
  return whenThere(readElement(context, view, { ask: 'node', id }), (node) => {
    if (node === null) return null;
    chargeElement(context, nodeSizeBytes(node));
    return new NodeAnswer(view, node, digestToHex(id));
  });
}

/** As `findNode`. */
export function findEdge(context: RequestContext, view: OpenView, id: ElementId): MaybePromise<EdgeAnswer | null> {
  return whenThere(readElement(context, view, { ask: 'edge', id }), (edge) => {
    if (edge === null) return null;
    chargeElement(context, edgeSizeBytes(edge));
    return new EdgeAnswer(view, edge, digestToHex(id));
  });
}

type ElementQuestion = Extract<ViewQuestion, { readonly ask: 'node' | 'edge' }>;

function readElement<Q extends ElementQuestion>(
  context: RequestContext,
  { read }: OpenView,
  question: Q,
): MaybePromise<AnswerTo<Q>> {
  noteReads(context, read, [{ range: question.ask, id: question.id }]);
  const { source } = read;
  return source.type === 'live' ? readSnapshot(source.snapshot, question) : source.ask(question);
}

function findEnd(context: RequestContext, { view }: EdgeAnswer, end: Digest): MaybePromise<NodeAnswer> {
  return whenThere(findNode(context, view, end), (node) => {
    if (node === null) throw new Error('an edge has both its ends');
    return node;
  });
}

/** The fields of `GraphEdge` that need work. */
export const graphEdgeFields = {
  from: (edge: EdgeAnswer, _: unknown, context: RequestContext): MaybePromise<NodeAnswer> =>
    findEnd(context, edge, edge.edge.from),
  to: (edge: EdgeAnswer, _: unknown, context: RequestContext): MaybePromise<NodeAnswer> =>
    findEnd(context, edge, edge.edge.to),
};
