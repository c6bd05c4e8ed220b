/**
 * Imports a git history into a new world, end to end through the durable log.
 *
 * A round is one whole import, however long it takes; its world is new, its repository the same.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Host } from '@jitos/daemon/engine/host.ts';
import { openRepository } from '@jitos/daemon/planes/git/git-repository.ts';
import { importGit } from '@jitos/daemon/planes/git/import-git.ts';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { rssPeakMiB } from '../harness/process-meter.ts';
import type { OpenWorkload, Sample } from '../harness/workload.ts';

export interface ImportGitOptions {
  readonly commitCount: number;
  readonly fileCount: number;
}

/** Files that each commit changes. */
export const PATHS_PER_COMMIT = 3;

/** Makes the history that an import or a bare walk reads. */
export async function makeHistory(dir: string, { commitCount, fileCount }: ImportGitOptions): Promise<string> {
  const path = join(dir, 'repository');
  mkdirSync(path);
  await makeLargeRepository({ path, commits: commitCount, files: fileCount, pathsPerCommit: PATHS_PER_COMMIT });
  return path;
}

export const open: OpenWorkload<ImportGitOptions> = async (options, dir) => {
  const path = await makeHistory(dir, options);
  const dataDir = join(dir, 'data');
  const { signal } = new AbortController();
  return {
    round: async (): Promise<Sample> => {
      const host = await Host.open({ dataDir });
      const world = await host.createWorld('imported');
      const start = performance.now();
      const repository = await openRepository({ path, environment: process.env, signal });
      const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
      const elapsedMs = performance.now() - start;
      await host.close();
      rmSync(dataDir, { recursive: true });
      if (commitsImported !== options.commitCount) throw new Error(`only ${commitsImported} commits were imported`);
      const perSecond = { '/s': commitsImported / (elapsedMs / 1000) };
      const MiB = rssPeakMiB(process.pid);
      return { operations: commitsImported, values: MiB === undefined ? perSecond : { ...perSecond, MiB } };
    },
  };
};
