import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeSigningKey, utf8 } from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';

const KEY = utf8('0123456789abcdef0123456789abcdef');

test('a change of keys is an event that holds the key and its origin, and changes no state', () => {
  const driver = new WorldDriver();
  const before = driver.world;
  const event = driver.must('SIGNING_KEY_CHANGED', changeSigningKey(KEY, { origin: 'a.invalid/b' }));
  assert.deepEqual([event.idx, event.view, event.origin, event.publicKey], [1, null, 'a.invalid/b', KEY]);
  assert.deepEqual({ ...driver.world, history: before.history }, before);
});

test('a key of another length, or an origin that no note could name, is refused', () => {
  const refusalOf = (command: ReturnType<typeof changeSigningKey>): unknown => {
    const decision = new WorldDriver().run(command);
    return decision.ok ? undefined : [decision.reason, decision.place];
  };
  assert.deepEqual(refusalOf(changeSigningKey(utf8('short'))), ['SIGNING_KEY_INVALID', 'publicKey']);
  for (const origin of ['', 'a b', 'a+b', 'ü', 'line\n', 'x'.repeat(257)]) {
    assert.deepEqual(refusalOf(changeSigningKey(KEY, { origin })), ['SIGNING_KEY_INVALID', 'origin'], origin);
  }
});
