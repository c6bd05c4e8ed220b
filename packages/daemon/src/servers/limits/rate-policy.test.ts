import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS_DEFAULT, LIMITS_LOCAL_DEFAULT, parseRatePolicies, RATE_VERBS } from './rate-policy.ts';

test('policies are read as they are written; the defaults limit every verb, and nobody who holds the token', () => {
  assert.deepEqual(parseRatePolicies('--limits', 'read=5/1,work=100/60'), {
    read: { quota: 5, windowS: 1 },
    work: { quota: 100, windowS: 60 },
  });
  assert.deepEqual(Object.keys(parseRatePolicies('--limits', LIMITS_DEFAULT)).toSorted(), RATE_VERBS.toSorted());
  assert.deepEqual(parseRatePolicies('--limits-local', LIMITS_LOCAL_DEFAULT), {});
});

test('what is none is refused by its flag', () => {
  for (const text of [
    '',
    'read',
    'read=5',
    'read=0/1',
    'read=5/0',
    'fly=5/1',
    'read=1/1,read=2/1',
    'read=5/99999',
    'read=5/1,',
  ]) {
    assert.throws(() => parseRatePolicies('--limits', text), { reason: 'USAGE', place: '--limits' }, text);
  }
});
