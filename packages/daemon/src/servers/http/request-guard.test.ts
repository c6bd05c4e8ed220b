import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressName, originProblem, type GuardedRequest } from './request-guard.ts';

const SOCKET = { localAddress: '127.0.0.1', localPort: 8080 };

function judge(headers: GuardedRequest['headers'], more: Partial<GuardedRequest> = {}): string {
  const request = {
    headers: { host: '127.0.0.1:8080', ...headers },
    method: 'POST',
    url: '/graphql',
    socket: SOCKET,
    ...more,
  };
  const problem = originProblem(request);
  return problem === undefined ? 'taken' : `${problem.reason} ${problem.place}`;
}

test('Host is loopback or the address that was reached, with the bound port', () => {
  for (const host of ['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST:8080', '[::1]:8080'])
    assert.equal(judge({ host }), 'taken', host);
  const refused = [
    '',
    'localhost',
    '127.0.0.1',
    'localhost:8081',
    'evil.example:8080',
    '127.0.0.1.evil.example:8080',
    'localhost.:8080',
    '[::1]',
    'localhost:8080:8080',
    'localhost:08080',
    '192.168.1.5:8080',
    '127.0.0.2:8080',
    'user@localhost:8080',
  ];
  for (const host of refused) assert.equal(judge({ host }), 'HOST_REFUSED host', host);
  assert.equal(originProblem({ headers: {}, method: 'GET', url: '/', socket: SOCKET })?.reason, 'HOST_REFUSED');
});

test('an address of the machine is taken by connections that came in on it', () => {
  const socket = { localAddress: '::ffff:192.168.1.5', localPort: 8080 };
  assert.equal(judge({ host: '192.168.1.5:8080' }, { socket }), 'taken');
  assert.equal(judge({ host: '192.168.1.6:8080' }, { socket }), 'HOST_REFUSED host');
  assert.equal(judge({ host: '[fe80::1]:8080' }, { socket: { localAddress: 'fe80::1', localPort: 8080 } }), 'taken');
});

test('the port may be left out where it is that of HTTP', () => {
  const socket = { localAddress: '127.0.0.1', localPort: 80 };
  assert.equal(judge({ host: 'localhost' }, { socket }), 'taken');
  assert.equal(judge({ host: 'localhost:80' }, { socket }), 'taken');
  assert.equal(judge({ host: 'localhost:8080' }, { socket }), 'HOST_REFUSED host');
});

test('Origin is absent or that of the Host', () => {
  assert.equal(judge({ origin: 'http://127.0.0.1:8080' }), 'taken');
  assert.equal(judge({ host: 'localhost:8080', origin: 'http://LOCALHOST:8080' }), 'taken');
  for (const origin of [
    'null',
    '',
    'http://localhost:8080',
    'https://127.0.0.1:8080',
    'http://127.0.0.1:8081',
    'http://127.0.0.1',
    'http://evil.example',
  ]) {
    assert.equal(judge({ origin }), 'ORIGIN_REFUSED origin', origin);
  }
});

test('a browser that tells of another site is believed, but for a link to the page', () => {
  for (const site of ['same-origin', 'none']) assert.equal(judge({ 'sec-fetch-site': site }), 'taken');
  for (const site of ['cross-site', 'same-site', 'other']) {
    assert.equal(judge({ 'sec-fetch-site': site }), 'ORIGIN_REFUSED sec-fetch-site', site);
  }
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  assert.equal(judge(link, { method: 'GET', url: '/' }), 'taken');
  assert.equal(judge(link, { method: 'POST', url: '/' }), 'ORIGIN_REFUSED sec-fetch-site');
  assert.equal(judge(link, { method: 'GET', url: '/graphql?query={a}' }), 'ORIGIN_REFUSED sec-fetch-site');
  assert.equal(
    judge({ ...link, 'sec-fetch-mode': 'no-cors' }, { method: 'GET', url: '/' }),
    'ORIGIN_REFUSED sec-fetch-site',
  );
});

test('addresses stand in URLs as they should', () => {
  assert.deepEqual(['127.0.0.1', '::1', '::ffff:10.0.0.1', 'localhost'].map(addressName), [
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    'localhost',
  ]);
});
