/**
 * Overlays as git branches, merged by `git merge-tree --write-tree`, a process a merge.
 *
 * A merged truth is a commit right on the base, written by hand: git need not walk the merges before it to find where a
 * branch forked. Nothing is synced, as git is by default.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { gitEnvironment } from '@jitos/testkit/git/git-command.ts';
import { entryKey } from '../workloads/graph-diff.ts';
import {
  BASE_VALUE,
  overlaysOf,
  type OpenOverlayStore,
  type OverlayOptions,
  type OverlayStore,
} from '../workloads/merge-overlays.ts';
import { makeRepository, resolveNames } from './git-trees.ts';

/** What a merge came to: the tree that git wrote, which has marks in its files where it conflicts. */
export interface MergedTree {
  readonly clean: boolean;
  readonly tree: string;
}

/** Merges two commits. */
export type MergeCommits = (main: string, branch: string) => MergedTree | Promise<MergedTree>;

/** The overlays as branches of a repository in `dir`; `start` answers how its commits are merged. */
export async function openGitOverlays(
  dir: string,
  options: OverlayOptions,
  start: (path: string) => MergeCommits,
): Promise<OverlayStore> {
  const overlays = overlaysOf(options, 0);
  const path = await makeRepository(dir, {
    base: { keys: Array.from({ length: options.nodeCount }, (_, number) => entryKey(number)), value: BASE_VALUE },
    branches: overlays.map(({ numbers, value }) => numbers.map((number) => ({ key: entryKey(number), value }))),
  });
  const [base = '', ...branches] = resolveNames(path, ['main', ...overlays.map((_, i) => `branch-${i}`)]);
  const mergeCommits = start(path);
  let main = base;
  return {
    mergesAtOnce: 1,
    prepare: () => {
      main = base;
    },
    merge: async (positions) => {
      const merged: boolean[] = [];
      for (const position of positions) {
        const { clean, tree } = await mergeCommits(main, branches[position]!);
        if (clean) main = writeCommit(path, tree, base);
        merged.push(clean);
      }
      return merged;
    },
  };
}

/** Writes a commit object as git would, and answers its name. */
function writeCommit(path: string, tree: string, parent: string): string {
  const person = 'Bench <bench@jitos.example> 1700000000 +0000';
  const body = `tree ${tree}\nparent ${parent}\nauthor ${person}\ncommitter ${person}\n\nmerge\n`;
  const object = Buffer.from(`commit ${body.length}\0${body}`);
  const name = createHash('sha1').update(object).digest('hex');
  const folder = join(path, 'objects', name.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name.slice(2)), deflateSync(object, { level: 1 }));
  return name;
}

export const openOverlayStore: OpenOverlayStore = (dir, options) =>
  openGitOverlays(dir, options, (path) => (main, branch) => {
    const args = ['merge-tree', '--write-tree', '--no-messages', main, branch];
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: path, env: gitEnvironment(), encoding: 'latin1' });
    if (status !== 0 && status !== 1) throw new Error(`git merge-tree, which came with 2.38: ${stderr}`);
    return { clean: status === 0, tree: stdout.slice(0, stdout.indexOf('\n')) };
  });
