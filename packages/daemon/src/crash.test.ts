/** The real daemon, killed under load. `npm run test:long` kills it 200 times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashRun } from '@jitos/testkit/daemon/crash-run.ts';
import { WRITE_BEHIND } from '@jitos/testkit/daemon/failpoints.ts';

const KILL_COUNT = 12;

test('what a daemon under load acknowledged is there after it was killed, once, and as it was told', async () => {
  const { eventCount, acknowledgedCount, failpoints } = await crashRun({ killCount: KILL_COUNT, seed: 3 });
  assert.ok(acknowledgedCount > KILL_COUNT, `only ${acknowledgedCount} answers`);
  assert.ok(eventCount > acknowledgedCount, 'the first event, at least, is nobody’s');
  assert.ok(failpoints.size >= 3, `only at ${[...failpoints.keys()].join(', ')}`);
});

test('a daemon that says too early that a batch is on the disk is found out by three deaths', async () => {
  await assert.rejects(
    crashRun({ killCount: 3, seed: 3, bug: WRITE_BEHIND }),
    /was acknowledged, and is not there|gone/,
  );
});
