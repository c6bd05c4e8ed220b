/**
 * What can be asked of a view: its digest, elements by id, pages, what it differs in from another. Questions and answers
 * are plain data, fit to be sent.
 */
import {
  changesPage,
  edgesPage,
  nodesPage,
  stepsPage,
  trieGet,
  type DiffPage,
  type DiffRequest,
  type DiffStep,
  type Digest,
  type EdgeFilter,
  type ElementId,
  type GraphChange,
  type GraphEdge,
  type GraphNode,
  type NodeFilter,
  type Page,
  type PageRequest,
  type Op,
  type Snapshot,
  type ViewId,
} from '@jitos/kernel';
import { sha256 } from '../sha256.ts';
import { edgeSizeBytes, nodeSizeBytes, withoutData } from './element-data.ts';
import { sidesWithoutData, type CutSides } from './element-sides.ts';

/** A view as it was after an event. */
export interface PastView {
  /** Of the event. */
  readonly idx: number;
  readonly view: ViewId;
}

export interface PageBounds {
  /** Payloads and fields; the page ends before it holds more, but never before its first element. */
  readonly sizeBytesMax: number;
  /** False: payloads and fields are of no interest, and count for nothing. */
  readonly wantsData: boolean;
}

export type PageQuestion = PageRequest & PageBounds;
export type DiffPageQuestion = DiffRequest & PageBounds;

export type Question = ViewQuestion | DiffQuestion | SidesQuestion;

export type ViewQuestion =
  | { readonly ask: 'snapshot' }
  | { readonly ask: 'nodes'; readonly page: PageQuestion; readonly filter: NodeFilter }
  | { readonly ask: 'edges'; readonly page: PageQuestion; readonly filter: EdgeFilter }
  | { readonly ask: 'node'; readonly id: ElementId }
  | { readonly ask: 'edge'; readonly id: ElementId };

/** About the view that is asked and another: what has changed from `before` to it, as elements or as ops. */
export interface DiffQuestion {
  readonly ask: 'changes' | 'steps';
  readonly before: PastView;
  readonly page: DiffPageQuestion;
}

/** About a workspace, its base and what it collapses into: elements as the three have them. */
export interface SidesQuestion extends PageBounds {
  readonly ask: 'sides';
  readonly ids: readonly ElementId[];
}

export interface CutPage<Element> extends Page<Element> {
  readonly sizeBytes: number;
}

export interface CutDiffPage<Entry> extends DiffPage<Entry> {
  readonly sizeBytes: number;
}

interface Answers {
  readonly snapshot: { readonly id: Digest; readonly digest: Digest };
  readonly nodes: CutPage<GraphNode>;
  readonly edges: CutPage<GraphEdge>;
  readonly node: GraphNode | null;
  readonly edge: GraphEdge | null;
  readonly changes: CutDiffPage<GraphChange>;
  readonly steps: CutDiffPage<DiffStep>;
  readonly sides: CutSides;
}

export type AnswerTo<Q extends Question> = Answers[Q['ask']];

export function readSnapshot<Q extends ViewQuestion>({ id, digest, graph }: Snapshot, question: Q): AnswerTo<Q> {
  const answer = (): Answers[ViewQuestion['ask']] => {
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

/** What differs between two views; the question's own `before` says which, and is not looked at here. */
export function readDiff<Q extends DiffQuestion>(before: Snapshot, after: Snapshot, { ask, page }: Q): AnswerTo<Q> {
  const graphs = { before: before.graph, after: after.graph };
  const answer =
    ask === 'changes'
      ? cutDiffPage(changesPage(graphs, page), page, changeSizeBytes)
      : cutDiffPage(stepsPage(graphs, page, sha256), page, stepSizeBytes);
  return answer as AnswerTo<Q>; // each case answers its own question
}

/** The answer as it is sent elsewhere: without what nobody has asked for. */
export function trimAnswer(question: Question, answer: AnswerTo<Question>): AnswerTo<Question> {
  if (question.ask === 'sides') return question.wantsData ? answer : sidesWithoutData(answer as CutSides); // its answer
  if (!('page' in question) || question.page.wantsData) return answer;
  if (answer !== null && 'entries' in answer) {
    const whole = answer.entries as readonly (GraphChange | DiffStep)[]; // of either page
    const entries = whole.map(withoutValues);
    return { ...answer, entries } as typeof answer; // of the same entries
  }
  const page = answer as CutPage<GraphNode | GraphEdge>; // what any other question for a page is answered with
  return { ...page, elements: page.elements.map(withoutData) } as typeof answer; // of the same elements
}

function withoutValues<Entry extends GraphChange | DiffStep>(entry: Entry): Entry {
  if ('ops' in entry) return { ...entry, ops: [] };
  const { before, after } = entry;
  return { ...entry, before: before && withoutData(before), after: after && withoutData(after) };
}

/** Ends a page where it would hold too many bytes. */
function cutPage<Element extends { readonly id: ElementId }>(
  page: Page<Element>,
  { sizeBytesMax, wantsData }: PageQuestion,
  sizeBytesOf: (element: Element) => number,
): CutPage<Element> {
  if (!wantsData) return { ...page, sizeBytes: 0 };
  const { count, sizeBytes } = countFitting(page.elements, sizeBytesMax, sizeBytesOf);
  if (count === page.elements.length) return { ...page, sizeBytes };
  const elements = page.elements.slice(0, count);
  return { ...page, elements, end: elements.at(-1)?.id ?? null, hasNext: true, sizeBytes };
}

/** As `cutPage`. */
function cutDiffPage<Entry>(
  page: DiffPage<Entry>,
  { sizeBytesMax, wantsData }: DiffPageQuestion,
  sizeBytesOf: (entry: Entry) => number,
): CutDiffPage<Entry> {
  if (!wantsData) return { ...page, sizeBytes: 0 };
  const { count, sizeBytes } = countFitting(page.entries, sizeBytesMax, sizeBytesOf);
  if (count === page.entries.length) return { ...page, sizeBytes };
  const positions = page.positions.slice(0, count);
  const entries = page.entries.slice(0, count);
  return { ...page, entries, positions, end: positions.at(-1) ?? null, hasNext: true, sizeBytes };
}

/** How many of the first elements hold no more bytes together, but always one. */
function countFitting<Element>(
  elements: readonly Element[],
  sizeBytesMax: number,
  sizeBytesOf: (element: Element) => number,
): { readonly count: number; readonly sizeBytes: number } {
  let sizeBytes = 0;
  let count = 0;
  for (const element of elements) {
    const elementSizeBytes = sizeBytesOf(element);
    if (count > 0 && sizeBytes + elementSizeBytes > sizeBytesMax) break;
    sizeBytes += elementSizeBytes;
    count += 1;
  }
  return { count, sizeBytes };
}

function changeSizeBytes(change: GraphChange): number {
  if (change.element === 'node') return sumOf([change.before, change.after], nodeSizeBytes);
  return sumOf([change.before, change.after], edgeSizeBytes);
}

function sumOf<Element>(sides: readonly (Element | undefined)[], sizeBytesOf: (element: Element) => number): number {
  return sides.reduce((sum, side) => sum + (side === undefined ? 0 : sizeBytesOf(side)), 0);
}

function stepSizeBytes({ ops }: DiffStep): number {
  return ops.reduce((sum, op) => sum + opSizeBytes(op), 0);
}

function opSizeBytes(op: Op): number {
  if (op.op === 'PutNode') {
    return op.patches.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), op.key.length);
  }
  return 'payload' in op ? (op.payload?.length ?? 0) : 0;
}
