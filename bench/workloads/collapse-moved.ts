/**
 * Collapses workspaces of a few keyed puts on random nodes onto a System that has moved since they were forked, through the
 * whole loop with the file log, with several in flight. Only the collapses are measured.
 *
 * Workspaces that are open together write no node twice, and System is moved by others on the other half of the nodes, so
 * every collapse merges and commits.
 */
import { Host } from '@jitos/daemon/engine/host.ts';
import type { Command, Event } from '@jitos/kernel';
import { collapseBatch, collapseWorkspace, createWorkspace, growCommands, rewriteNodes } from '../ours/grow-world.ts';
import { seededIntegers, type OpenWorkload } from '../harness/workload.ts';

export interface CollapseShape {
  readonly nodeCount: number;
  /** Nodes that a workspace has changed. */
  readonly changeCount: number;
}

export interface CollapseMovedOptions extends CollapseShape {
  readonly clientCount: number;
  /** Workspaces that one command collapses, as a batch; null: each has its own. */
  readonly batchCount: number | null;
  /** Forked and written together, then collapsed together. */
  readonly workspaceCount: number;
  /** How often System moves in between. */
  readonly systemChanges: number;
  /** A round ends after so many, or when its time is over. */
  readonly collapsesMax: number;
}

/** Commands in flight where nothing is measured. */
const QUEUED_MAX = 1024;

export const open: OpenWorkload<CollapseMovedOptions> = async (options, dir) => {
  const { nodeCount, changeCount, clientCount, batchCount, workspaceCount, systemChanges, collapsesMax } = options;
  const host = await Host.open({ dataDir: dir });
  const { loop } = await host.createWorld('bench');
  const submit = async (command: Command): Promise<Event> => {
    const reply = await loop.submit(command);
    if ('ok' in reply) throw new Error(`${command.type} was refused: ${reply.reason}`);
    return reply;
  };
  const submitAll = async (commands: readonly Command[]): Promise<void> => {
    for (let from = 0; from < commands.length; from += QUEUED_MAX) {
      await Promise.all(commands.slice(from, from + QUEUED_MAX).map(submit));
    }
  };
  for (const command of growCommands(nodeCount)) await submit(command);
  const integers = seededIntegers(10);
  let value = 0;
  let pass = 0;
  /** A new node value, in a workspace of its own that is collapsed at once. */
  const moveSystem = (workspace: number): Command[] => {
    const number = Math.floor(nodeCount / 2) + integers(Math.ceil(nodeCount / 2));
    return [createWorkspace, rewriteNodes(workspace, [number], ++value), collapseWorkspace(workspace)];
  };
  let waiting: number[] = [];
  const prepare = async (): Promise<void> => {
    const draw = drawNodes(options, pass++);
    const first = loop.world.workspaceCount;
    const workspaces = Array.from({ length: workspaceCount }, (_, i) => first + i);
    await submitAll(workspaces.map(() => createWorkspace));
    await submitAll(workspaces.map((workspace) => rewriteNodes(workspace, draw(changeCount), ++value)));
    const next = loop.world.workspaceCount;
    for (let from = 0; from < systemChanges; from += QUEUED_MAX) {
      const length = Math.min(QUEUED_MAX, systemChanges - from);
      await submitAll(Array.from({ length }, (_, i) => moveSystem(next + from + i)).flat());
    }
    waiting = workspaces;
  };
  const client = async (workspaces: number[]): Promise<void> => {
    while (workspaces.length > 0) {
      const taken = workspaces.splice(-(batchCount ?? 1));
      const event = await submit(batchCount === null ? collapseWorkspace(taken[0]!) : collapseBatch(taken)); // one at least
      if (!isMerged(event, taken.length)) throw new Error('a collapse was not merged');
    }
  };
  await prepare();
  return {
    round: async (budgetMs) => {
      let operations = 0;
      let elapsedMs = 0;
      while (elapsedMs < budgetMs && operations < collapsesMax) {
        if (waiting.length === 0) await prepare();
        const taken = waiting.splice(0, collapsesMax - operations);
        operations += taken.length;
        const start = performance.now();
        await Promise.all(Array.from({ length: clientCount }, () => client(taken)));
        elapsedMs += performance.now() - start;
      }
      return { operations, values: { '/s': operations / (elapsedMs / 1000) } };
    },
    close: () => host.close(),
  };
};

function isMerged(event: Event, count: number): boolean {
  if (event.kind === 'COLLAPSE_BATCH') return event.committedCount === count;
  return event.kind === 'COLLAPSE' && event.mode === 'merged';
}

/** Draws from the first half of the nodes, in an order that is the pass's own; each once. */
export function drawNodes({ nodeCount }: CollapseShape, pass: number): (count: number) => number[] {
  const integers = seededIntegers(1000 + pass);
  const numbers = Array.from({ length: Math.floor(nodeCount / 2) }, (_, i) => i);
  let left = numbers.length;
  const draw = (): number => {
    const at = integers(left);
    left -= 1;
    const number = numbers[at]!; // no more are drawn than there are
    numbers[at] = numbers[left]!;
    return number;
  };
  return (count) => Array.from({ length: count }, draw);
}
