/** The real daemon, killed under load. `npm run test:long` kills it 200 times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashRun } from '@jitos/testkit/daemon/crash-run.ts';

const KILL_COUNT = 12;

test('what a daemon under load acknowledged is there after it was killed, once, and as it was told', async () => {
  const { eventCount, acknowledgedCount } = await crashRun({ killCount: KILL_COUNT, seed: 3 });
  assert.ok(acknowledgedCount > KILL_COUNT, `only ${acknowledgedCount} answers`);
  assert.ok(eventCount > acknowledgedCount, 'the first event, at least, is nobody’s');
});
