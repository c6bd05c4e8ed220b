import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { dataCommand } from '@jitos/testkit/git/fast-import.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import { PART_PATHS_SIZE_BYTES_MAX, PATH_SIZE_BYTES_MAX, sizeOfPaths } from './git-changes.ts';
import { readHistory } from './git-history.ts';
import { resumeHistory } from './git-position.ts';
import { openRepository, type GitRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';
import { CHANGES_PER_REWRITE_MAX } from './import-ops.ts';

const { signal } = new AbortController();
const temp = makeTempFolder();
after(() => temp.remove());

/** A repository of one commit with these files. */
async function makeRepositoryOf(paths: Iterable<string>, message = ''): Promise<GitRepository> {
  const path = mkdtempSync(join(temp.path, 'repository-'));
  runGit({ cwd: path, args: ['init', '--quiet', '--bare', '--initial-branch=main', '.'] });
  const files = Array.from(paths, (name) => `M 100644 inline ${name}\n${dataCommand('')}`);
  const input = `commit HEAD\ncommitter <> 1 +0000\n${dataCommand(message)}${files.join('')}`;
  runGit({ cwd: path, args: ['-c', 'core.compression=1', 'fast-import', '--quiet'], input });
  return await openRepository({ path, environment: process.env, signal });
}

/** Paths of so many bytes each, in folders with short names as fast-import wants them. */
function* longPaths(count: number, sizeBytes: number): Generator<string> {
  const folder = `${'f'.repeat(199)}/`.repeat(Math.ceil(sizeBytes / 200));
  for (let number = 0; number < count; number += 1) {
    const name = String(number).padStart(5, '0');
    yield `${folder.slice(0, sizeBytes - name.length - 1)}/${name}`;
  }
}

/** Imports into a world of its own and returns how many commits came. */
async function importAll(repository: GitRepository): Promise<number> {
  const host = await Host.open({ dataDir: mkdtempSync(join(temp.path, 'data-')) });
  try {
    const world = await host.createWorld('imported');
    const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
    return commitsImported;
  } finally {
    await host.close();
  }
}

/** The chunks of the whole history, by the sizes of their parts' paths. */
async function readSizes(repository: GitRepository): Promise<number[][]> {
  const position = await resumeHistory({ repository, position: null, signal });
  const reading = { repository, position, changesPerPartMax: CHANGES_PER_REWRITE_MAX, signal };
  const sizes: number[][] = [];
  for await (const parts of readHistory(reading)) sizes.push(parts.map(sizeOfPaths));
  return sizes;
}

test('parts and chunks end by the bytes of their paths, not only by their number: C2', async () => {
  const repository = await makeRepositoryOf(longPaths(300, 20_000));
  const sizes = await readSizes(repository);
  assert.equal(
    sizes.flat().reduce((sum, size) => sum + size, 0),
    300 * 20_000,
  );
  for (const chunk of sizes) {
    for (const size of chunk) assert.ok(size <= PART_PATHS_SIZE_BYTES_MAX, `a part of ${size} bytes`);
    const before = chunk.slice(0, -1).reduce((sum, size) => sum + size, 0);
    assert.ok(before < PART_PATHS_SIZE_BYTES_MAX, `a chunk goes on after ${before} bytes`);
  }
});

test('commits of the longest text and of many long paths are imported', async () => {
  const message = 'm'.repeat(1_000_000);
  // Past 1,024 bytes a path is in an event four times, which is the most of its length.
  const sizes = [1_024, 1_025, 1_500, 8_000];
  for (const size of sizes) {
    const count = Math.min(CHANGES_PER_REWRITE_MAX, 8_000_000 / size);
    assert.equal(await importAll(await makeRepositoryOf(longPaths(count, size), message)), 1, `paths of ${size} bytes`);
  }
});

test('the longest path is imported; one more byte is refused, with the commit', async () => {
  assert.equal(await importAll(await makeRepositoryOf(longPaths(2, PATH_SIZE_BYTES_MAX))), 1);
  for (const size of [PATH_SIZE_BYTES_MAX + 1, 1 << 20]) {
    const repository = await makeRepositoryOf(longPaths(2, size));
    await assert.rejects(readSizes(repository), {
      reason: 'REPOSITORY_INVALID',
      place: repository.path,
      message: `Commit ${repository.headOid} has a path of more than ${PATH_SIZE_BYTES_MAX} bytes. Import a history without it.`,
    });
  }
});
