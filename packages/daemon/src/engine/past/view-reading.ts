/**
 * What can be asked of a view: its digest, elements by id, pages, counts, what is reached from a node, what it differs in from
 * another. Questions and answers are plain data, fit to be sent.
 */
import {
  changesPage,
  edgesCount,
  edgesPage,
  nodesCount,
  nodesPage,
  reachFrom,
  stepsPage,
  trieGet,
  type Count,
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
  type Reached,
  type ReachRequest,
  type Snapshot,
  type ViewId,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { sha256 } from '../sha256.ts';
import { mustBeDeclared } from './declared-fields.ts';
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
  | { readonly ask: 'nodeCount'; readonly filter: NodeFilter }
  | { readonly ask: 'edgeCount'; readonly filter: EdgeFilter }
  | { readonly ask: 'reach'; readonly page: PageQuestion; readonly reach: ReachRequest }
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

export interface ReachPage {
  readonly reached: readonly Reached[];
  readonly hasNext: boolean;
  readonly totalCount: number;
  /** Nodes whose edges were looked at, all of them whatever the page. */
  readonly expanded: readonly ElementId[];
  readonly scanned: number;
  readonly sizeBytes: number;
}

export interface CutDiffPage<Entry> extends DiffPage<Entry> {
  readonly sizeBytes: number;
}

interface Answers {
  readonly snapshot: { readonly id: Digest; readonly digest: Digest };
  readonly nodes: CutPage<GraphNode>;
  readonly edges: CutPage<GraphEdge>;
  readonly nodeCount: Count;
  readonly edgeCount: Count;
  readonly reach: ReachPage;
  readonly node: GraphNode | null;
  readonly edge: GraphEdge | null;
  readonly changes: CutDiffPage<GraphChange>;
  readonly steps: CutDiffPage<DiffStep>;
  readonly sides: CutSides;
}

export type AnswerTo<Q extends Question> = Answers[Q['ask']];

export function readSnapshot<Q extends ViewQuestion>(snapshot: Snapshot, question: Q): AnswerTo<Q> {
  const { id, digest, graph } = snapshot;
  const answer = (): Answers[ViewQuestion['ask']] => {
    switch (question.ask) {
      case 'snapshot':
        return { id, digest };
      case 'nodes':
        mustBeDeclared(snapshot.rules, question.filter);
        return cutPage(nodesPage(snapshot, question.page, question.filter, sha256), question.page, nodeSizeBytes);
      case 'edges':
        return cutPage(edgesPage(graph, question.page, question.filter), question.page, edgeSizeBytes);
      case 'nodeCount':
        mustBeDeclared(snapshot.rules, question.filter);
        return nodesCount(snapshot, question.filter, sha256);
      case 'edgeCount':
        return edgesCount(graph, question.filter);
      case 'reach':
        return reachPage(snapshot, question.reach, question.page);
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

/** Throws `QUERY_TOO_LARGE` where not all could be looked at: no page tells of a part as if it were the whole. */
function reachPage({ graph }: Snapshot, reach: ReachRequest, page: PageQuestion): ReachPage {
  const { reached, expanded, isWhole, scanned } = reachFrom(graph, reach);
  if (!isWhole) {
    throw new Failure('QUERY_TOO_LARGE', 'depth', `what is reached lies behind more than ${scanned} edges`);
  }
  const placeOf = (id: ElementId): number => reached.findIndex(({ node }) => node.id === id);
  const start = page.after === null ? 0 : placeOf(page.after) + 1;
  const end = page.before === null ? reached.length : placeOf(page.before);
  const inside = reached.slice(start, Math.max(start, end));
  const wanted = page.from === 'start' ? inside.slice(0, page.count) : inside.slice(-page.count).toReversed();
  const { count, sizeBytes } = page.wantsData
    ? countFitting(wanted, page.sizeBytesMax, ({ node, edge }) => nodeSizeBytes(node) + edgeSizeBytes(edge))
    : { count: wanted.length, sizeBytes: 0 };
  const fitting = wanted.slice(0, count);
  return {
    reached: page.from === 'start' ? fitting : fitting.toReversed(),
    hasNext: inside.length > count,
    totalCount: reached.length,
    expanded,
    scanned,
    sizeBytes,
  };
}

/** The answer as it is sent elsewhere: without what nobody has asked for. */
export function trimAnswer(question: Question, answer: AnswerTo<Question>): AnswerTo<Question> {
  if (question.ask === 'sides') return question.wantsData ? answer : sidesWithoutData(answer as CutSides); // its answer
  if (question.ask === 'reach') return trimReach(answer as ReachPage, question.page); // its answer
  if (!('page' in question) || question.page.wantsData) return answer;
  if (answer !== null && 'entries' in answer) {
    const whole = answer.entries as readonly (GraphChange | DiffStep)[]; // of either page
    const entries = whole.map(withoutValues);
    return { ...answer, entries } as typeof answer; // of the same entries
  }
  const page = answer as CutPage<GraphNode | GraphEdge>; // what any other question for a page is answered with
  return { ...page, elements: page.elements.map(withoutData) } as typeof answer; // of the same elements
}

/** Of what was looked at nobody elsewhere has read anything. */
function trimReach(answer: ReachPage, { wantsData }: PageBounds): ReachPage {
  const trimmed = { ...answer, expanded: [] };
  if (wantsData) return trimmed;
  const reached = answer.reached.map(({ node, distance, edge }) => {
    return { node: withoutData(node), distance, edge: withoutData(edge) };
  });
  return { ...trimmed, reached };
}

function withoutValues<Entry extends GraphChange | DiffStep>(entry: Entry): Entry {
  if ('ops' in entry) return { ...entry, ops: [] };
  const { before, after } = entry;
  return { ...entry, before: before && withoutData(before), after: after && withoutData(after) };
}

/** Ends a page where it would hold too many bytes. */
function cutPage<Element extends { readonly id: ElementId }>(
  page: Page<Element>,
  { sizeBytesMax, wantsData, from }: PageQuestion,
  sizeBytesOf: (element: Element) => number,
): CutPage<Element> {
  if (!wantsData) return { ...page, sizeBytes: 0 };
  const isUp = from === 'start';
  const inOrder = isUp ? page.elements : page.elements.toReversed();
  const { count, sizeBytes } = countFitting(inOrder, sizeBytesMax, sizeBytesOf);
  if (count === page.elements.length) return { ...page, sizeBytes };
  const kept = inOrder.slice(0, count);
  const elements = isUp ? kept : kept.toReversed();
  return { ...page, elements, end: kept.at(-1)?.id ?? null, hasNext: true, sizeBytes };
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
