import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { bytesFrom } from '@jitos/kernel';
import { principalOfKey, type Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';
import { SESSION_SECONDS, Sessions, SESSIONS_OF_KEY_MAX } from './sessions.ts';

function newPrincipal(): Principal {
  return principalOfKey(bytesFrom(randomBytes(32)));
}

test('a token stands for its key for an hour, and no longer', () => {
  let nowMs = 0;
  const sessions = new Sessions({ nowMs: () => nowMs });
  const [ann, bob] = [newPrincipal(), newPrincipal()];
  const [annToken, bobToken] = [sessions.open(ann, 'known'), sessions.open(bob, 'stranger')];
  assert.match(annToken, /^[\w-]{43}$/);
  assert.deepEqual([sessions.principalOf(annToken), sessions.principalOf(bobToken)], [ann, bob]);
  assert.equal(sessions.principalOf(`${annToken.slice(1)}A`), undefined);
  nowMs = SESSION_SECONDS * 1000 - 1;
  assert.equal(sessions.principalOf(annToken), ann);
  nowMs += 1;
  assert.equal(sessions.principalOf(annToken), undefined);
  assert.equal(sessions.principalOf(sessions.open(ann, 'known')), ann);
});

test('a key has so many sessions: each more ends its oldest', () => {
  const sessions = new Sessions({ nowMs: () => 0 });
  const [ann, bob] = [newPrincipal(), newPrincipal()];
  const bobToken = sessions.open(bob, 'known');
  const tokens = Array.from({ length: SESSIONS_OF_KEY_MAX + 2 }, () => sessions.open(ann, 'known'));
  assert.deepEqual(
    tokens.map((token) => sessions.principalOf(token) === ann),
    tokens.map((_, i) => i >= 2),
  );
  assert.equal(sessions.principalOf(bobToken), bob);
});

test('a flood of strangers ends sessions of strangers alone', () => {
  const sessions = new Sessions({ nowMs: () => 0, limits: { knownMax: 2, strangersMax: 3 } });
  const ann = newPrincipal();
  const token = sessions.open(ann, 'known');
  const strangers = Array.from({ length: 10 }, () => sessions.open(newPrincipal(), 'stranger'));
  assert.equal(sessions.principalOf(token), ann);
  assert.deepEqual(
    strangers.map((each) => sessions.principalOf(each) !== undefined),
    strangers.map((_, i) => i >= 7),
  );
});

test('where as many known keys have sessions as there may be, the next one waits until some have ended', () => {
  let nowMs = 0;
  const sessions = new Sessions({ nowMs: () => nowMs, limits: { knownMax: 2, strangersMax: 3 } });
  for (let i = 0; i < 2; i++) sessions.open(newPrincipal(), 'known');
  assert.throws(
    () => sessions.open(newPrincipal(), 'known'),
    (error) => error instanceof Failure && error.reason === 'OVERLOADED',
  );
  nowMs = SESSION_SECONDS * 1000;
  assert.ok(sessions.open(newPrincipal(), 'known'));
});
