/** Worlds for the kernel's benches, made by commands alone. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  createWorld,
  decide,
  encodeValue,
  keyedNodeId,
  OP_COUNT_MAX,
  type ApplyRewrite,
  type Bytes,
  type CollapseWorkspace,
  type Command,
  type CreateWorkspace,
  type Decided,
  type ElementId,
  type Op,
  type Value,
  type World,
} from '@jitos/kernel';

export const NODE_KIND = 'bench.node';
const EDGE_KIND = 'bench.edge';

const asked = { principal: 'bench', requestId: null, meta: null } as const;

export const createWorkspace: CreateWorkspace = { type: 'createWorkspace', ...asked };

export function collapseWorkspace(workspace: number): CollapseWorkspace {
  return { type: 'collapseWorkspace', workspace, policyId: null, ...asked };
}

/** Sets one field of each of these keyed nodes, making those that are not there. */
export function rewriteNodes(workspace: number, numbers: readonly number[], value: Value): ApplyRewrite {
  const patches = [{ name: 'value', value: encodeValue(value) }];
  const op = (number: number): Op => ({ op: 'PutNode', kind: NODE_KIND, key: keyOf(number), patches, expect: null });
  return { type: 'applyRewrite', view: workspace, ops: numbers.map(op), ...asked };
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

function nodeId(number: number): ElementId {
  return keyedNodeId(NODE_KIND, keyOf(number), sha256);
}

function keyOf(number: number): Bytes {
  return `node ${number}` as Bytes; // ASCII
}
