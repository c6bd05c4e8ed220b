import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrustedOperation } from '../disk/lying-disk.ts';
import { createRandom } from '../git/random.ts';
import { Deceit } from './deceit.ts';
import { Trace } from './trace.ts';

const WRITE: TrustedOperation = {
  verb: 'write',
  path: '/w/0.log',
  offset: 0,
  bytes: Buffer.alloc(100, 1),
  isDurable: true,
};

test('a log that was read whole after a write that went wrong may still lack it when the power goes', () => {
  const deceit = new Deceit(createRandom(1), new Trace());
  deceit.liesLeft = 1;
  const plan = deceit.plan(() => true);
  let lie = plan(WRITE);
  while (lie === undefined) lie = plan(WRITE);
  assert.notEqual(lie.kind, 'unsynced', 'this seed has the write itself go wrong');
  deceit.begin();
  deceit.clearLog();
  assert.equal(deceit.mayLogLack, true);
  deceit.powerCut();
  deceit.clearLog();
  assert.equal(deceit.mayLogLack, false);
});
