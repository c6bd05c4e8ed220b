import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const CHILD = fileURLToPath(import.meta.resolve('@jitos/testkit/git/import-child.ts'));
const KILLS = 20;
/** So many that no import is over before its kill arrives. */
const COMMITS = 5_000;
const SEED = 20_261_121;

interface ChildRun {
  /** What `done` said; undefined if the process was killed first. */
  readonly done: { readonly digest: string; readonly commits: number } | undefined;
  readonly progressLines: number;
}

/** Runs an import; kills it once it has told of `killAfter` commits. */
async function runImport(dataDir: string, repository: string, killAfter: number): Promise<ChildRun> {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, dataDir, repository, 'imported'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let progressLines = 0;
  let done: ChildRun['done'];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, second] = line.split(' ');
    if (word === 'progress' && ++progressLines === killAfter) child.kill('SIGKILL');
    if (word === 'done') done = { digest: first ?? '', commits: Number(second) };
  }
  await exited;
  return { done, progressLines };
}

test(`${KILLS} imports killed at seeded commits and resumed end in the uninterrupted digest (seed ${SEED})`, async () => {
  const random = createRandom(SEED);
  const repository = makeTempFolder();
  const whole = makeTempFolder();
  const cut = makeTempFolder();
  try {
    await makeLargeRepository({ path: repository.path, commits: COMMITS, files: 200, pathsPerCommit: 3 });
    const uninterrupted = await runImport(whole.path, repository.path, Infinity);
    assert.ok(uninterrupted.done !== undefined);
    // One data folder takes all the kills, each some hundred commits further, so that kills hit resumed imports too.
    let kills = 0;
    let commitsTold = 0;
    let last: ChildRun['done'];
    while (last === undefined) {
      const left = KILLS - kills;
      const killAfter = left > 0 ? 1 + random.below(30) : Infinity;
      const run = await runImport(cut.path, repository.path, killAfter);
      commitsTold += run.progressLines;
      last = run.done;
      if (last === undefined) kills += 1;
    }
    assert.equal(kills, KILLS, 'every kill struck before the import was done');
    assert.equal(last.digest, uninterrupted.done.digest);
    assert.ok(commitsTold <= uninterrupted.done.commits, 'no commit was imported twice');
  } finally {
    cut.remove();
    whole.remove();
    repository.remove();
  }
});
