/** The files of the checkout, as git sees them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Paths, sorted and relative to `root`, of what git tracks or would track, as far as it is there. */
export function listFiles(root: string, ...patterns: readonly string[]): string[] {
  // Whoever runs this runs the checkout's code anyway, so its owner may be another.
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--'];
  const { status, stdout, stderr } = spawnSync('git', [...args, ...patterns], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`this needs git and a checkout of it: ${stderr}`);
  const paths = new Set(stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path))));
  return [...paths].toSorted();
}
