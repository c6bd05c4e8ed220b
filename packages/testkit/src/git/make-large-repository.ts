/**
 * Makes long histories quickly, to measure speed and memory: a straight line of small commits over a fixed set of
 * files, so that every tree but the first few has the same size however many commits there are.
 */
import { dataCommand, startFastImport } from './fast-import.ts';
import { runGit } from './git-command.ts';

export interface LargeRepositoryOptions {
  /** An existing, empty folder; becomes a bare repository. */
  readonly path: string;
  /** At least 1. */
  readonly commits: number;
  /** Files in every tree, in folders of 100; at least `pathsPerCommit`. */
  readonly files: number;
  /** Files that each commit but the first rewrites. The first writes them all. */
  readonly pathsPerCommit: number;
}

const FILES_PER_FOLDER = 100;

/** A prime past any sensible number of files, so that consecutive commits touch files far apart. */
const STRIDE = 7919;

/** Writes the history and returns the oid of its last commit. The same options give the same oid. */
export async function makeLargeRepository(options: LargeRepositoryOptions): Promise<string> {
  const { path, commits, files, pathsPerCommit } = options;
  runGit({ cwd: path, args: ['init', '--quiet', '--bare', '--initial-branch=main', '.'] });
  const fastImport = startFastImport(path);
  for (let number = 0; number < commits; number += 1) {
    const pathCount = number === 0 ? files : pathsPerCommit;
    let changes = '';
    for (let slot = 0; slot < pathCount; slot += 1) {
      const file = number === 0 ? slot : (number * STRIDE + slot) % files;
      // A fixed width keeps the trees' sizes, and the blobs', independent of the length of the history.
      const text = `${String(number).padStart(9, '0')} ${String(file).padStart(9, '0')}\n`;
      changes += `M 100644 inline folder-${Math.floor(file / FILES_PER_FOLDER)}/file-${file}.txt\n${dataCommand(text)}`;
    }
    const person = `Author ${number % 8} <author-${number % 8}@jitos.example> ${1_600_000_000 + number * 60} +0000`;
    const header = `commit refs/heads/main\nauthor ${person}\ncommitter ${person}\n`;
    await fastImport.write(`${header}${dataCommand(`Change ${number}\n`)}${changes}\n`);
  }
  await fastImport.end();
  return runGit({ cwd: path, args: ['rev-parse', 'main'] }).trim();
}
