/** `git diff-tree` on an equal tree, a process a diff. */
import { spawnSync } from 'node:child_process';
import { gitEnvironment } from '@jitos/testkit/git/git-command.ts';
import { entryKey, type DiffShape, type OpenDiffStates } from '../workloads/graph-diff.ts';
import { makeRepository, resolveNames } from './git-trees.ts';

export interface DiffTrees {
  readonly path: string;
  readonly base: string;
  readonly states: readonly string[];
}

/** A repository with the trees of these states. */
export async function makeDiffTrees(dir: string, { nodeCount, changesByState }: DiffShape): Promise<DiffTrees> {
  const path = await makeRepository(dir, {
    base: { keys: Array.from({ length: nodeCount }, (_, number) => entryKey(number)), value: '0' },
    branches: changesByState.map((numbers) => numbers.map((number) => ({ key: entryKey(number), value: '1' }))),
  });
  const names = ['main^{tree}', ...changesByState.map((_, i) => `branch-${i}^{tree}`)];
  const [base = '', ...states] = resolveNames(path, names);
  return { path, base, states };
}

/** Each change is a line that begins with a colon. */
export function countChanges(said: string): number {
  return said.split('\n').filter((line) => line.startsWith(':')).length;
}

export const openDiffStates: OpenDiffStates = async (dir, shape) => {
  const { path, base, states } = await makeDiffTrees(dir, shape);
  return {
    diff: (state) => {
      const args = ['diff-tree', '-r', '--raw', '--no-renames', base, states[state]!];
      const { stdout } = spawnSync('git', args, { cwd: path, env: gitEnvironment(), encoding: 'latin1' });
      return countChanges(stdout);
    },
  };
};
