/** `git diff-tree --stdin` on an equal tree: one process, asked for one diff after another. */
import { startProcess } from './asked-process.ts';
import { gitEnvironment } from '@jitos/testkit/git/git-command.ts';
import type { OpenDiffStates } from '../workloads/graph-diff.ts';
import { countChanges, makeDiffTrees } from './git-diff-tree.ts';

/** A line that names no object is said again as it stands, and all before it with it. */
const END = 'end\n';

export const openDiffStates: OpenDiffStates = async (dir, shape) => {
  const { path, base, states } = await makeDiffTrees(dir, shape);
  const git = startProcess('git', ['diff-tree', '--stdin', '-r', '--raw', '--no-renames'], {
    cwd: path,
    env: gitEnvironment(),
  });
  return {
    diff: async (state) => {
      const said = await git.ask(`${base} ${states[state]!}\n${END}`, (text) => text.endsWith(`\n${END}`));
      return countChanges(said);
    },
    close: () => git.close(),
  };
};
