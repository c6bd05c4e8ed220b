import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { bytesFrom } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { CHALLENGE_SECONDS, Challenges, CHALLENGES_USED_MAX } from './challenges.ts';

const KEY = bytesFrom(randomBytes(32));
const OTHER = bytesFrom(randomBytes(32));

function reasonOf(work: () => void): string {
  try {
    work();
    return 'taken';
  } catch (error) {
    if (error instanceof Failure) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

test('a challenge is good once, for its own key, until its minute has passed', () => {
  let nowMs = 1000.5;
  const challenges = new Challenges(() => nowMs);
  const challenge = challenges.make(KEY);
  assert.match(
    reasonOf(() => challenges.take(challenge, OTHER)),
    /CHALLENGE_INVALID: .* for this key/,
  );
  nowMs += CHALLENGE_SECONDS * 1000;
  assert.equal(
    reasonOf(() => challenges.take(challenge, KEY)),
    'taken',
  );
  assert.match(
    reasonOf(() => challenges.take(challenge, KEY)),
    /CHALLENGE_INVALID: it was used/,
  );
  const late = challenges.make(KEY);
  nowMs += CHALLENGE_SECONDS * 1000 + 1;
  assert.match(
    reasonOf(() => challenges.take(late, KEY)),
    /CHALLENGE_INVALID: it has expired/,
  );
  assert.notEqual(challenges.make(KEY), challenges.make(KEY));
});

test('another spelling, another daemon and any changed bit are refused', () => {
  const challenges = new Challenges(() => 0);
  const challenge = challenges.make(KEY);
  const bytes = Buffer.from(challenge, 'base64url');
  const wrong = [
    '',
    challenge.slice(1),
    `${challenge}A`,
    `${challenge}=`,
    `${challenge.slice(0, 71)}+`,
    ' '.repeat(72),
  ];
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    wrong.push(changed.toString('base64url'));
  }
  wrong.push(new Challenges(() => 0).make(KEY));
  for (const each of wrong)
    assert.match(
      reasonOf(() => challenges.take(each, KEY)),
      /^CHALLENGE_INVALID/,
      each,
    );
  assert.equal(
    reasonOf(() => challenges.take(challenge, KEY)),
    'taken',
  );
});

test('what was used is remembered up to a bound, and forgotten once it would have expired', () => {
  let nowMs = 0;
  const challenges = new Challenges(() => nowMs);
  for (let i = 0; i < CHALLENGES_USED_MAX; i++) challenges.take(challenges.make(KEY), KEY);
  const next = challenges.make(KEY);
  assert.match(
    reasonOf(() => challenges.take(next, KEY)),
    /^OVERLOADED/,
  );
  nowMs += CHALLENGE_SECONDS * 1000 + 2;
  assert.equal(
    reasonOf(() => challenges.take(challenges.make(KEY), KEY)),
    'taken',
  );
});
