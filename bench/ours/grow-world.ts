/** Worlds for the kernel's benches, made by commands alone. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  createWorld,
  decide,
  encodeValue,
  OP_COUNT_MAX,
  type ApplyRewrite,
  type Bytes,
  type CollapseWorkspace,
  type Command,
  type CreateWorkspace,
  type Decided,
  type Op,
  type World,
} from '@jitos/kernel';

export const NODE_KIND = 'bench.node';

const asked = { principal: 'bench', requestId: null, meta: null } as const;

export const createWorkspace: CreateWorkspace = { type: 'createWorkspace', ...asked };

export function collapseWorkspace(workspace: number): CollapseWorkspace {
  return { type: 'collapseWorkspace', workspace, policyId: null, ...asked };
}

/** Sets one field of each of these keyed nodes, making those that are not there. */
export function rewriteNodes(workspace: number, numbers: readonly number[], value: number): ApplyRewrite {
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

/** The commands that bring System of an empty world to `nodeCount` keyed nodes: workspace 0, written and collapsed. */
export function* growCommands(nodeCount: number): Generator<Command> {
  yield createWorkspace;
  for (let from = 0; from < nodeCount; from += OP_COUNT_MAX) {
    const length = Math.min(OP_COUNT_MAX, nodeCount - from);
    yield rewriteNodes(
      0,
      Array.from({ length }, (_, i) => from + i),
      0,
    );
  }
  yield collapseWorkspace(0);
}

/** A world whose System has `nodeCount` keyed nodes. */
export function growWorld(nodeCount: number): World {
  let { world } = createWorld({ quantumMs: 1000 }, sha256);
  for (const command of growCommands(nodeCount)) world = mustDecide(world, command).world;
  return world;
}

function keyOf(number: number): Bytes {
  return `node ${number}` as Bytes; // ASCII
}
