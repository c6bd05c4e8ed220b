/**
 * `npm run test:long`: what takes longer than a change should wait for. It hunts with the simulator, kills the daemon under
 * load, and tries the mutations: each is made in a copy of the checkout, and some test has to fail.
 *
 * Ends with status 0 if no law was broken, no daemon lost what it had acknowledged, at least 19 of 20 mutations were noticed, and every entry
 * fits the sources.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crashRun } from '@jitos/testkit/daemon/crash-run.ts';
import { FAILPOINT_NAMES } from '@jitos/testkit/daemon/failpoints.ts';
import { listFiles } from './list-files.ts';
import { copyCheckout } from './mutations/checkout-copy.ts';
import { readMutations, testsOf, type Mutation } from './mutations/mutation.ts';
import { tryMutation, type Trial, type Workbench } from './mutations/try-mutation.ts';
import { isolationOf } from './testing/isolation.ts';
import { ensurePrograms } from './testing/programs.ts';
import { runFiles } from './testing/run-files.ts';

const USAGE = `Usage: npm run test:long [-- [--tested] <text> …]

Simulates a world on disks that fail for three minutes, and kills the daemon 200 times under load. Then makes each one-line change of
testdata/mutations/*.json in a copy of the checkout, and runs the tests that must notice. With texts, only the changes
whose name or file contains one of them; the texts sim and crash stand for what comes before. With --tested, right after
\`npm test\`, the tests are not run once more without any change.

  npm run test:long -- world-loop
  npm run test:long -- crash

Exit status: 0 nothing was lost, and at least 19 of 20 were noticed · 1 something was, or fewer were, an entry no longer
fits the sources, or a test fails by itself · 2 wrong usage
`;

/** The tests have just passed. */
const TESTED = '--tested';
/** What stands for the simulator and for the killing among the texts. */
const SIM = 'sim';
const CRASH = 'crash';

const HUNT_MINUTES = 3;
const KILL_COUNT = 200;
const KILLS_TOLD_EVERY = 20;

/** Of the mutations, that tests must notice. */
const SHARE_KILLED_MIN = 19 / 20;
/** One for each of two cores. */
const BENCH_COUNT = 2;
/** For one mutation's tests, which take seconds. */
const TIMEOUT_MS = 60_000;
/** Where an entry says that they will never end. */
const HANG_TIMEOUT_MS = 15_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.env['PATH'] = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);

const interrupt = new AbortController();
const { signal } = interrupt;

interface Result extends Trial {
  readonly mutation: Mutation;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** False when a law was broken: what was found is printed. */
async function huntForMinutes(): Promise<boolean> {
  say(`the simulator, for ${HUNT_MINUTES} minutes`);
  const args = [join(root, 'scripts', 'sim.ts'), '--minutes', String(HUNT_MINUTES)];
  const hunter = spawn(process.execPath, args, { stdio: 'inherit', signal });
  await once(hunter, 'close');
  return hunter.exitCode === 0;
}

/** Throws when something was lost; false when the daemons were killed at moments that prove nothing. */
async function killAgainAndAgain(): Promise<boolean> {
  const startedMs = performance.now();
  const seed = Date.now() % 2 ** 31;
  say(`jitosd, killed ${KILL_COUNT} times under load (seed ${seed})`);
  const { unacknowledgedCount, failpoints, ...counts } = await crashRun({
    killCount: KILL_COUNT,
    seed,
    onDeath: (kills, eventCount, acknowledgedCount) => {
      signal.throwIfAborted();
      if (kills % KILLS_TOLD_EVERY === 0)
        say(`${kills} kills, ${eventCount} events, ${acknowledgedCount} acknowledged`);
    },
  });
  say(`nothing was lost of ${counts.acknowledgedCount} answers, in ${seconds(performance.now() - startedMs)}`);
  for (const [name, count] of failpoints) say(`${String(count).padStart(8)}  ${name}`);
  const unmet = FAILPOINT_NAMES.filter((name) => !failpoints.has(name));
  for (const name of unmet) say(`not ok: no daemon died ${name}`);
  if (unacknowledgedCount === 0) say('not ok: no daemon died between an event and its answer');
  return unacknowledgedCount > 0 && unmet.length === 0;
}

/** A change that breaks nothing proves nothing: the tests have to pass without any. */
async function testUnchanged(bench: Workbench, files: readonly string[], lacking: readonly string[]): Promise<boolean> {
  let isGood = true;
  for (const [isolation, group] of Map.groupBy(files, isolationOf)) {
    say(`${group.length} test files, nothing changed`);
    const run = { root: bench.root, files: group, isolation, missingPrograms: lacking, signal } as const;
    const { failed, complaints } = await runFiles({ ...run, output: 'inherit' });
    for (const complaint of complaints) say(`not ok: ${complaint}`);
    isGood &&= failed + complaints.length === 0;
  }
  return isGood;
}

/** Tries them all, one at a time on each bench. */
async function tryAll(
  mutations: readonly Mutation[],
  benches: readonly Workbench[],
  testFiles: readonly string[],
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = mutations.values();
  const timeouts = { timeoutMs: TIMEOUT_MS, hangTimeoutMs: HANG_TIMEOUT_MS };
  const work = async (bench: Workbench): Promise<void> => {
    for (const mutation of queue) {
      signal.throwIfAborted();
      const startedMs = performance.now();
      const trial = await tryMutation(mutation, { ...timeouts, bench, testFiles, signal });
      results.push({ mutation, ...trial });
      const count = `${results.length}/${mutations.length}`.padStart(7);
      const took = seconds(performance.now() - startedMs).padStart(7);
      say(`${count} ${took} ${verdictOf(trial)}  ${mutation.file}: ${mutation.name} (${trial.detail})`);
    }
  };
  await Promise.all(benches.map((bench) => work(bench)));
  return results;
}

function verdictOf({ isKilled, isStale }: Trial): string {
  if (isStale) return 'stale';
  return isKilled ? 'red  ' : 'GREEN';
}

/** Says again what needs a test, or mending; answers with the exit status. */
function summarize(results: readonly Result[]): number {
  const unnoticed = results.filter(({ isKilled }) => !isKilled);
  const staleCount = unnoticed.filter(({ isStale }) => isStale).length;
  const killed = results.length - unnoticed.length;
  const share = killed / results.length;
  for (const { mutation, detail, isStale } of unnoticed) {
    say(`${isStale ? 'stale' : 'GREEN'}  ${mutation.file}: ${mutation.name} (${detail})`);
  }
  say(`${killed} of ${results.length} mutations noticed (${(100 * share).toFixed(1)} %), ${staleCount} stale`);
  return share >= SHARE_KILLED_MIN && staleCount === 0 ? 0 : 1;
}

async function main(words: readonly string[]): Promise<number> {
  const args = words.filter((word) => word !== TESTED);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const startedMs = performance.now();
  const isMeant = (...names: string[]): boolean =>
    args.length === 0 || args.some((text) => names.some((name) => name.includes(text)));
  const mutations = readMutations(root).filter(({ name, file }) => isMeant(name, file));
  const isAsked = (stage: string): boolean => args.length === 0 || args.includes(stage);
  if (mutations.length === 0 && !isAsked(SIM) && !isAsked(CRASH)) {
    say(`No mutation's name or file contains ${args.join(' or ')}.\n\n${USAGE}`);
    return 2;
  }
  // On a core each.
  const verdicts = await Promise.all([
    isAsked(SIM) ? huntForMinutes() : true,
    isAsked(CRASH) ? killAgainAndAgain() : true,
  ]);
  if (!verdicts.every(Boolean)) return 1;
  if (mutations.length === 0) return 0;
  const scratch = mkdtempSync(join(tmpdir(), 'jitos-long-'));
  try {
    const benches = Array.from({ length: BENCH_COUNT }, (_, i): Workbench => {
      const folder = join(scratch, String(i));
      copyCheckout(root, join(folder, 'checkout'));
      return { root: join(folder, 'checkout'), tempDir: join(folder, 'tmp') };
    });
    const testFiles = listFiles(root, '*.test.ts', '*.fuzz.ts');
    const concerned = new Set(mutations.flatMap((mutation) => testsOf(mutation, testFiles).flat()));
    const known = testFiles.filter((file) => concerned.has(file));
    const lacking = ensurePrograms(say);
    if (!words.includes(TESTED) && !(await testUnchanged(benches[0]!, known, lacking))) {
      say('These tests fail by themselves: mend them first.');
      return 1;
    }
    const results = await tryAll(mutations, benches, testFiles);
    say(`\nin ${seconds(performance.now() - startedMs)}`);
    return summarize(results);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!signal.aborted) throw error;
  say('interrupted');
  process.exitCode = 130;
}
