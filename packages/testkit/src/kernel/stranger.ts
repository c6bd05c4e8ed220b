/** The programs in `packages/testkit/verify`: they know the golden files and the rules in `docs/spec`, and nothing of ours. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface StrangerVerdict {
  readonly status: number | null;
  readonly text: string;
}

/** Has a program judge a folder of golden files. */
export function askStranger(program: 'canonical_golden.py' | 'trie_golden.py', folder: string): StrangerVerdict {
  const path = fileURLToPath(new URL(`../../verify/${program}`, import.meta.url));
  const { status, stdout, stderr, error } = spawnSync('python3', [path, folder], { encoding: 'utf8' });
  assert.equal(error, undefined, 'this test needs python3');
  return { status, text: stdout + stderr };
}
