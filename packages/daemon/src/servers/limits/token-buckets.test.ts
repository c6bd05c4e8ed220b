import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RatePolicy } from './rate-policy.ts';
import { TokenBuckets, type Taken } from './token-buckets.ts';

const POLICY: RatePolicy = { quota: 4, windowS: 2 };

function bucketsAt(time: { nowMs: number }, countMax?: number): TokenBuckets {
  return new TokenBuckets({ monotonicMs: () => time.nowMs, wallMs: () => 0 }, countMax);
}

function count(taken: readonly Taken[]): number {
  return taken.filter(({ isAdmitted }) => isAdmitted).length;
}

test('a quota is there at once, fills up evenly, and says when', () => {
  const time = { nowMs: 5 };
  const buckets = bucketsAt(time);
  const take = (): Taken => buckets.take('a', POLICY);
  assert.deepEqual(take(), { isAdmitted: true, remaining: 3, resetS: 1, retryAfterS: 0 });
  assert.equal(count([take(), take(), take()]), 3);
  assert.deepEqual(take(), { isAdmitted: false, remaining: 0, resetS: 2, retryAfterS: 1 });
  time.nowMs += 499;
  assert.equal(take().isAdmitted, false);
  time.nowMs += 1;
  assert.deepEqual(take(), { isAdmitted: true, remaining: 0, resetS: 2, retryAfterS: 0 });
  time.nowMs += 60_000;
  assert.equal(count(Array.from({ length: 9 }, take)), 4);
});

test('who waits as long as it is told to is admitted', () => {
  const policy = fc.record({ quota: fc.integer({ min: 1, max: 50 }), windowS: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(policy, fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 }), (given, waits) => {
      const time = { nowMs: 0 };
      const buckets = bucketsAt(time);
      let admitted = 0;
      for (const waitMs of waits) {
        time.nowMs += waitMs;
        const taken = buckets.take('a', given);
        admitted += count([taken]);
        if (taken.isAdmitted) continue;
        time.nowMs += 1000 * taken.retryAfterS;
        assert.ok(buckets.take('a', given).isAdmitted);
        admitted += 1;
      }
      const windows = time.nowMs / (1000 * given.windowS);
      assert.ok(admitted <= given.quota * (1 + windows) + 1e-6);
    }),
  );
});

test('keys have buckets of their own; of too many the one that was used longest ago is forgotten', () => {
  const buckets = bucketsAt({ nowMs: 0 }, 2);
  const drain = (key: string): number => count(Array.from({ length: 5 }, () => buckets.take(key, POLICY)));
  assert.deepEqual([drain('a'), drain('b'), drain('a'), drain('c'), drain('a'), drain('b')], [4, 4, 0, 4, 0, 4]);
});
