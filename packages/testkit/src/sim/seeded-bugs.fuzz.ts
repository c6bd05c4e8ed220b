/** That the simulator hunts: each seeded bug is found from wherever it starts, by seeds that pass without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEEDED_BUGS } from './seeded-bugs.ts';
import { simulate } from './simulation.ts';

const BASE_SEEDS = [1_000, 200_000, 30_000_000];
const SEEDS_MAX = 200;
const COMMAND_COUNT = 60;

for (const { name, wrapping, breaks } of SEEDED_BUGS) {
  test(`the simulator finds that ${name}`, async () => {
    for (const base of BASE_SEEDS) {
      let seed = base;
      let run = await simulate({ seed, commandCount: COMMAND_COUNT, wrapping });
      while (run.broken === undefined && seed < base + SEEDS_MAX) {
        seed += 1;
        run = await simulate({ seed, commandCount: COMMAND_COUNT, wrapping });
      }
      assert.match(String(run.broken), breaks, `from seed ${base} on`);
      const clean = await simulate({ seed, commandCount: COMMAND_COUNT });
      assert.equal(clean.broken, undefined, `seed ${seed} fails without the bug`);
    }
  });
}
