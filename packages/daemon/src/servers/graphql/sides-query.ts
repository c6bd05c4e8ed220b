/**
 * The queries `sides` and `conflictSides`: elements as the base of a workspace, the workspace, and what it collapses into have
 * them now, or had them when it was collapsed.
 */
import {
  edgeValueDigest,
  nodeValueDigest,
  type ElementId,
  type GraphEdge,
  type GraphNode,
  type Range,
} from '@jitos/kernel';
import { readSides, type CutSides, type ElementSides, type Sides } from '../../engine/past/element-sides.ts';
import { mustGetWorkspace } from '../../engine/world-views.ts';
import { mustSee } from '../auth/access.ts';
import { Failure } from '../../errors/failure.ts';
import { nodeData, payloadData } from './answers.ts';
import { readCollapseEvent, type CollapseArgs } from './collapse-event.ts';
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
  const ids = readIds(args.elements);
  const number = readNumber(args.swsId, 'swsId');
  mustSee(context, number, 'swsId');
  const workspace = mustGetWorkspace(world, number, 'swsId');
  if (workspace.parent !== null) mustSee(context, workspace.parent, 'swsId');
  const told = readSides(world, workspace, { ids, ...boundsOf(context) });
  budget.endPage(ids.length, told.sizeBytes);
  const source = { type: 'live', snapshot: workspace.head } as const;
  noteReads(context, { id: workspace.number, source }, rangesOf(ids, told));
  return sidesAnswers(told, context);
}

interface ConflictSidesArgs extends CollapseArgs {
  readonly elements: readonly string[];
}

/** They are found in the state before the event, which may have to be made. */
export async function resolveConflictSides(
  _: unknown,
  args: ConflictSidesArgs,
  context: RequestContext,
): Promise<readonly JsonObject[]> {
  const { budget, askPast } = context;
  const ids = readIds(args.elements);
  return await budget.inTurn(async () => {
    const { event, workspace } = await readCollapseEvent(context, args);
    const question = { ask: 'sides', ids, ...boundsOf(context) } as const;
    const told = await atEvent(askPast({ idx: event.idx - 1, view: workspace }, question));
    budget.endPage(ids.length, told.sizeBytes);
    return sidesAnswers(told, context);
  });
}

/** A state that can't be had is told of the event that it was asked for by. */
async function atEvent<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Failure) || error.place !== 'at') throw error;
    throw new Failure(error.reason, 'id', error.message, { cause: error });
  }
}

function readIds(elements: readonly string[]): readonly ElementId[] {
  if (elements.length > SIDES_MAX) throw invalid('elements', `more than ${SIDES_MAX} ids`);
  return elements.map((id, i) => readHash(id, `elements[${i}]`));
}

function boundsOf({ budget }: RequestContext): { readonly sizeBytesMax: number; readonly wantsData: boolean } {
  return { sizeBytesMax: budget.beginPage(), wantsData: budget.wantsData };
}

/** What is nowhere may have been looked for as a node or as an edge. */
function rangesOf(ids: readonly ElementId[], { elements }: CutSides): readonly Range[] {
  return ids.flatMap((id, i): Range[] => {
    const found = elements[i];
    if (found !== null && found !== undefined) return [{ range: found.element, id }];
    return [
      { range: 'node', id },
      { range: 'edge', id },
    ];
  });
}

function sidesAnswers({ elements }: CutSides, { budget }: RequestContext): readonly JsonObject[] {
  return elements.flatMap((each) => (each === null ? [] : [sidesAnswer(each, budget.wantsData)]));
}

function sidesAnswer(told: ElementSides, wantsData: boolean): JsonObject {
  if (told.element === 'node') {
    const dataOf = wantsData ? nodeData : undefined;
    return named<GraphNode>(told.sides, nodeName, (node) => valueAnswer(node, nodeValueDigest, dataOf));
  }
  const dataOf = wantsData ? payloadData : undefined;
  return named<GraphEdge>(told.sides, edgeName, (edge) => valueAnswer(edge, edgeValueDigest, dataOf));
}

/** What never changes of the element, and its value on each side. */
function named<Element>(
  [base, ours, theirs]: Sides<Element>,
  nameOf: (element: Element) => JsonObject,
  valueOf: (element: Element | undefined) => JsonObject | null,
): JsonObject {
  const some = base ?? ours ?? theirs;
  if (some === null) throw new Error('an element that is told has a side');
  const value = (side: Element | null): JsonObject | null => valueOf(side ?? undefined);
  return { ...nameOf(some), base: value(base), ours: value(ours), theirs: value(theirs) };
}
