/** `jitosctl` as a process: its streams, and what an interrupt does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { programEnvironment, startProgram } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { worldNames } from '../engine/host.ts';
import type { ImportStatus } from '../planes/git/import-jobs.ts';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
const COMMITS = 1500;

test('ops are piped in, the answer goes to standard output, an error to standard error', () => {
  const folder = makeTempFolder();
  const run = (input: string, ...args: readonly string[]): readonly [number | null, string, string] => {
    const options = { cwd: folder.path, env: programEnvironment(), input, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options);
    return [status, stdout, stderr];
  };
  run('', 'world', 'create', 'lab');
  assert.equal(run('', 'sws', 'create')[0], 0);
  const op = '{"op":"AddNode","data":{"kind":"note","payload_b64":"aGVsbG8="}}';
  const [status, stdout, stderr] = run(op, 'rewrite', '--view', 'sws:0');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^view\tsws:0\nrewriteIdx\t0\ndigest\t[0-9a-f]{64}\n$/);
  assert.deepEqual(run('', 'rewrite', '--view', 'sws:0').slice(0, 2), [2, '']);
  folder.remove();
});

test('a reader that goes away early is no error', async () => {
  const folder = makeTempFolder();
  const program = startProgram('jitosctl', ['--help'], { workingDir: folder.path });
  program.child.stdout?.destroy();
  const { status, signal, stderr } = await program.ended;
  assert.deepEqual([status, signal, stderr], [0, null, '']);
  folder.remove();
});

test('an interrupted import in this process stops after a whole commit, and the next one goes on there', async () => {
  const folder = makeTempFolder();
  const dataDir = join(folder.path, 'data');
  makeSampleRepository(join(folder.path, 'repo'), COMMITS);
  const program = startProgram('jitosctl', ['import', 'git', 'repo'], { workingDir: folder.path });
  // The world is made just before the first commit comes in.
  while (!worldNames(dataDir).includes('repo')) await delay(5);
  program.child.kill('SIGINT');
  const { signal, stdout, stderr } = await program.ended;
  assert.deepEqual([signal, stdout], ['SIGINT', '']);
  assert.match(stderr, /^error INTERRUPTED: the import stopped after a whole commit/m);
  const resumed = await importAgain(folder.path, 'repo');
  assert.ok(resumed.commitsImported > 0);
  const whole = await importAgain(folder.path, 'whole');
  assert.deepEqual([whole.commitsImported, whole.digest], [COMMITS, resumed.digest]);
  folder.remove();
});

test("an interrupt ends the waiting for a daemon's import, not the import", async () => {
  const folder = makeTempFolder();
  makeSampleRepository(join(folder.path, 'repo'), COMMITS);
  const daemon = await serveFolder(join(folder.path, 'data'));
  try {
    const program = startProgram('jitosctl', ['import', 'git', 'repo'], { workingDir: folder.path });
    while (!daemon.host.hasWorld('repo')) await delay(5);
    program.child.kill('SIGINT');
    const { signal, stderr } = await program.ended;
    assert.equal(signal, 'SIGINT');
    assert.match(stderr, /^error INTERRUPTED: the daemon goes on with the import by itself/m);
    let status: ImportStatus | undefined;
    while (status?.state !== 'done') {
      await delay(20);
      status = (await (await fetch(`${daemon.address}/v1/imports/0`)).json()) as ImportStatus; // as docs/spec/http.md has it
      assert.notEqual(status.state, 'failed');
    }
    assert.equal(status.commitsImported, COMMITS);
  } finally {
    await daemon.close();
    folder.remove();
  }
});

async function importAgain(workingDir: string, world: string): Promise<ImportStatus> {
  const { stdout } = await runCtl(['import', 'git', 'repo', '--world', world, '--json'], { workingDir });
  return JSON.parse(stdout) as ImportStatus; // as docs/spec/cli.md has it
}
