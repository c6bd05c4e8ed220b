import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_PRINCIPAL, type Principal } from '../../engine/principal.ts';
import { RateLimiter, type Asker } from './rate-limiter.ts';

const KEY: Asker = { principal: `key:${'0'.repeat(64)}` as Principal }; // as if an edge had vouched for it

test('askers have limits of their own, and whoever holds the token those that are given for it', () => {
  const limiter = new RateLimiter({
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    limits: { local: {}, others: { read: { quota: 2, windowS: 1 } } },
  });
  assert.equal(limiter.admitOf({ principal: LOCAL_PRINCIPAL }), undefined);
  for (const asker of [KEY, { address: '10.0.0.1' }, { address: '10.0.0.2' }]) {
    const admit = limiter.admitOf(asker);
    assert.ok(admit !== undefined);
    admit('read');
    limiter.admitOf(asker)?.('read');
    assert.throws(() => admit('read'), { reason: 'RATE_LIMITED', place: 'read' });
    for (let i = 0; i < 10; i++) admit('write');
  }
});
