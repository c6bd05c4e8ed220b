/**
 * What the test files of one run did, passed from the processes that ran them to the runner through a folder.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one test file did. */
export interface FileTally {
  tests: number;
  assertions: number;
  durationMs: number;
}

/** The environment variable that names the folder. */
export const TALLY_DIR_VARIABLE = 'JITOS_TEST_TALLY_DIR';

/** Writes what this process saw, by absolute path of the test file. */
export function writeTally(dir: string, tallyByFile: ReadonlyMap<string, FileTally>): void {
  writeFileSync(join(dir, `tally-${process.pid}.json`), JSON.stringify([...tallyByFile]));
}

/** Reads what all processes of a run wrote. */
export function readTallies(dir: string): Map<string, FileTally> {
  const names = readdirSync(dir).filter((name) => name.startsWith('tally-'));
  // What `writeTally` wrote.
  return new Map(names.flatMap((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as [string, FileTally][]));
}
