/** Logging in with a key over HTTP: what opens a session, and everything that does not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, reasonOf, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { makeKeyFile, readKeyFile, type PrincipalKey } from '../../cli/key-file.ts';
import { Failure } from '../../errors/failure.ts';
import { CHALLENGE_SECONDS } from '../auth/challenges.ts';
import { loginText } from '../auth/key-login.ts';
import { SESSION_SECONDS } from '../auth/sessions.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDM';
let nowMs = 0;
const served = await serveHost({
  authentication: { by: 'token', localToken: TOKEN },
  clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
});
const folder = makeTempFolder();
after(async () => {
  await served[Symbol.asyncDispose]();
  folder.remove();
});
const { port, url } = served;
const ann = makeKeyFile(join(folder.path, 'ann'));
const bob = makeKeyFile(join(folder.path, 'bob'));

function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  const sent = { 'content-type': 'application/json', ...headers };
  return ask({ port, method: 'POST', path, headers: sent, body: JSON.stringify(body) });
}

async function challengeFor({ publicKeyHex: publicKey }: PrincipalKey): Promise<string> {
  const { status, body } = await post('/v1/auth/challenge', { publicKey });
  const { challenge, expiresInSeconds } = JSON.parse(body) as { challenge: string; expiresInSeconds: number };
  assert.deepEqual([status, expiresInSeconds], [200, CHALLENGE_SECONDS]);
  return challenge;
}

function signed(key: PrincipalKey, text: string): string {
  return key.sign(Buffer.from(text)).toString('base64');
}

function openSession(key: PrincipalKey, challenge: string, text = loginText(url, challenge)): Promise<RawAnswer> {
  return post('/v1/auth/session', { publicKey: key.publicKeyHex, challenge, signature: signed(key, text) });
}

/** What a session's token is worth: the status of a question, and its reason. */
async function worthOf(token: string): Promise<string> {
  const answer = await ask({ port, path: '/v1/worlds', headers: { authorization: `Bearer ${token}` } });
  return answer.status < 400 ? String(answer.status) : `${answer.status} ${reasonOf(answer)}`;
}

test('a signed challenge opens a session of that key, and its token is believed for an hour', async () => {
  const { status, body } = await openSession(ann, await challengeFor(ann));
  const session = JSON.parse(body) as { token: string; principal: string; expiresInSeconds: number };
  assert.deepEqual([status, session.principal], [200, `key:${ann.publicKeyHex}`]);
  assert.equal(session.expiresInSeconds, SESSION_SECONDS);
  assert.notEqual(await worthOf(session.token), '401 UNAUTHENTICATED authorization');
  nowMs += SESSION_SECONDS * 1000;
  assert.equal(await worthOf(session.token), '401 UNAUTHENTICATED authorization');
});

test('a challenge opens one session: a replay of the very same request is refused', async () => {
  const challenge = await challengeFor(ann);
  assert.equal((await openSession(ann, challenge)).status, 200);
  const again = await openSession(ann, challenge);
  assert.deepEqual([again.status, reasonOf(again)], [401, 'CHALLENGE_INVALID challenge']);
  const both = await challengeFor(ann);
  const answers = await Promise.all([openSession(ann, both), openSession(ann, both)]);
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 401],
    'not even at once',
  );
});

test("what was signed for another address, or another challenge, or with another's key, opens nothing", async () => {
  const challenge = await challengeFor(ann);
  const texts = [
    loginText(`http://127.0.0.1:${port + 1}`, challenge),
    loginText(`https://127.0.0.1:${port}`, challenge),
    loginText(`http://localhost:${port}`, challenge),
    loginText(`${url}/`, challenge),
    loginText(url, await challengeFor(ann)),
    `jitos-login/2\n${url}\n${challenge}\n`,
    challenge,
  ];
  for (const text of texts) {
    const answer = await openSession(ann, challenge, text);
    assert.deepEqual([answer.status, reasonOf(answer)], [401, 'SIGNATURE_INVALID signature'], text);
  }
  const signature = signed(bob, loginText(url, challenge));
  const foreign = await post('/v1/auth/session', { publicKey: ann.publicKeyHex, challenge, signature });
  assert.equal(reasonOf(foreign), 'SIGNATURE_INVALID signature');
  assert.equal(reasonOf(await openSession(bob, challenge)), 'CHALLENGE_INVALID challenge', 'it is for another key');
  assert.equal((await openSession(ann, challenge)).status, 200, 'what failed has not used it up');
});

test('the address that is signed is the one that the request was sent to', async () => {
  const challenge = await challengeFor(ann);
  const origin = `http://localhost:${port}`;
  const body = { publicKey: ann.publicKeyHex, challenge, signature: signed(ann, loginText(origin, challenge)) };
  assert.equal((await post('/v1/auth/session', body, { host: `LOCALHOST:${port}` })).status, 200);
});

test('a challenge is good for a minute', async () => {
  const challenge = await challengeFor(ann);
  nowMs += CHALLENGE_SECONDS * 1000 + 2;
  assert.equal(reasonOf(await openSession(ann, challenge)), 'CHALLENGE_INVALID challenge');
});

test('what is no key, no signature or no text is refused by its place', async () => {
  const publicKey = ann.publicKeyHex;
  const [challenge, signature] = ['x', Buffer.alloc(64).toString('base64')];
  const cases: readonly (readonly [path: string, body: unknown, reason: string])[] = [
    ['challenge', {}, 'FORMAT_INVALID publicKey'],
    ['challenge', { publicKey: 7 }, 'FORMAT_INVALID publicKey'],
    ['challenge', { publicKey: publicKey.toUpperCase() }, 'ID_INVALID publicKey'],
    ['challenge', { publicKey: publicKey.slice(2) }, 'ID_INVALID publicKey'],
    ['challenge', { publicKey, principal: 'local' }, 'FIELD_UNKNOWN principal'],
    ['session', { publicKey, challenge: 7, signature }, 'FORMAT_INVALID challenge'],
    ['session', { publicKey, challenge, signature: 'no base64' }, 'BASE64_INVALID signature'],
    ['session', { publicKey, challenge, signature: 'AAAA' }, 'FORMAT_INVALID signature'],
    ['session', { publicKey, challenge, signature }, 'CHALLENGE_INVALID challenge'],
  ];
  for (const [path, body, reason] of cases) {
    assert.equal(reasonOf(await post(`/v1/auth/${path}`, body)), reason, JSON.stringify(body));
  }
  const large = await post('/v1/auth/challenge', { publicKey: 'x'.repeat(70_000) });
  assert.equal(reasonOf(large), 'REQUEST_TOO_LARGE body');
});

test('a key file is its owner’s alone, is never overwritten, and is what OpenSSL makes and reads', () => {
  const path = join(folder.path, 'ann');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readKeyFile(path, '--key-file').publicKeyHex, ann.publicKeyHex);
  assert.throws(() => makeKeyFile(path), /never overwritten/);
  const shown = execFileSync('openssl', ['pkey', '-in', path, '-noout', '-text_pub'], { encoding: 'utf8' });
  assert.equal(
    shown
      .replaceAll(/[^0-9a-f:]|ED25519|Public-Key|pub/g, '')
      .replaceAll(':', '')
      .slice(-64),
    ann.publicKeyHex,
  );
  const theirs = join(folder.path, 'theirs');
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', theirs]);
  chmodSync(theirs, 0o600);
  assert.match(readKeyFile(theirs, '--key-file').publicKeyHex, /^[0-9a-f]{64}$/);
  const loose = join(folder.path, 'loose');
  writeFileSync(loose, readFileSync(theirs), { mode: 0o644 });
  const rsa = join(folder.path, 'rsa');
  execFileSync('openssl', ['genpkey', '-algorithm', 'rsa', '-out', rsa], { stdio: 'ignore' });
  chmodSync(rsa, 0o600);
  for (const each of [loose, rsa]) {
    assert.throws(
      () => readKeyFile(each, '--key-file'),
      (error) => error instanceof Failure && error.reason === 'KEY_FILE_UNFIT',
    );
  }
});
