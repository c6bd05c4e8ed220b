/** Worlds for the kernel's benches, made by commands alone. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  createWorld,
  decide,
  encodeValue,
  fieldOf,
  keyedNodeId,
  OP_COUNT_MAX,
  trieGet,
  type ApplyRewrite,
  type Bytes,
  type BatchOrder,
  type CollapseBatchCommand,
  type CollapseWorkspace,
  type Command,
  type CreateWorkspace,
  type Decided,
  type DiscardWorkspace,
  type ElementId,
  type EncodedValue,
  type Graph,
  type Op,
  type Value,
  type World,
} from '@jitos/kernel';

export const NODE_KIND = 'bench.node';
const EDGE_KIND = 'bench.edge';
const FIELD = 'value';

const asked = { principal: 'bench', requestId: null, validUntil: null, meta: null } as const;

export const createWorkspace: CreateWorkspace = { type: 'createWorkspace', from: null, ...asked };

/** By the default policy, `fail-fast`, unless another is named. */
export function collapseWorkspace(workspace: number, policyId: number | null = null): CollapseWorkspace {
  return { type: 'collapseWorkspace', workspace, policyId, footprint: null, ...asked };
}

export function collapseBatch(workspaces: readonly number[], order: BatchOrder = 'any'): CollapseBatchCommand {
  return { type: 'collapseBatch', workspaces, order, policyId: null, ...asked };
}

export function discardWorkspace(workspace: number): DiscardWorkspace {
  return { type: 'discardWorkspace', workspace, reason: null, ...asked };
}

/** Sets one field of each of these keyed nodes to the same value, making those that are not there. */
export function rewriteNodes(workspace: number, numbers: readonly number[], value: Value): ApplyRewrite {
  const encoded = encodeValue(value);
  return setNodes(
    workspace,
    numbers.map((number) => [number, encoded]),
  );
}

/** Sets one field of each of these keyed nodes, given by their numbers, making those that are not there. */
export function setNodes(workspace: number, values: readonly (readonly [node: number, EncodedValue])[]): ApplyRewrite {
  const ops = values.map(([number, value]): Op => {
    return { op: 'PutNode', kind: NODE_KIND, key: keyOf(number), patches: [{ name: FIELD, value }], expect: null };
  });
  return { type: 'applyRewrite', view: workspace, ops, ...asked };
}

/** What `setNodes` set. */
export function nodeValue(graph: Graph, number: number): EncodedValue | undefined {
  const node = trieGet(graph.nodes, nodeId(number));
  return node && fieldOf(node, FIELD);
}

/** Carries out a command that can't be refused. */
export function mustDecide(world: World, command: Command): Decided {
  const decision = decide(world, command, sha256);
  if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.reason}`);
  if (decision.repeated) throw new Error(`${command.type} was taken for a repeat`);
  return decision;
}

/**
 * The commands that bring System of an empty world to `nodeCount` keyed nodes, and an edge from each of the first
 * `edgeCount` to the next: workspace 0, written and collapsed.
 */
export function* growCommands(nodeCount: number, edgeCount: number = 0): Generator<Command> {
  yield createWorkspace;
  for (const numbers of chunksBelow(nodeCount)) yield rewriteNodes(0, numbers, 0);
  const edge = (number: number): Op => ({
    op: 'AddEdge',
    kind: EDGE_KIND,
    from: nodeId(number),
    to: nodeId((number + 1) % nodeCount),
    key: null,
    payload: null,
    expect: null,
  });
  for (const numbers of chunksBelow(edgeCount))
    yield { type: 'applyRewrite', view: 0, ops: numbers.map(edge), ...asked };
  yield collapseWorkspace(0);
}

/** The numbers from 0 on, as many at a time as a rewrite takes. */
function* chunksBelow(count: number): Generator<readonly number[]> {
  for (let from = 0; from < count; from += OP_COUNT_MAX) {
    yield Array.from({ length: Math.min(OP_COUNT_MAX, count - from) }, (_, i) => from + i);
  }
}

/** A world whose System has `nodeCount` keyed nodes. */
export function growWorld(nodeCount: number): World {
  let { world } = createWorld({ quantumMs: 1000 }, sha256);
  for (const command of growCommands(nodeCount)) world = mustDecide(world, command).world;
  return world;
}

/** The id of the node with this number. */
export function nodeId(number: number): ElementId {
  return keyedNodeId(NODE_KIND, keyOf(number), sha256);
}

function keyOf(number: number): Bytes {
  return `node ${number}` as Bytes; // ASCII
}
