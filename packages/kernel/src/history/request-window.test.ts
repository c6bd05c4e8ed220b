import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { ZERO_DIGEST, type Digest, type Sha256 } from '../bytes/digest.ts';
import { trieCount, trieGet } from '../trie/trie.ts';
import {
  EMPTY_REQUEST_WINDOW,
  rememberRequest,
  requestKey,
  requestValueDigest,
  REQUESTS_A_PRINCIPAL_MAX,
  REQUESTS_A_WORLD_MAX,
  type RequestWindow,
} from './request-window.ts';

/** Keeps tests of tens of thousands of requests cheap: the last bytes of what is hashed, which tell requests apart. */
const cheapHash: Sha256 = (bytes) => {
  assert.equal(typeof bytes, 'string');
  return (bytes as Bytes).slice(-32).padStart(32, '\0') as Digest; // 32 bytes, for what it hashes is ASCII
};

function remember(window: RequestWindow, principal: string, requestId: string, firstIdx: number): RequestWindow {
  return rememberRequest(window, { principal, requestId, commandDigest: ZERO_DIGEST, firstIdx }, cheapHash);
}

function knows(window: RequestWindow, principal: string, requestId: string): boolean {
  return trieGet(window.requests, requestKey(principal, requestId, cheapHash)) !== undefined;
}

function counts(window: RequestWindow): number[] {
  return [trieCount(window.requests), trieCount(window.keysByIdx), trieCount(window.keysByPrincipal)];
}

test('a request is remembered for its principal alone, with the idx of its event', () => {
  const window = remember(EMPTY_REQUEST_WINDOW, 'ann', 'r1', 7);
  assert.ok(knows(window, 'ann', 'r1'));
  assert.ok(!knows(window, 'bob', 'r1'));
  assert.equal(trieGet(window.requests, requestKey('ann', 'r1', cheapHash))?.firstIdx, 7);
  assert.deepEqual(counts(EMPTY_REQUEST_WINDOW), [0, 0, 0]);
});

test('keys of principal and id do not run into each other', () => {
  assert.notEqual(requestKey('ab', 'c', sha256), requestKey('a', 'bc', sha256));
});

test('what a request stands for in the world digest is its command and its idx', () => {
  const request = { commandDigest: ZERO_DIGEST, firstIdx: 1, principalKey: ZERO_DIGEST };
  const digests = [
    requestValueDigest(request, sha256),
    requestValueDigest({ ...request, firstIdx: 2 }, sha256),
    requestValueDigest({ ...request, commandDigest: sha256('x' as Bytes) }, sha256), // ASCII
  ];
  assert.equal(new Set(digests).size, 3);
});

test("a principal's oldest request is forgotten beyond 1,024, another's never for it (Q1)", () => {
  let window = remember(EMPTY_REQUEST_WINDOW, 'bob', 'b', 0);
  for (let i = 1; i <= REQUESTS_A_PRINCIPAL_MAX; i++) window = remember(window, 'ann', `r${i}`, i);
  assert.ok(knows(window, 'ann', 'r1'));
  const grown = remember(window, 'ann', 'one more', 5000);
  assert.deepEqual(
    [knows(grown, 'ann', 'r1'), knows(grown, 'ann', 'r2'), knows(grown, 'bob', 'b')],
    [false, true, true],
  );
  assert.deepEqual(counts(grown), [REQUESTS_A_PRINCIPAL_MAX + 1, REQUESTS_A_PRINCIPAL_MAX + 1, 2]);
  assert.ok(knows(window, 'ann', 'r1'), 'the window before is as it was');
});

test("the world's oldest request is forgotten beyond 65,536, and its principal with its last one (Q1)", () => {
  let window = EMPTY_REQUEST_WINDOW;
  for (let i = 0; i < REQUESTS_A_WORLD_MAX; i++)
    window = remember(window, `p${i % 100 === 0 ? i : i % 100}`, `r${i}`, i);
  assert.ok(knows(window, 'p0', 'r0'));
  const principals = trieCount(window.keysByPrincipal);
  const grown = remember(window, 'p1', 'one more', REQUESTS_A_WORLD_MAX);
  assert.deepEqual([knows(grown, 'p0', 'r0'), knows(grown, 'p1', 'r1')], [false, true]);
  assert.deepEqual(counts(grown), [REQUESTS_A_WORLD_MAX, REQUESTS_A_WORLD_MAX, principals - 1]);
});
