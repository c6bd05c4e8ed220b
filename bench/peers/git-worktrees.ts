/** Overlays as worktrees of a git repository: each has every file. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { entryKey } from '../workloads/graph-diff.ts';
import type { OpenOverlays } from '../workloads/open-overlays.ts';
import { makeRepository, pathOfKey } from './git-trees.ts';

/** What `stat` counts in. */
const BLOCK_SIZE_BYTES = 512;

export const openOverlays: OpenOverlays = async (dir, nodeCount) => {
  const keys = Array.from({ length: nodeCount }, (_, number) => entryKey(number));
  const repository = await makeRepository(dir, { base: { keys, value: '0' }, branches: [] });
  const worktree = (number: number): string => join(dir, `overlay-${number}`);
  const fileOf = (number: number, key: number): string => join(worktree(number), pathOfKey(keys[key]!));
  return {
    create: (number) => {
      runGit({ cwd: repository, args: ['worktree', 'add', '--quiet', '--detach', worktree(number), 'main'] });
    },
    write: (number, numbers, value) => {
      for (const key of numbers) writeFileSync(fileOf(number, key), `${value}\n`);
    },
    read: (number, key) => readFileSync(fileOf(number, key), 'utf8').trimEnd(),
    sizeBytes: (number) => {
      const folders = [worktree(number), join(repository, 'worktrees', `overlay-${number}`)];
      return folders.reduce((sum, folder) => sum + folderSizeBytes(folder), 0);
    },
  };
};

function folderSizeBytes(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).blocks * BLOCK_SIZE_BYTES, 0);
}
