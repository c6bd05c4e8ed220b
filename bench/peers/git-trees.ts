/** Git repositories whose trees hold a state: a file a key, named by 64 hexadecimal digits, in folders of two levels. */
import { join } from 'node:path';
import { dataCommand, startFastImport } from '@jitos/testkit/git/fast-import.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';

/** What a commit sets; a file holds its value and the end of a line. */
export interface FileChange {
  /** 64 hexadecimal digits. */
  readonly key: string;
  readonly value: string;
}

export interface Commits {
  /** Every key has the same value. */
  readonly base: { readonly keys: readonly string[]; readonly value: string };
  /** Each forked from the base, in a branch of its own: `branch-0`, … */
  readonly branches: readonly (readonly FileChange[])[];
}

const PERSON = 'Bench <bench@jitos.example> 1700000000 +0000';

/**
 * Makes a bare repository in `dir` and answers its path; its branch `main` is the base. It stays as fast-import packs it,
 * which is the fastest to compare: repacked, every folder would be read from the pack again for each diff.
 */
export async function makeRepository(dir: string, { base, branches }: Commits): Promise<string> {
  const path = join(dir, 'repository');
  runGit({ cwd: dir, args: ['init', '--quiet', '--bare', '--initial-branch=main', path] });
  const fastImport = startFastImport(path);
  const header = (branch: string): string =>
    `commit refs/heads/${branch}\nauthor ${PERSON}\ncommitter ${PERSON}\n${dataCommand(`${branch}\n`)}`;
  await fastImport.write(header('main'));
  for (const key of base.keys) await fastImport.write(fileCommand({ key, value: base.value }));
  await fastImport.write('\n');
  for (const [number, changes] of branches.entries()) {
    const files = changes.map(fileCommand).join('');
    await fastImport.write(`${header(`branch-${number}`)}from refs/heads/main\n${files}\n`);
  }
  await fastImport.end();
  runGit({ cwd: path, args: ['pack-refs', '--all'] });
  return path;
}

/** The digests of the objects that these names stand for, in order. */
export function resolveNames(path: string, names: readonly string[]): string[] {
  const input = names.map((name) => `${name}\n`).join('');
  const lines = runGit({ cwd: path, args: ['cat-file', '--batch-check=%(objectname)'], input });
  return lines.trimEnd().split('\n');
}

function fileCommand({ key, value }: FileChange): string {
  return `M 100644 inline ${pathOfKey(key)}\n${dataCommand(`${value}\n`)}`;
}

/** Where in a tree the file of a key is. */
export function pathOfKey(key: string): string {
  return `${key.slice(0, 2)}/${key.slice(2, 4)}/${key.slice(4)}`;
}
