import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test, { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A program that says how it was started, and ends with the status in its first argument, or on a signal if it says `wait`. */
const PROGRAM = `
const [how = '0', ...rest]: string[] = process.argv.slice(2);
if (how === 'wait') {
  const timer = setTimeout(() => { process.exitCode = 1; }, 20_000);
  process.on('SIGTERM', () => { clearTimeout(timer); process.exitCode = 42; });
} else if (how === 'die') process.kill(process.pid, 'SIGKILL');
else process.exitCode = Number(how);
console.log(JSON.stringify({ node: process.versions.node, rest }));
`;
/** Makes the launcher believe that the Node that runs it is too old for TypeScript. */
const OLD = "Object.defineProperty(process, 'versions', { value: { node: '20.0.0' } });";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jitos-launch-'));
  for (const folder of ['packages/daemon/bin', 'packages/daemon/src/cli', 'node_modules/.bin', 'scripts']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const name of ['launch.mjs', 'jitosctl.mjs', 'jitosd.mjs']) {
    const source = fileURLToPath(new URL(`../packages/daemon/bin/${name}`, import.meta.url));
    copyFileSync(source, join(root, 'packages/daemon/bin', name));
  }
  writeFileSync(join(root, 'packages/daemon/package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'packages/daemon/src/main.ts'), PROGRAM);
  writeFileSync(join(root, 'packages/daemon/src/cli/main.ts'), PROGRAM);
  writeFileSync(join(root, 'node_modules/.jitos-install'), '');
  writeFileSync(join(root, 'old.mjs'), OLD);
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'));
});

afterEach(() => rmSync(root, { recursive: true }));

function commandLine(bin: string, isOld: boolean, args: readonly string[]): string[] {
  const preload = isOld ? ['--import', join(root, 'old.mjs')] : [];
  return [...preload, join(root, 'packages/daemon/bin', bin), ...args];
}

function start(bin: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, commandLine(bin, true, args), { stdio: ['ignore', 'pipe', 'inherit'] });
}

for (const bin of ['jitosctl.mjs', 'jitosd.mjs']) {
  for (const isOld of [false, true]) {
    test(`${bin} passes arguments and exit status on an ${isOld ? 'old' : 'up-to-date'} Node`, () => {
      const { status, stdout } = spawnSync(process.execPath, commandLine(bin, isOld, ['3', 'a b', '--json']), {
        encoding: 'utf8',
      });
      assert.deepEqual(JSON.parse(stdout), { node: process.versions.node, rest: ['a b', '--json'] });
      assert.equal(status, 3);
    });
  }
}

test('an old Node in between passes signals on', async () => {
  const child = start('jitosd.mjs', 'wait');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [42, null]);
});

test('an old Node in between ends by the signal that ended the program', async () => {
  assert.deepEqual(await once(start('jitosd.mjs', 'die'), 'exit'), [null, 'SIGKILL']);
});

test('a checkout where nothing is installed is bootstrapped first', () => {
  rmSync(join(root, 'node_modules/.jitos-install'));
  writeFileSync(join(root, 'scripts/bootstrap.mjs'), "console.error('bootstrapped');");
  const good = spawnSync(process.execPath, commandLine('jitosctl.mjs', false, ['0']), { encoding: 'utf8' });
  assert.equal(good.stderr, 'bootstrapped\n');
  assert.equal(good.status, 0);
  writeFileSync(join(root, 'scripts/bootstrap.mjs'), 'process.exitCode = 1;');
  const bad = spawnSync(process.execPath, commandLine('jitosctl.mjs', false, ['0']), { encoding: 'utf8' });
  assert.equal(bad.stdout, '');
  assert.equal(bad.status, 5);
});
