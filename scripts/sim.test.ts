import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('sim.ts', import.meta.url));

function sim(...args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
}

test('a seed is run again to the byte, in whatever process', () => {
  const [first, second] = [sim('--seed', '11', '--events', '60', '--trace'), sim('--seed', '11', '--events', '60')];
  assert.deepEqual([first.status, second.status], [0, 0]);
  const summary = /^trace [0-9a-f]{64} of seed 11: \d+ events, \d+ lines$/m;
  assert.equal(summary.exec(first.stdout)?.[0], summary.exec(second.stdout)?.[0]);
  assert.match(second.stdout, summary);
  assert.match(second.stdout, /^ +\d+ {2}power cut$/m);
  assert.match(first.stdout, /^life 0: /m);
});

test('wrong usage ends with status 2 and says what is right', () => {
  for (const args of [[], ['--seed', 'x'], ['--seed', '1', '--minutes', '1'], ['--minutes', '0'], ['--bogus']]) {
    const { status, stdout } = sim(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stdout, /npm run sim -- --seed 7 --events 200/);
  }
  assert.equal(sim('--help').status, 0);
});
