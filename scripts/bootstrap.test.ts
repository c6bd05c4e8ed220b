import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';

const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
/** Stands in for npm: notes how it was called and installs a Node that prints the given version, without a link. */
const FAKE_NPM = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('calls.txt', process.argv.slice(2).join(' ') + '\\n');
if (process.env.FAKE_STATUS) process.exit(Number(process.env.FAKE_STATUS));
mkdirSync('node_modules/.bin', { recursive: true });
if (process.env.FAKE_VERSION) {
  mkdirSync('node_modules/${NODE_PACKAGE}/bin', { recursive: true });
  const program = '#!/bin/sh\\necho ' + process.env.FAKE_VERSION + '\\n';
  writeFileSync('node_modules/${NODE_PACKAGE}/bin/node', program, { mode: 0o755 });
}
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jitos-bootstrap-'));
  mkdirSync(join(root, 'scripts'));
  mkdirSync(join(root, 'packages', 'one'), { recursive: true });
  copyFileSync(fileURLToPath(new URL('./bootstrap.mjs', import.meta.url)), join(root, 'scripts', 'bootstrap.mjs'));
  write('npm/npm-cli.js', FAKE_NPM);
  write('npm/package.json', '{ "type": "module" }');
  write('package-lock.json', '{}');
  write('packages/one/package.json', '{}');
  pin({ [NODE_PACKAGE]: '24.21.0' });
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function pin(optionalDependencies: Readonly<Record<string, string>>): void {
  write('package.json', JSON.stringify({ workspaces: ['packages/*'], optionalDependencies }));
}

function bootstrap(variables: Readonly<Record<string, string>> = { FAKE_VERSION: 'v24.21.0' }): {
  readonly status: number | null;
  readonly said: string;
} {
  const env: NodeJS.ProcessEnv = { ...process.env, npm_execpath: join(root, 'npm', 'npm-cli.js'), ...variables };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/bootstrap.mjs'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  assert.equal(stdout, '', 'stdout belongs to the script that comes after');
  return { status, said: stderr };
}

function installs(): string[] {
  const file = join(root, 'calls.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

test('installs into a fresh checkout without saving, auditing or running scripts, then says nothing more', () => {
  assert.equal(bootstrap().status, 0);
  assert.deepEqual(bootstrap(), { status: 0, said: '' });
  assert.equal(installs().length, 1);
  for (const flag of ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']) {
    assert.ok(installs()[0]?.split(' ').includes(flag), flag);
  }
});

test('installs again when the lockfile or any manifest changed', () => {
  bootstrap();
  for (const path of ['package-lock.json', 'package.json', 'packages/one/package.json']) {
    const before = installs().length;
    appendFileSync(join(root, path), '\n');
    assert.equal(bootstrap().status, 0);
    assert.equal(installs().length, before + 1, path);
  }
  write('packages/two/package.json', '{}');
  bootstrap();
  assert.equal(installs().length, 5);
});

test('links the pinned Node where npm left it out, and again when the link is gone', () => {
  bootstrap();
  const link = join(root, 'node_modules', '.bin', 'node');
  assert.equal(readlinkSync(link), join('..', NODE_PACKAGE, 'bin', 'node'));
  rmSync(link);
  assert.equal(bootstrap().status, 0);
  assert.equal(readlinkSync(link), join('..', NODE_PACKAGE, 'bin', 'node'));
  assert.equal(installs().length, 1);
});

test('a failed install is said, is not stamped, and is tried again', () => {
  const failed = bootstrap({ FAKE_STATUS: '7' });
  assert.equal(failed.status, 1);
  assert.match(failed.said, /npm install failed \(status 7\)[^]*`npm ping`[^]*run the same command again/);
  assert.equal(bootstrap().status, 0);
  assert.equal(installs().length, 2);
});

test('an install that is cut short is done again', () => {
  bootstrap();
  rmSync(join(root, 'node_modules', '.jitos-install'));
  assert.equal(bootstrap().status, 0);
  assert.equal(installs().length, 2);
});

test("a pinned Node of another version or that doesn't run is not linked; the user's own does if it is new enough", () => {
  assert.equal(bootstrap({ FAKE_VERSION: 'v24.20.0' }).status, 0);
  assert.equal(existsSync(join(root, 'node_modules', '.bin', 'node')), false);
  bootstrap({ FAKE_VERSION: 'v24.21.0' });
  chmodSync(join(root, 'node_modules', NODE_PACKAGE, 'bin', 'node'), 0o644);
  assert.equal(bootstrap().status, 0);
  assert.equal(existsSync(join(root, 'node_modules', '.bin', 'node')), false);
});

test('where no Node is pinned, an old one is refused with what to do', () => {
  pin({});
  write('old.mjs', "Object.defineProperty(process, 'versions', { value: { node: '24.11.1' } });");
  const old = bootstrap({ NODE_OPTIONS: `--import=${join(root, 'old.mjs')}` });
  assert.equal(old.status, 1);
  assert.match(old.said, /Node 24\.12 or newer is needed.*\n.*Install Node 24/);
  assert.equal(bootstrap({}).status, 0);
});
