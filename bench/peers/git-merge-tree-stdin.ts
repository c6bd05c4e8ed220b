/**
 * Overlays as git branches, merged by `git merge-tree --stdin`: one process, asked for one merge after another.
 *
 * It keeps its answers until it has many; `stdbuf`, of coreutils, makes it tell each at once.
 */
import { gitEnvironment } from '@jitos/testkit/git/git-command.ts';
import type { OpenOverlayStore } from '../workloads/merge-overlays.ts';
import { startProcess, type AskedProcess } from './asked-process.ts';
import { openGitOverlays } from './git-merge-tree.ts';

/** An answer is a list of texts, each ended by a NUL, ended by one more. */
const END = '\0\0';

export const openOverlayStore: OpenOverlayStore = async (dir, options) => {
  let git: AskedProcess | undefined;
  const store = await openGitOverlays(dir, options, (path) => {
    const args = ['-o0', 'git', 'merge-tree', '--write-tree', '--no-messages', '--stdin'];
    const asked = startProcess('stdbuf', args, { cwd: path, env: gitEnvironment() });
    git = asked;
    return async (main, branch) => {
      const said = await asked.ask(`${main} ${branch}\n`, (text) => text.endsWith(END));
      const [clean, tree = ''] = said.split('\0');
      return { clean: clean === '1', tree };
    };
  });
  return { ...store, close: () => git?.close() };
};
