/**
 * Runs test files with `node --test` and judges the run more strictly than it does.
 *
 * A run is good only if every file ran a test with an assertion, nothing failed, and nothing was left out, except
 * for want of a program that this machine lacks (the reason then reads `needs <program>`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Isolation } from './isolation.ts';
import { REPORT_FILE, type Report } from './reporter.ts';
import { readTallies, TALLY_DIR_VARIABLE, type FileTally } from './tally.ts';

export interface Run {
  /** The folder that paths are relative to. */
  readonly root: string;
  readonly files: readonly string[];
  /** With a process for each file, two run at once. */
  readonly isolation: Isolation;
  /** Programs that this machine lacks. */
  readonly missingPrograms: readonly string[];
  readonly output: 'inherit' | 'ignore';
  /** Ends the run early: it then throws. */
  readonly signal?: AbortSignal;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** What is wrong beyond tests that failed by themselves, a sentence each; every one counts as a failure. */
  readonly complaints: readonly string[];
  readonly tallyByFile: ReadonlyMap<string, FileTally>;
}

/** Bound for one test and for one file: `npm test` as a whole has ten minutes. */
const TIMEOUT_MS = 300_000;

function besideThis(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

async function runNodeTest(run: Run, dir: string): Promise<string> {
  const args = [
    '--test',
    `--test-isolation=${run.isolation}`,
    '--test-concurrency=2',
    `--test-timeout=${TIMEOUT_MS}`,
    `--import=${new URL('./count-assertions.ts', import.meta.url).href}`,
    `--test-reporter=${besideThis('./reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...run.files,
  ];
  const env: NodeJS.ProcessEnv = { ...process.env, [TALLY_DIR_VARIABLE]: dir };
  // Set when a test runs this very runner; `node --test` would then believe to be a test file.
  delete env['NODE_TEST_CONTEXT'];
  const { root: cwd, output, signal } = run;
  const child = spawn(process.execPath, args, { cwd, env, signal, stdio: ['ignore', output, output] });
  const [status, killedBy] = (await once(child, 'exit')) as [number | null, string | null]; // as `spawn` documents
  return killedBy ?? `status ${status}`;
}

function complaintsOf(run: Run, report: Report, tallyByFile: ReadonlyMap<string, FileTally>): string[] {
  const complaints = run.files
    .filter((file) => (tallyByFile.get(resolve(run.root, file))?.assertions ?? 0) === 0)
    .map((file) => `${file} ran no test with an assertion of node:assert/strict`);
  for (const { file, name, how, reason } of report.omissions) {
    if (how === 'skip' && run.missingPrograms.some((program) => reason === `needs ${program}`)) continue;
    complaints.push(`${relative(run.root, file)}: '${name}' was left out (${how}${reason && `: ${reason}`})`);
  }
  return complaints;
}

/** Runs the files and judges them. Failures are printed as they happen. */
export async function runFiles(run: Run): Promise<Verdict> {
  const dir = mkdtempSync(join(tmpdir(), 'jitos-test-'));
  try {
    const end = await runNodeTest(run, dir);
    const tallyByFile = readTallies(dir);
    const reportFile = join(dir, REPORT_FILE);
    if (!existsSync(reportFile)) {
      const complaint = `node --test ended with ${end} before it could report on ${run.files.length} files`;
      return { passed: 0, failed: 0, complaints: [complaint], tallyByFile };
    }
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report; // written by the reporter
    const complaints = complaintsOf(run, report, tallyByFile);
    if (end !== 'status 0' && report.failed + complaints.length === 0) complaints.push(`node --test ended with ${end}`);
    return { passed: report.passed, failed: report.failed, complaints, tallyByFile };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
