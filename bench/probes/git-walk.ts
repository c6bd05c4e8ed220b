/** The least that an import waits for: git alone telling every commit's changes, as the importer asks for them. */
import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { makeHistory, type ImportGitOptions } from '../workloads/import-git.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export const open: OpenWorkload<ImportGitOptions> = async (options, dir) => {
  const cwd = await makeHistory(dir, options);
  return {
    round: async () => {
      const start = performance.now();
      const list = spawn('git', ['rev-list', '--topo-order', '--reverse', 'HEAD'], {
        cwd,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const diff = spawn('git', ['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-renames', '--root'], {
        cwd,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let sizeBytes = 0;
      await Promise.all([
        pipeline(list.stdout, diff.stdin),
        pipeline(diff.stdout, async (chunks: AsyncIterable<Buffer>) => {
          for await (const chunk of chunks) sizeBytes += chunk.length;
        }),
      ]);
      if (sizeBytes === 0) throw new Error('git told nothing');
      const elapsedMs = performance.now() - start;
      return { operations: options.commitCount, values: { '/s': options.commitCount / (elapsedMs / 1000) } };
    },
  };
};
