import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { digestToHex } from '@jitos/kernel';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import { openRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';
import { importPosition } from './import-position.ts';

const CHILD = fileURLToPath(import.meta.resolve('@jitos/testkit/git/import-child.ts'));
const WORLD = 'imported';
const IMPORTS = 20;
const COMMITS = 800;
/** About as long as a batch takes, so that kills strike anywhere in one. */
const DELAY_MS_MAX = 8;
/** The first is struck before anything is durable, and the last ones may be after all of it is. */
const CUT_OFF_MIN = 12;
const SEED = 20_261_121;

/** When a run is killed. */
interface Kill {
  /** Once it has told of so many commits; 0 as it begins. */
  readonly commits: number;
  readonly delayMs: number;
}

interface Run {
  readonly dataDir: string;
  readonly repository: string;
  /** Where Node keeps what it compiled: a process that is killed leaves nothing there. */
  readonly compileCache: string;
}

const NO_KILL: Kill = { commits: Infinity, delayMs: 0 };

/** What an import that was killed goes on from, and where it ends. */
interface Resumption {
  readonly commitsBefore: number;
  readonly commitsImported: number;
  readonly digest: string;
}

/** Runs an import in a process of its own until it is killed; it may be done before. */
async function killImport({ dataDir, repository, compileCache }: Run, { commits, delayMs }: Kill): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, dataDir, repository, WORLD], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const exited = once(child, 'exit');
  // The first line says that it begins.
  let told = -1;
  for await (const _ of createInterface({ input: child.stdout })) {
    told += 1;
    if (told !== commits) continue;
    await sleep(delayMs);
    child.kill('SIGKILL');
  }
  await exited;
}

/** Imports what is left, in this process. */
async function finishImport({ dataDir, repository: path }: Run): Promise<Resumption> {
  const host = await Host.open({ dataDir });
  try {
    const world = host.hasWorld(WORLD) ? host.mustGetWorld(WORLD) : await host.createWorld(WORLD);
    const commitsBefore = importPosition(world.loop.world.system.graph)?.count ?? 0;
    const { signal } = new AbortController();
    const repository = await openRepository({ path, environment: process.env, signal });
    const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
    return { commitsBefore, commitsImported, digest: digestToHex(world.loop.world.system.digest) };
  } finally {
    await host.close();
  }
}

/** One kill in each of as many equal stretches of the import, the first and the last commit among them. */
function planKills(): readonly Kill[] {
  const random = createRandom(SEED);
  const stretch = COMMITS / IMPORTS;
  return Array.from({ length: IMPORTS }, (_, index) => {
    const commits = index * stretch + random.below(stretch);
    const delayMs = random.below(DELAY_MS_MAX);
    if (index === 0) return { commits: 0, delayMs: 0 };
    return index === IMPORTS - 1 ? { commits: COMMITS, delayMs: 0 } : { commits, delayMs };
  });
}

function makeFolder(context: TestContext): string {
  const folder = makeTempFolder();
  context.after(() => folder.remove());
  return folder.path;
}

test(`${IMPORTS} imports, each killed at a seeded time and resumed, end in the uninterrupted run's digest (seed ${SEED})`, async (context) => {
  const repository = makeFolder(context);
  const data = makeFolder(context);
  const startRun = (name: string): Run => ({
    dataDir: join(data, name),
    repository,
    compileCache: join(data, 'compile-cache'),
  });
  await makeLargeRepository({ path: repository, commits: COMMITS, files: 40, pathsPerCommit: 1 });
  await killImport(startRun('whole'), NO_KILL);
  const whole = await finishImport(startRun('whole'));
  assert.deepEqual([whole.commitsBefore, whole.commitsImported], [COMMITS, 0]);
  const runs = planKills().map((kill, index) => ({
    kill,
    run: startRun(String(index)),
    isKilledTwice: index % 5 === 1,
  }));
  await Promise.all(
    [0, 1].map(async (lane) => {
      for (const { kill, run, isKilledTwice } of runs.filter((_, index) => index % 2 === lane)) {
        await killImport(run, kill);
        if (isKilledTwice) await killImport(run, { ...kill, commits: 1 });
      }
    }),
  );
  const cuts: number[] = [];
  for (const { run } of runs) {
    const { commitsBefore, commitsImported, digest } = await finishImport(run);
    assert.equal(digest, whole.digest, `killed after ${commitsBefore} commits`);
    assert.equal(commitsBefore + commitsImported, COMMITS, 'no commit is imported twice');
    cuts.push(commitsBefore);
  }
  console.log(`seed ${SEED}: killed after ${cuts.join(', ')} of ${COMMITS} commits`);
  const cutOff = cuts.filter((commits) => commits > 0 && commits < COMMITS);
  assert.ok(cutOff.length >= CUT_OFF_MIN, `only ${cutOff.length} were cut off in the middle`);
});
