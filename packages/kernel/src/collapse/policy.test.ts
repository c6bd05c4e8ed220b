import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAIL_FAST, POLICIES, POLICY_DEFAULT, policyById } from './policy.ts';

test('the ids of policies are those that events pin, and fail-fast is the default', () => {
  assert.deepEqual(
    POLICIES.map(({ id, name, version }) => [id, name, version]),
    [
      [1, 'fail-fast', 1],
      [2, 'three-way', 1],
      [3, 'lattice', 1],
      [4, 'serializable', 1],
      [5, 'ours', 1],
      [6, 'theirs', 1],
    ],
  );
  assert.equal(POLICY_DEFAULT, FAIL_FAST);
  for (const policy of POLICIES) assert.equal(policyById(policy.id), policy);
});

test('an unknown id names no policy', () => {
  for (const id of [0, 7, -1, 4_294_967_295]) assert.equal(policyById(id), undefined);
});
