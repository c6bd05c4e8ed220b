/**
 * Moves a world's early segments into an empty folder: as `jitosctl log archive` does, with the base that it writes first,
 * or as `cp` does, which moves nothing. A round is one whole archive of a world that is put back before it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Host, MAIN_WORLD, worldFolder } from '@jitos/daemon/engine/host.ts';
import { submit } from '../ours/grow-history.ts';
import { createWorkspace, rewriteNodes } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface ArchiveLogOptions {
  readonly how: 'archive' | 'cp';
  readonly segmentCount: number;
}

const MIB = 2 ** 20;
/** Of a field: large events make long logs soon. */
const FIELD_SIZE_BYTES = 60_000;
const NODE_COUNT = 16;

const run = promisify(execFile);

export const open: OpenWorkload<ArchiveLogOptions> = async ({ how, segmentCount }, dir) => {
  const grown = join(dir, 'grown');
  const dataDir = join(dir, 'data');
  const to = join(dir, 'archive');
  await growSegments(grown, segmentCount);
  return {
    round: async () => {
      await run('cp', ['-r', grown, dataDir]);
      await run('sync', ['--file-system', dir]);
      const sample = await (how === 'archive' ? archive(dataDir, to) : copyEarly(dataDir, to));
      rmSync(dataDir, { recursive: true });
      rmSync(to, { recursive: true });
      return { operations: sample.segments, values: { 'MiB/s': sample.sizeBytes / MIB / (sample.elapsedMs / 1000) } };
    },
  };
};

interface Archived {
  readonly segments: number;
  readonly sizeBytes: number;
  readonly elapsedMs: number;
}

async function archive(dataDir: string, to: string): Promise<Archived> {
  const host = await Host.open({ dataDir });
  const start = performance.now();
  const { segments, sizeBytes } = await host.archive(MAIN_WORLD, { to, before: null });
  const elapsedMs = performance.now() - start;
  await host.close();
  if (segments === 0) throw new Error('there was nothing to archive');
  return { segments, sizeBytes, elapsedMs };
}

/** All but the last segment. */
async function copyEarly(dataDir: string, to: string): Promise<Archived> {
  const paths = segmentsOf(dataDir).slice(0, -1);
  const sizeBytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  mkdirSync(to);
  const start = performance.now();
  await run('cp', [...paths, to]);
  return { segments: paths.length, sizeBytes, elapsedMs: performance.now() - start };
}

function segmentsOf(dataDir: string): readonly string[] {
  const folder = worldFolder(dataDir, MAIN_WORLD);
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return names.toSorted().map((name) => join(folder, name));
}

/** A world whose log has that many segments that are full, and one more. */
async function growSegments(dataDir: string, segmentCount: number): Promise<void> {
  const host = await Host.open({ dataDir });
  const world = host.mustGetWorld(MAIN_WORLD);
  await submit(world, createWorkspace);
  const text = 'x'.repeat(FIELD_SIZE_BYTES);
  for (let i = 0; segmentsOf(dataDir).length <= segmentCount; i++) {
    await submit(world, rewriteNodes(0, [i % NODE_COUNT], `${i} ${text}`));
  }
  await host.close();
}
