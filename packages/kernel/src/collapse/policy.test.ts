import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAIL_FAST, POLICY_DEFAULT, policyById } from './policy.ts';

test('policy 1 is fail-fast, version 1, and the default', () => {
  assert.deepEqual(policyById(1), { id: 1, name: 'fail-fast', version: 1 });
  assert.equal(POLICY_DEFAULT, FAIL_FAST);
});

test('an unknown id names no policy', () => {
  for (const id of [0, 2, -1, 4_294_967_295]) assert.equal(policyById(id), undefined);
});
