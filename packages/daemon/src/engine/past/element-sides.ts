/** Elements as the three sides of a collapse have them: the base of a workspace, the workspace, what it collapses into. */
import {
  targetOf,
  trieGet,
  type ElementId,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type Workspace,
  type World,
} from '@jitos/kernel';
import { edgeSizeBytes, nodeSizeBytes, withoutData } from './element-data.ts';

/** In the order base, ours, theirs; null where a side has no such element. */
export type Sides<Element> = readonly [base: Element | null, ours: Element | null, theirs: Element | null];

export type ElementSides =
  | { readonly element: 'node'; readonly sides: Sides<GraphNode> }
  | { readonly element: 'edge'; readonly sides: Sides<GraphEdge> };

/** The answer for the first of the ids, as many as fit. */
export interface CutSides {
  /** Null of an id that no side has. */
  readonly elements: readonly (ElementSides | null)[];
  readonly sizeBytes: number;
}

export interface SidesWanted {
  readonly ids: readonly ElementId[];
  /** Payloads and fields; the answer ends before it holds more, but never before the first element. */
  readonly sizeBytesMax: number;
  /** False: payloads and fields are of no interest, and count for nothing. */
  readonly wantsData: boolean;
}

export function readSides(world: World, workspace: Workspace, { ids, sizeBytesMax, wantsData }: SidesWanted): CutSides {
  const graphs: Sides<Graph> = [workspace.base.graph, workspace.head.graph, targetOf(world, workspace).graph];
  const elements: (ElementSides | null)[] = [];
  let sizeBytes = 0;
  for (const id of ids) {
    const found = sidesOf(graphs, id);
    const foundSizeBytes = found === null || !wantsData ? 0 : sizeBytesOf(found);
    if (sizeBytes > 0 && sizeBytes + foundSizeBytes > sizeBytesMax) break;
    sizeBytes += foundSizeBytes;
    elements.push(found);
  }
  return { elements, sizeBytes };
}

function sidesOf(graphs: Sides<Graph>, id: ElementId): ElementSides | null {
  const nodes = eachSide(graphs, (graph) => trieGet(graph.nodes, id));
  if (hasSome(nodes)) return { element: 'node', sides: nodes };
  const edges = eachSide(graphs, (graph) => trieGet(graph.edges, id));
  return hasSome(edges) ? { element: 'edge', sides: edges } : null;
}

function eachSide<From, To>([base, ours, theirs]: Sides<From>, map: (side: From) => To | undefined): Sides<To> {
  const mapped = (side: From | null): To | null => (side === null ? null : (map(side) ?? null));
  return [mapped(base), mapped(ours), mapped(theirs)];
}

function hasSome(sides: Sides<GraphNode | GraphEdge>): boolean {
  return sides.some((side) => side !== null);
}

function sizeBytesOf({ element, sides }: ElementSides): number {
  const sizes = element === 'node' ? eachSide(sides, nodeSizeBytes) : eachSide(sides, edgeSizeBytes);
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** As it is sent elsewhere where nobody has asked for data. */
export function sidesWithoutData({ elements, sizeBytes }: CutSides): CutSides {
  return { elements: elements.map((each) => each && trimmed(each)), sizeBytes };
}

function trimmed(told: ElementSides): ElementSides {
  return told.element === 'node'
    ? { element: 'node', sides: eachSide(told.sides, withoutData) }
    : { element: 'edge', sides: eachSide(told.sides, withoutData) };
}
