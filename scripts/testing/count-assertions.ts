/**
 * Preloaded (`--import`) into every test process: counts, for each test file, the tests that ran and their assertions.
 *
 * `node --test` alone is green for a file that runs nothing. This counts each reading of a function of
 * `node:assert/strict` (`assert.equal(…)` reads `assert.equal`), so an assertion keeps its own stack and message.
 * Calls of `assert(…)` itself and of names imported one by one are not seen: tests write `assert.ok(…)`.
 *
 * A root hook says whose test is running, also for tests that a contract suite in another file defines. Files that
 * share a process run one after the other.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';
import { TALLY_DIR_VARIABLE, writeTally, type FileTally } from './tally.ts';

function count(): ReadonlyMap<string, FileTally> {
  const tallyByFile = new Map<string, FileTally>();
  const startedMsByFile = new Map<string, number>();
  let current: FileTally | undefined;

  beforeEach(({ filePath = '' }) => {
    current = tallyByFile.get(filePath) ?? { tests: 0, assertions: 0, durationMs: 0 };
    current.tests += 1;
    tallyByFile.set(filePath, current);
    if (!startedMsByFile.has(filePath)) startedMsByFile.set(filePath, performance.now());
  });
  afterEach(({ filePath = '' }) => {
    const tally = tallyByFile.get(filePath);
    const startedMs = startedMsByFile.get(filePath);
    if (tally && startedMs !== undefined) tally.durationMs = performance.now() - startedMs;
  });
  for (const name of Object.keys(assert)) {
    const member: unknown = Reflect.get(assert, name);
    if (typeof member !== 'function') continue;
    Object.defineProperty(assert, name, {
      get: (): unknown => {
        if (current) current.assertions += 1;
        return member;
      },
    });
  }
  return tallyByFile;
}

const dir = process.env[TALLY_DIR_VARIABLE];
if (dir !== undefined) {
  const tallyByFile = count();
  process.on('exit', () => {
    if (tallyByFile.size > 0) writeTally(dir, tallyByFile);
  });
}
