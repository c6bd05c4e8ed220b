/** The query `sides`: elements as the base of a workspace, the workspace, and what it collapses into have them, now. */
import {
  edgeValueDigest,
  nodeValueDigest,
  targetOf,
  trieGet,
  type ElementId,
  type Graph,
  type GraphEdge,
  type GraphNode,
} from '@jitos/kernel';
import { edgeSizeBytes, nodeSizeBytes } from '../../engine/past/view-reading.ts';
import { mustGetWorkspace } from '../../engine/world-views.ts';
import { nodeData, payloadData } from './answers.ts';
import { edgeName, nodeName, valueAnswer } from './diff-queries.ts';
import { invalid, type JsonObject } from './json-value.ts';
import { noteReads } from './noted-reads.ts';
import { readHash } from './op-json.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber } from './view-input.ts';

/** Ids in one question; the price of the query counts as many. */
export const SIDES_MAX = 100;

interface SidesArgs {
  readonly swsId: string;
  readonly elements: readonly string[];
}

export function resolveSides(_: unknown, args: SidesArgs, context: RequestContext): readonly JsonObject[] {
  const { world, budget } = context;
  const { elements } = args;
  if (elements.length > SIDES_MAX) throw invalid('elements', `more than ${SIDES_MAX} ids`);
  const ids = elements.map((id, i) => readHash(id, `elements[${i}]`));
  const workspace = mustGetWorkspace(world, readNumber(args.swsId, 'swsId'), 'swsId');
  const graphs = [workspace.base.graph, workspace.head.graph, targetOf(world, workspace).graph];
  const answers: JsonObject[] = [];
  for (const id of ids) {
    const sizeBytesMax = budget.beginPage();
    const { answer, sizeBytes } = sidesOf(graphs, id, budget.wantsData);
    // Never before the first: whoever asks for few gets them all.
    if (answers.length > 0 && sizeBytes > sizeBytesMax) break;
    budget.endPage(1, sizeBytes);
    if (answer === null) continue;
    const range = answer['element'] === 'NODE' ? 'node' : 'edge';
    noteReads(context, { id: workspace.number, source: { type: 'live', snapshot: workspace.head } }, [{ range, id }]);
    answers.push(answer);
  }
  return answers;
}

interface Told {
  /** Null where no graph has the element. */
  readonly answer: JsonObject | null;
  readonly sizeBytes: number;
}

function sidesOf(graphs: readonly Graph[], id: ElementId, wantsData: boolean): Told {
  const nodes = graphs.map((graph) => trieGet(graph.nodes, id));
  const node = nodes.find((each) => each !== undefined);
  if (node !== undefined) {
    const dataOf = wantsData ? nodeData : undefined;
    const values = nodes.map((each) => valueAnswer(each, nodeValueDigest, dataOf));
    return { answer: { ...nodeName(node), ...named(values) }, sizeBytes: sizeOf<GraphNode>(nodes, nodeSizeBytes) };
  }
  const edges = graphs.map((graph) => trieGet(graph.edges, id));
  const edge = edges.find((each) => each !== undefined);
  if (edge === undefined) return { answer: null, sizeBytes: 0 };
  const values = edges.map((each) => valueAnswer(each, edgeValueDigest, wantsData ? payloadData : undefined));
  return { answer: { ...edgeName(edge), ...named(values) }, sizeBytes: sizeOf<GraphEdge>(edges, edgeSizeBytes) };
}

function named([base, ours, theirs]: readonly (JsonObject | null)[]): JsonObject {
  return { base: base ?? null, ours: ours ?? null, theirs: theirs ?? null };
}

function sizeOf<Element>(
  elements: readonly (Element | undefined)[],
  sizeBytesOf: (element: Element) => number,
): number {
  return elements.reduce((sum, each) => sum + (each === undefined ? 0 : sizeBytesOf(each)), 0);
}
