/** Persisted queries, and answers that their asker may keep. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { createWorld, decide, keyPrincipal, type Bytes, type Command, type Verb, type World } from '@jitos/kernel';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { ask, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import { sha256 as digestOf } from '../../engine/sha256.ts';
import type { GraphqlAnswer } from '../graphql/graphql-answer.ts';
import { AnswerTags } from './answer-tags.ts';
import { PersistedQueries } from './persisted-queries.ts';

const sha256 = (text: string): string => hash('sha256', text, 'hex');
const QUERY = 'query($n: Int) { view { kind nodes(first: $n) { totalCount } } }';
const DATA = { view: { kind: 'SYSTEM', nodes: { totalCount: 0 } } };

function extensionsOf(text: string): object {
  return { persistedQuery: { version: 1, sha256Hash: sha256(text) } };
}

function answerOf({ body }: RawAnswer): GraphqlAnswer {
  return JSON.parse(body) as GraphqlAnswer; // docs/spec/graphql.md
}

async function post({ port }: ServedHost, request: object, path = '/v1/graphql'): Promise<RawAnswer> {
  const headers = { 'content-type': 'application/json' };
  return await ask({ port, method: 'POST', path, headers, body: JSON.stringify(request) });
}

function getPath(parameters: Readonly<Record<string, unknown>>): string {
  const query = Object.entries(parameters).map(([name, value]) => {
    return `${name}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`;
  });
  return `/v1/graphql?${query.join('&')}`;
}

test('a document is sent once, and then by its hash, as Apollo’s clients do it', async () => {
  await using served = await serveHost();
  const { port } = served;
  const extensions = extensionsOf(QUERY);
  const unknown = await post(served, { variables: { n: 1 }, extensions });
  assert.equal(unknown.status, 200);
  const [error] = answerOf(unknown).errors ?? [];
  assert.deepEqual([error?.message, error?.extensions.reason], ['PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND']);
  assert.deepEqual(answerOf(await post(served, { query: QUERY, variables: { n: 1 }, extensions })).data, DATA);
  assert.deepEqual(answerOf(await post(served, { variables: { n: 2 }, extensions })).data, DATA);
  assert.deepEqual(answerOf(await ask({ port, path: getPath({ extensions, variables: { n: 3 } }) })).data, DATA);
  assert.deepEqual(answerOf(await post(served, { extensions, query: '' }, '/w/main/v1/graphql')).data, DATA);
  const strict = await ask({
    port,
    path: getPath({ extensions: extensionsOf('none') }),
    headers: { accept: 'application/graphql-response+json' },
  });
  assert.equal(strict.status, 404);
});

test('what is no document, or another one, is not learned', async () => {
  await using served = await serveHost();
  const reason = async (request: object): Promise<string | undefined> =>
    answerOf(await post(served, request)).errors?.[0]?.extensions.reason;
  const lie = { query: '{ view { id } }', extensions: extensionsOf('{ view { digest } }') };
  assert.equal(await reason(lie), 'PERSISTED_QUERY_MISMATCH');
  assert.equal(await reason({ extensions: lie.extensions }), 'PERSISTED_QUERY_NOT_FOUND');
  for (const query of ['{ nonsense }', '{ view {', 'subscription { x }']) {
    assert.equal(await reason({ query, extensions: extensionsOf(query) }), 'GRAPHQL_INVALID', query);
    assert.equal(await reason({ extensions: extensionsOf(query) }), 'PERSISTED_QUERY_NOT_FOUND', query);
  }
  const { persistedQuery } = extensionsOf(QUERY) as { readonly persistedQuery: object };
  const broken = [{ ...persistedQuery, version: 2 }, { version: 1 }, 'x', [], { version: 1, sha256Hash: '__proto__' }];
  for (const each of broken)
    assert.equal(await reason({ extensions: { persistedQuery: each } }), 'BODY_MALFORMED', JSON.stringify(each));
  assert.equal(await reason({ extensions: { persistedQuery: null }, query: QUERY }), undefined);
});

test('only so many documents are kept: those that were used last, and none that is too long', () => {
  const persisted = new PersistedQueries();
  const meant = (query: string | undefined, hashed: string): string | undefined => {
    const { json, learn } = persisted.readMeant({ query, extensions: extensionsOf(hashed) });
    learn?.();
    return (json as { readonly query?: string }).query;
  };
  const isKept = (text: string): boolean => {
    try {
      return meant(undefined, text) === text;
    } catch {
      return false;
    }
  };
  const texts = Array.from({ length: 1500 }, (_, i) => `query Q${i} { view { id } }`);
  for (const text of texts) {
    meant(text, text);
    isKept(texts[0]!);
  }
  assert.equal(texts.filter(isKept).length, 1024);
  assert.deepEqual([isKept(texts[0]!), isKept(texts[1]!), isKept(texts.at(-1)!)], [true, false, true]);
  const long = 'x'.repeat(65_537);
  meant(long, long);
  assert.equal(isKept(long), false);
  const larges = Array.from({ length: 100 }, (_, i) => `${i}${'x'.repeat(65_000)}`);
  for (const text of larges) meant(text, text);
  assert.deepEqual([isKept(larges[0]!), isKept(larges.at(-1)!), larges.filter(isKept).length], [false, true, 64]);
});

test('an answer to GET may be kept by who asked for it, until something is written', async () => {
  await using served = await serveHost();
  const { port } = served;
  const path = getPath({ query: '{ view { digest } }' });
  const first = await ask({ port, path });
  const { etag = '', 'cache-control': control, vary } = first.headers;
  assert.deepEqual([first.status, control, vary], [200, 'private, no-cache', 'accept, authorization']);
  const again = await ask({ port, path, headers: { 'if-none-match': `"other", W/${etag}` } });
  assert.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag]);
  const others = [
    getPath({ query: '{ view { id } }' }),
    getPath({ query: '{ view { digest } }', variables: { a: 1 } }),
    path.replace('/v1', '/w/main/v1'),
  ];
  for (const other of others)
    assert.equal((await ask({ port, path: other, headers: { 'if-none-match': etag } })).status, 200);
  const accept = { accept: 'application/graphql-response+json', 'if-none-match': etag };
  assert.equal((await ask({ port, path, headers: accept })).status, 200);
  await GraphqlClient.overHttp(`${served.url}/graphql`).data('mutation { createSws { sws { id } } }');
  const after = await ask({ port, path, headers: { 'if-none-match': etag } });
  assert.equal(after.status, 200);
  assert.notEqual(after.headers.etag, etag);
  for (const query of ['{ view(at: 999) { digest } }', '{ nonsense }', 'mutation { createWorkspace { done } }']) {
    const { headers } = await ask({ port, path: getPath({ query }) });
    assert.deepEqual([headers.etag, headers['cache-control']], [undefined, 'no-store'], query);
  }
  const posted = await post(served, { query: '{ view { digest } }' });
  assert.deepEqual([posted.headers.etag, posted.headers['cache-control']], [undefined, 'no-store']);
});

test('a tag is of the moment, of who asks, and of all that is asked; and of one run of the daemon', () => {
  type Asked = Parameters<AnswerTags['tagOf']>;
  const tags = new AnswerTags();
  const tagOf = (principal: string, size: number, world = 'main', url = '/v1/graphql?query={a}'): string => {
    const parts = [
      { url, headers: {}, principal },
      { name: world, loop: { world: { history: { size } } } },
    ];
    return tags.tagOf(...(parts as unknown as Asked)); // all that it looks at
  };
  assert.equal(tagOf('local', 5), tagOf('local', 5));
  const all = [
    tagOf('local', 5),
    tagOf('key:aa', 5),
    tagOf('local', 6),
    tagOf('local', 5, 'other'),
    tagOf('local', 5, 'main', '/v1/graphql?query={b}'),
  ];
  assert.equal(new Set(all).size, all.length);
  const later = new AnswerTags().tagOf(
    ...([
      { url: '/', headers: {}, principal: 'local' },
      { name: 'main', loop: { world: { history: { size: 5 } } } },
    ] as unknown as Asked),
  ); // as above
  assert.notEqual(later, tagOf('local', 5, 'main', '/'));
});

test('a tag is good for as long as its asker may see what it stands for, though nothing is written', () => {
  const [publicKey, empty] = ['k'.repeat(32) as Bytes, createWorld({ quantumMs: 1000 }, digestOf).world]; // ASCII, so bytes
  const grant = (verb: Verb, until: number): Command => {
    const terms = {
      parent: null,
      holder: publicKey,
      verbs: [verb],
      kinds: null,
      keyPrefix: null,
      opsMax: null,
      serial: 0,
    };
    const shared = { principal: 'local', requestId: null, validUntil: null, meta: null };
    return { type: 'addGrant', ...shared, terms: { ...terms, until }, signature: null };
  };
  const world = [grant('read', 7), grant('control', 3)].reduce<World>((before, command) => {
    const decision = decide(before, command, digestOf);
    assert.ok(decision.ok && !decision.repeated);
    return decision.world;
  }, empty);
  type Asked = Parameters<AnswerTags['tagOf']>;
  const tags = new AnswerTags();
  const tagAt = (tick: number): string => {
    const parts = [
      { url: '/', headers: {}, principal: keyPrincipal(publicKey) },
      { name: 'main', loop: { world }, now: () => tick },
    ];
    return tags.tagOf(...(parts as unknown as Asked)); // all that it looks at
  };
  const [all, own, none] = [tagAt(3), tagAt(7), tagAt(8)];
  assert.deepEqual([tagAt(0), tagAt(4), tagAt(9)], [all, own, none]);
  assert.equal(new Set([all, own, none]).size, 3);
});
