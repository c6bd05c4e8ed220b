import assert from 'node:assert/strict';
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Figure } from './harness/figure.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const BENCHES = readdirSync(new URL('./benches/', import.meta.url)).map((file) => file.slice(0, -'.ts'.length));

describe('npm run bench', () => {
  let temp: string;
  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'jitos-bench-test-'));
  });
  afterEach(() => rmSync(temp, { recursive: true }));

  const env = (): NodeJS.ProcessEnv => ({ ...process.env, TMPDIR: temp, INIT_CWD: temp });
  const run = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8', env: env(), timeout: 300_000 });

  it('measures every bench at smoke size, one JSON line a figure, and cleans up', () => {
    const { status, stdout, stderr } = run('--size', 'smoke', '--charts', 'pictures');
    assert.equal(status, 0, stderr);
    const figures = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Figure); // the shape is asserted below
    const measured = new Set(figures.map(({ bench }) => bench.split('/')[0]?.replaceAll('.', '-')));
    assert.deepEqual(measured, new Set(BENCHES));
    for (const figure of figures) {
      assert.deepEqual(Object.keys(figure), ['bench', 'unit', 'ours', 'peer', 'peerName', 'ratio', 'n', 'runs']);
      const numbers = [figure.ours, figure.peer, figure.ratio].filter((value) => value !== null);
      assert.ok(numbers.length === 1 || numbers.length === 3, JSON.stringify(figure));
      for (const value of [...numbers, figure.n, figure.runs]) assert.ok(value > 0, JSON.stringify(figure));
    }
    assert.match(
      readFileSync(join(temp, 'pictures', 'verified-commit.svg'), 'utf8'),
      /^<svg .*<polyline .*<\/svg>\n$/s,
    );
    assert.deepEqual(readdirSync(temp), ['pictures']);
  });

  it('lists the benches', () => {
    const { status, stdout } = run('--list');
    assert.equal(status, 0);
    assert.equal(stdout.trimEnd().split('\n').length, BENCHES.length);
  });

  it('refuses an unknown bench, size or option with exit 2, naming it', () => {
    for (const args of [['no.such'], ['--size', 'huge'], ['--frob']]) {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(args.at(-1) ?? ''));
    }
  });

  it('stops when interrupted and leaves nothing behind', async () => {
    const child = spawn(process.execPath, [RUN, 'log.append', '--size', 'full'], {
      env: env(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(child.stderr, 'data'); // its first entrant is being opened
    child.kill('SIGINT');
    const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(temp), []);
  });
});
