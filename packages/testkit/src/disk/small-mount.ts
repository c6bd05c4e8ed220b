/** A real file system of a few megabytes, for tests that fill one up or make it read-only. Needs root on Linux. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { makeTempFolder } from '../temp-folder.ts';

export interface SmallMount {
  readonly path: string;
  remount(mode: 'ro' | 'rw'): void;
  resize(sizeBytes: number): void;
  remove(): void;
}

/** Mounts a tmpfs. Where it can't be, the test fails and says what is missing. */
export function mountSmall(sizeBytes: number): SmallMount {
  const temp = makeTempFolder();
  const mount = (options: string, size = sizeBytes): void =>
    run('mount', ['-t', 'tmpfs', '-o', `size=${size},${options}`, 'tmpfs', temp.path]);
  try {
    mount('rw');
  } catch (fault) {
    temp.remove();
    throw fault;
  }
  return {
    path: temp.path,
    remount: (mode) => mount(`remount,${mode}`),
    resize: (size) => mount('remount,rw', size),
    remove: () => {
      run('umount', [temp.path]);
      temp.remove();
    },
  };
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  const why = error?.message ?? stderr;
  assert.equal(status, 0, `\`${program} ${args.join(' ')}\` failed: this test needs root and mounts (${why.trim()})`);
}
