import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';
import { Authenticator } from './authenticator.ts';

const TOKEN = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ';

test('whoever has the token is the local principal, however the scheme is spelt', () => {
  const authenticator = new Authenticator({
    principalOf: () => undefined,
    authentication: { by: 'token', localToken: TOKEN },
  });
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    assert.equal(authenticator.authenticate(`${scheme} ${TOKEN}`), LOCAL_PRINCIPAL);
  }
});

test('anything else is nobody, and what is told does not repeat it', () => {
  const authenticator = new Authenticator({
    principalOf: () => undefined,
    authentication: { by: 'token', localToken: TOKEN },
  });
  const last = TOKEN.length - 1;
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN.slice(0, last)}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, last)}X`,
    `Bearer X${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toLowerCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'\0'.repeat(TOKEN.length)}`,
    { authorization: `Bearer ${TOKEN}` },
    [`Bearer ${TOKEN}`],
    7,
    null,
  ];
  for (const authorization of wrong) {
    assert.throws(
      () => authenticator.authenticate(authorization),
      (error) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual([error.reason, error.place], ['UNAUTHENTICATED', 'authorization']);
        return !error.message.includes(TOKEN.slice(1, last));
      },
      JSON.stringify(authorization),
    );
  }
  assert.equal(authenticator.authenticate(`Bearer ${TOKEN}`), LOCAL_PRINCIPAL, 'what was wrong before is forgotten');
});

test('where nobody is asked everyone is the local principal', () => {
  const authenticator = new Authenticator({ principalOf: () => undefined, authentication: { by: 'nobody' } });
  for (const authorization of [undefined, 'Bearer x']) {
    assert.equal(authenticator.authenticate(authorization), LOCAL_PRINCIPAL);
  }
});
