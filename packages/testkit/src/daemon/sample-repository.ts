/** Small plain git histories, for tests that need one but not what is odd about it. */
import { mkdirSync } from 'node:fs';
import { dataCommand } from '../git/fast-import.ts';
import { runGit } from '../git/git-command.ts';

/** Makes a repository at `path` whose branch `trunk` has commits numbered from 0; nothing is checked out. */
export function makeSampleRepository(path: string, commitCount: number): void {
  mkdirSync(path, { recursive: true });
  runGit({ cwd: path, args: ['init', '--quiet', '--initial-branch=trunk', '.'] });
  addSampleCommits(path, 0, commitCount);
}

/** Goes on with the commits from number `first` on. Each writes two files, one of them its own. */
export function addSampleCommits(path: string, first: number, count: number): void {
  let input = '';
  for (let number = first; number < first + count; number += 1) {
    const person = `Ada Example <ada@jitos.example> ${1_700_000_000 + number} +0000`;
    const from = number === first && first > 0 ? 'from refs/heads/trunk^0\n' : '';
    input += `commit refs/heads/trunk\nauthor ${person}\ncommitter ${person}\n${dataCommand(`Commit ${number}\n`)}${from}`;
    input += `M 100644 inline own-${number}.txt\n${dataCommand(`${number}\n`)}`;
    input += `M 100644 inline shared.txt\n${dataCommand(`last ${number}\n`)}`;
  }
  runGit({ cwd: path, args: ['fast-import', '--quiet'], input });
}
