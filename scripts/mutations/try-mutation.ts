/** Tries mutations, each on a copy of the checkout that is whole again afterwards. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isolationOf } from '../testing/isolation.ts';
import { mutate, testsOf, type Mutation } from './mutation.ts';
import { runUntilRed, type RedEnd } from './run-until-red.ts';

export interface Trial {
  readonly isKilled: boolean;
  /** Set if the entry itself is wrong, whatever the tests say. */
  readonly isStale: boolean;
  /** Who noticed, or why nobody counts as having done so. */
  readonly detail: string;
}

/** A copy of the checkout, used by one trial at a time. */
export interface Workbench {
  readonly root: string;
  /** Emptied after each trial, for tests that are ended leave behind what they made. */
  readonly tempDir: string;
}

export interface TrialOptions {
  readonly bench: Workbench;
  /** Every test file of the checkout. */
  readonly testFiles: readonly string[];
  /** For each run of test files. */
  readonly timeoutMs: number;
  /** For those of a mutation that makes them hang. */
  readonly hangTimeoutMs: number;
  readonly signal: AbortSignal;
}

export async function tryMutation(mutation: Mutation, options: TrialOptions): Promise<Trial> {
  const { bench } = options;
  const path = join(bench.root, mutation.file);
  if (!existsSync(path)) return stale('there is no such file');
  const source = readFileSync(path, 'utf8');
  const mutant = mutate(source, mutation);
  if (mutant === undefined) return stale(`what it takes away does not occur exactly once in ${mutation.file}`);
  const stages = testsOf(mutation, options.testFiles);
  if (stages.length === 0) return stale(`no test lies beside ${mutation.file}: name some`);
  const unknown = stages.flat().find((file) => !options.testFiles.includes(file));
  if (unknown !== undefined) return stale(`${unknown} is no test file`);
  writeFileSync(path, mutant);
  try {
    for (const files of stages) {
      const end = await runStage(files, options, mutation.hangs ? options.hangTimeoutMs : options.timeoutMs);
      if (end.kind !== 'green') return judge(mutation, end);
    }
    return { isKilled: false, isStale: false, detail: `every test passes: ${stages.flat().length} files` };
  } finally {
    writeFileSync(path, source);
  }
}

function stale(detail: string): Trial {
  return { isKilled: false, isStale: true, detail };
}

function judge({ hangs }: Mutation, end: Exclude<RedEnd, { kind: 'green' }>): Trial {
  switch (end.kind) {
    case 'red':
      return { isKilled: true, isStale: false, detail: `${end.by.file}: ${end.by.name}` };
    case 'timeout':
      return { isKilled: hangs === true, isStale: false, detail: 'the tests did not end in time' };
    case 'broken':
      return { isKilled: false, isStale: false, detail: `no test failed, but their process ended with ${end.status}` };
  }
}

async function runStage(files: readonly string[], options: TrialOptions, timeoutMs: number): Promise<RedEnd> {
  const { bench, signal } = options;
  const groups = Map.groupBy(files, isolationOf);
  for (const [isolation, group] of groups) {
    mkdirSync(bench.tempDir, { recursive: true });
    try {
      const { root, tempDir } = bench;
      const end = await runUntilRed({ root, files: group, isolation, tempDir, timeoutMs, signal });
      if (end.kind !== 'green') return end;
    } finally {
      rmSync(bench.tempDir, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return { kind: 'green' };
}
