/** Runs test files for as long as none fails. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { FAILURE_FD, type FirstFailure } from '../testing/first-failure.ts';
import type { Isolation } from '../testing/isolation.ts';

export interface RedRun {
  /** The folder that paths are relative to. */
  readonly root: string;
  readonly files: readonly string[];
  readonly isolation: Isolation;
  /** Where the tests put what they need for a while. */
  readonly tempDir: string;
  readonly timeoutMs: number;
  /** Ends the run early: it then throws. */
  readonly signal: AbortSignal;
}

export type RedEnd =
  | { readonly kind: 'green' }
  | { readonly kind: 'red'; readonly by: FirstFailure }
  /** `node --test` failed without a test that did. */
  | { readonly kind: 'broken'; readonly status: string }
  | { readonly kind: 'timeout' };

/** The first failing test decides; the rest is then ended at once, with every process that it had started. */
export async function runUntilRed({ root, files, isolation, tempDir, timeoutMs, signal }: RedRun): Promise<RedEnd> {
  const args = [
    '--test',
    `--test-isolation=${isolation}`,
    '--test-concurrency=1',
    `--test-reporter=${new URL('../testing/first-failure.ts', import.meta.url).href}`,
    '--test-reporter-destination=stdout',
    ...files,
  ];
  const env: NodeJS.ProcessEnv = { JITOS_SEED: '1', JITOS_SHRINK_MS: '0', ...process.env, TMPDIR: tempDir };
  // Set when a test runs this; `node --test` would then believe to be a test file.
  delete env['NODE_TEST_CONTEXT'];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true, // in a group of its own, so that what the tests started ends with them
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const failures = child.stdio[FAILURE_FD] as Readable; // a pipe to read from: the fourth in `stdio`
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await new Promise((settle, reject) => {
      failures.once('data', (line: Buffer) => settle({ kind: 'red', by: JSON.parse(line.toString()) as FirstFailure })); // its reporter wrote it
      child.once('error', reject);
      child.once('close', (status, killedBy) => {
        settle(status === 0 ? { kind: 'green' } : { kind: 'broken', status: killedBy ?? `status ${status}` });
      });
      timeout.addEventListener('abort', () => settle({ kind: 'timeout' }));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }); // an `AbortError`
    });
  } finally {
    if (child.pid !== undefined) endGroup(child.pid);
  }
}

/** Ends what is left of a run. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it had ended.
  }
}
