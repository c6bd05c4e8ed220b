/** What can be asked of a view: its digest, elements by id, pages. Questions and answers are plain data, fit to be sent. */
import {
  edgesPage,
  nodesPage,
  trieGet,
  type Digest,
  type EdgeFilter,
  type ElementId,
  type GraphEdge,
  type GraphNode,
  type NodeFilter,
  type Page,
  type PageRequest,
  type Snapshot,
} from '@jitos/kernel';

export interface PageQuestion extends PageRequest {
  /** Payloads and fields; the page ends before it holds more, but never before its first element. */
  readonly sizeBytesMax: number;
  /** False: payloads and fields are of no interest, and count for nothing. */
  readonly wantsData: boolean;
}

export type Question =
  | { readonly ask: 'snapshot' }
  | { readonly ask: 'nodes'; readonly page: PageQuestion; readonly filter: NodeFilter }
  | { readonly ask: 'edges'; readonly page: PageQuestion; readonly filter: EdgeFilter }
  | { readonly ask: 'node'; readonly id: ElementId }
  | { readonly ask: 'edge'; readonly id: ElementId };

export interface CutPage<Element> extends Page<Element> {
  readonly sizeBytes: number;
}

interface Answers {
  readonly snapshot: { readonly id: Digest; readonly digest: Digest };
  readonly nodes: CutPage<GraphNode>;
  readonly edges: CutPage<GraphEdge>;
  readonly node: GraphNode | null;
  readonly edge: GraphEdge | null;
}

export type AnswerTo<Q extends Question> = Answers[Q['ask']];

export function readSnapshot<Q extends Question>({ id, digest, graph }: Snapshot, question: Q): AnswerTo<Q> {
  const answer = (): Answers[Question['ask']] => {
    switch (question.ask) {
      case 'snapshot':
        return { id, digest };
      case 'nodes':
        return cutPage(nodesPage(graph, question.page, question.filter), question.page, nodeSizeBytes);
      case 'edges':
        return cutPage(edgesPage(graph, question.page, question.filter), question.page, edgeSizeBytes);
      case 'node':
        return trieGet(graph.nodes, question.id) ?? null;
      case 'edge':
        return trieGet(graph.edges, question.id) ?? null;
    }
  };
  return answer() as AnswerTo<Q>; // each case answers its own question
}

/** The answer as it is sent elsewhere: without what nobody has asked for. */
export function trimAnswer(question: Question, answer: AnswerTo<Question>): AnswerTo<Question> {
  if (!('page' in question) || question.page.wantsData) return answer;
  const page = answer as CutPage<GraphNode | GraphEdge>; // what a question for a page is answered with
  return { ...page, elements: page.elements.map(withoutData) } as typeof answer; // of the same elements
}

function withoutData<Element extends GraphNode | GraphEdge>(element: Element): Element {
  return 'fields' in element ? { ...element, fields: [] } : { ...element, payload: null };
}

/** Ends a page where it would hold too many bytes. */
function cutPage<Element extends { readonly id: ElementId }>(
  page: Page<Element>,
  { sizeBytesMax, wantsData }: PageQuestion,
  sizeBytesOf: (element: Element) => number,
): CutPage<Element> {
  if (!wantsData) return { ...page, sizeBytes: 0 };
  let sizeBytes = 0;
  let count = 0;
  for (const element of page.elements) {
    const elementSizeBytes = sizeBytesOf(element);
    if (count > 0 && sizeBytes + elementSizeBytes > sizeBytesMax) break;
    sizeBytes += elementSizeBytes;
    count += 1;
  }
  if (count === page.elements.length) return { ...page, sizeBytes };
  const elements = page.elements.slice(0, count);
  return { ...page, elements, end: elements.at(-1)?.id ?? null, hasNext: true, sizeBytes };
}

/** Bytes that a node's data is made of. */
export function nodeSizeBytes(node: GraphNode): number {
  if (node.type === 'content') return node.payload?.length ?? 0;
  let sizeBytes = node.key.length;
  for (const { name, value } of node.fields) sizeBytes += name.length + value.length;
  return sizeBytes;
}

export function edgeSizeBytes(edge: GraphEdge): number {
  return (edge.payload?.length ?? 0) + (edge.key?.length ?? 0);
}
