/**
 * `npm test`: the checks, every test file, and the benches at their smallest; the last line counts what passed and
 * failed. `npm test -- <text>` runs only the test files whose path contains the text, and nothing else.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';
import { isolationOf } from './testing/isolation.ts';
import { ensurePrograms } from './testing/programs.ts';
import { runFiles, type Verdict } from './testing/run-files.ts';

/** A command that has to end with status 0. */
interface Check {
  readonly name: string;
  /** A program of node_modules/.bin, or `node`. */
  readonly program: string;
  readonly args: readonly string[];
}

interface Count {
  passed: number;
  failed: number;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
process.env['PATH'] = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);

const CHECKS: readonly Check[] = [
  { name: 'types', program: 'tsc', args: ['-b'] },
  { name: 'lint', program: 'oxlint', args: ['--format=unix'] },
  { name: 'format', program: 'prettier', args: ['--check', '--log-level=warn', '--cache', '.'] },
  { name: 'tidy', program: 'node', args: ['scripts/tidy.ts'] },
];
const BENCH_FILE = 'bench/run.ts';
const BENCH: Check = { name: 'bench', program: 'node', args: [BENCH_FILE, '--size', 'smoke'] };

const SLOWEST_SHOWN = 8;

const interrupt = new AbortController();
const { signal } = interrupt;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Runs a check; its output is shown only if it fails. */
async function runCheck(check: Check): Promise<boolean> {
  const startedMs = performance.now();
  const child = spawn(check.program, check.args, { signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const isGood = await new Promise<boolean>((settle) => {
    child.on('error', (error) => {
      output += error.message;
      settle(false);
    });
    child.on('close', (status) => settle(status === 0));
  });
  say(`${isGood ? 'ok' : 'not ok'}: ${check.name} (${seconds(performance.now() - startedMs)})`);
  if (!isGood) say(output);
  return isGood;
}

/** Runs checks side by side. */
async function runChecks(checks: readonly Check[], count: Count): Promise<void> {
  const results = await Promise.all(checks.map((check) => runCheck(check)));
  signal.throwIfAborted();
  count.passed += results.filter((isGood) => isGood).length;
  count.failed += results.filter((isGood) => !isGood).length;
}

async function runTests(files: readonly string[], count: Count): Promise<void> {
  const lacking = ensurePrograms(say);
  const verdicts: Verdict[] = [];
  for (const isolation of ['none', 'process'] as const) {
    const group = files.filter((file) => isolationOf(file) === isolation);
    if (group.length === 0) continue;
    say(`\n${group.length} test files${isolation === 'none' ? ' of the kernel' : ''}`);
    verdicts.push(
      await runFiles({ root, files: group, isolation, missingPrograms: lacking, output: 'inherit', signal }),
    );
  }
  for (const { passed, failed, complaints } of verdicts) {
    for (const complaint of complaints) say(`not ok: ${complaint}`);
    count.passed += passed;
    count.failed += failed + complaints.length;
  }
  const slowest = verdicts.flatMap(({ tallyByFile }) => [...tallyByFile]);
  slowest.sort(([, a], [, b]) => b.durationMs - a.durationMs);
  say('\nslowest files');
  for (const [file, { tests, assertions, durationMs }] of slowest.slice(0, SLOWEST_SHOWN)) {
    say(`${seconds(durationMs).padStart(8)}  ${relative(root, file)} (${tests} tests, ${assertions} assertions)`);
  }
}

async function main(filters: readonly string[]): Promise<void> {
  const startedMs = performance.now();
  const count: Count = { passed: 0, failed: 0 };
  const isWhole = filters.length === 0;
  const files = listFiles(root, '*.test.ts', '*.fuzz.ts').filter(
    (file) => isWhole || filters.some((text) => file.includes(text)),
  );
  if (files.length === 0) {
    say(`No test file's path contains ${filters.join(' or ')}. Usage: npm test [-- <part of a path> …]`);
    process.exitCode = 2;
    return;
  }
  if (isWhole) await runChecks(CHECKS, count);
  await runTests(files, count);
  if (isWhole && existsSync(BENCH_FILE)) await runChecks([BENCH], count);
  say(`\nin ${seconds(performance.now() - startedMs)}`);
  say(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed === 0 ? 0 : 1;
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!signal.aborted) throw error;
  say('interrupted');
  process.exitCode = 130;
}
