import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { askInProcess, askOverHttp, GraphqlClient, type Question } from '@jitos/testkit/servers/graphql-client.ts';
import { ask, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import type { GraphqlAnswer } from '../graphql/graphql-answer.ts';

/** The sequence of the roadmap's first milestone, word for word. */
const M1 = [
  'query { graph(view: { kind: SYSTEM }) { digest } }',
  'mutation { createSws { sws { id } } }',
  `mutation {
  applyRewrite(
    view: { kind: SWS, swsId: "0" }
    rewrite: {
      ops: [{ op: "AddNode", data: { kind: "demo", payload_b64: "aGVsbG8=" } }]
    }
  ) {
    accepted
    receipt { rewriteIdx viewDigest }
  }
}`,
  'query { graph(view: { kind: SWS, swsId: "0" }) { digest } }',
  'query { graph(view: { kind: SYSTEM }) { digest } }',
  'query { rewrites(view: { kind: SWS, swsId: "0" }, page: { first: 100 }) { idx } }',
];

const JSON_BODY = { 'content-type': 'application/json' };

/** Puts the sequence to a fresh daemon; `between` runs before each request. */
async function playM1(
  headers: Readonly<Record<string, string>>,
  between: (url: string) => Promise<void>,
): Promise<string[]> {
  await using served = await serveHost();
  const answers: string[] = [];
  for (const query of M1) {
    await between(served.url);
    const response = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: { ...JSON_BODY, ...headers },
      body: JSON.stringify({ query }),
    });
    assert.equal(response.status, 200);
    answers.push(await response.text());
  }
  return answers;
}

test('M1: the seed’s sequence, the same on fresh daemons, fast and slowly', async () => {
  const fast = await playM1({}, () => Promise.resolve());
  const [system, created, applied, written, systemAfter, rewrites] = fast.map((text) => JSON.parse(text) as unknown);
  const { graph } = (system as { data: { graph: { digest: string } } }).data;
  const { receipt } = (applied as { data: { applyRewrite: { receipt: { viewDigest: string } } } }).data.applyRewrite;
  assert.match(graph.digest, /^[0-9a-f]{64}$/);
  assert.match(receipt.viewDigest, /^[0-9a-f]{64}$/);
  assert.notEqual(receipt.viewDigest, graph.digest);
  assert.deepEqual(created, { data: { createSws: { sws: { id: '0' } } } });
  assert.deepEqual(applied, {
    data: { applyRewrite: { accepted: true, receipt: { rewriteIdx: '0', viewDigest: receipt.viewDigest } } },
  });
  assert.deepEqual(written, { data: { graph: { digest: receipt.viewDigest } } });
  assert.deepEqual(systemAfter, system);
  assert.deepEqual(rewrites, { data: { rewrites: [{ idx: '0' }] } });
  assert.deepEqual(await playM1({}, () => Promise.resolve()), fast);
  // Slowly: a connection for each request, and between them work on other worlds, pages of the console, wrong requests.
  let made = 0;
  const slow = await playM1({ connection: 'close' }, async (url) => {
    const other = `other-${made++}`;
    await fetch(`${url}/v1/worlds`, { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ name: other }) });
    const client = GraphqlClient.overHttp(`${url}/w/${other}/graphql`);
    for (const query of M1.slice(0, 4)) await client.data(query);
    await (await fetch(`${url}/v1/overview`)).text();
    await GraphqlClient.overHttp(`${url}/graphql`).refused('mutation { discardSws(input: {swsId: 5}) { discarded } }');
  });
  assert.deepEqual(slow, fast);
});

test('M2: pages over HTTP go on while others write: none twice, none missing', async () => {
  await using served = await serveHost();
  const client = GraphqlClient.overHttp(`${served.url}/graphql`);
  await client.data('mutation { createSws { sws { id } } }');
  const write = (from: number, count: number): Promise<unknown> =>
    client.data(
      'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
      {
        ops: Array.from({ length: count }, (_, i) => ({ op: 'PutNode', data: { kind: 'k', key: `${from + i}` } })),
      },
    );
  await write(0, 100);
  interface Page {
    readonly graph: {
      readonly snapshotId: string;
      readonly nodes: {
        readonly nodes: { id: string }[];
        readonly pageInfo: { endCursor: string; hasNextPage: boolean };
      };
    };
  }
  const read =
    'query($page: PageInput) { graph(view: {kind: SWS, swsId: 0}, nodesPage: $page) { snapshotId nodes { nodes { id } pageInfo { endCursor hasNextPage } } } }';
  const all = await client.data<Page>(read, { page: { first: 1000 } });
  const reading = new AbortController();
  const writers = Promise.all(
    [1, 2, 3].map(async (writer) => {
      for (let i = 0; !reading.signal.aborted; i++) await write(writer * 100_000 + i, 1);
    }),
  );
  const pages: Page['graph'][] = [];
  for (let endCursor: string | null = null; ;) {
    const { graph }: Page = await client.data<Page>(read, { page: { first: 9, after: endCursor } });
    pages.push(graph);
    if (!graph.nodes.pageInfo.hasNextPage) break;
    endCursor = graph.nodes.pageInfo.endCursor;
  }
  reading.abort();
  await writers;
  const ids = pages.flatMap(({ nodes }) => nodes.nodes.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, ids.toSorted());
  for (const { id } of all.graph.nodes.nodes) assert.ok(ids.includes(id));
  assert.equal(new Set(pages.map(({ snapshotId }) => snapshotId)).size, 1);
  const now = await client.data<Page>(read, { page: { first: 1000 } });
  assert.ok(now.graph.nodes.nodes.length > ids.length, 'others have written meanwhile');
});

const QUESTIONS: readonly Question[] = [
  { query: '{ kernelInfo { version rulePackId policyId commitStatus __typename } }' },
  {
    query:
      '{ graph(view: {kind: SWS, swsId: 0}) { view { kind swsId snapshotId } digest snapshotId nodes { nodes { id kind data createdAt key_b64 } pageInfo { endCursor hasNextPage } } edges { edges { id from to kind data key_b64 } } } }',
  },
  {
    query:
      'query Q($first: Int = 2, $kinds: [String!]) { graph(view: {kind: SWS, swsId: 0}, nodesPage: {first: $first}, nodeFilter: {kinds: $kinds}) { nodes { nodes { id data } pageInfo { hasNextPage } } } }',
  },
  {
    query:
      'query Q($first: Int = 2, $kinds: [String!]) { graph(view: {kind: SWS, swsId: 0}, nodesPage: {first: $first}, nodeFilter: {kinds: $kinds}) { nodes { nodes { id data } pageInfo { hasNextPage } } } }',
    variables: { first: 1, kinds: ['b'] },
  },
  {
    query:
      'query($kind: String!) { graph(view: {kind: SWS, swsId: 0}, nodeFilter: {kinds: ["a", $kind]}) { nodes { nodes { kind } } } }',
    variables: { kind: 'b' },
  },
  {
    query: 'query($view: ViewRefInput!) { graph(view: $view) { digest nodes { nodes { id } } } }',
    variables: { view: { kind: 'SWS', swsId: 0 } },
  },
  { query: 'query($view: ViewRefInput!) { graph(view: $view) { digest } }', variables: { view: { kind: 'SWS' } } },
  {
    query: 'query($view: ViewRefInput!) { graph(view: $view) { digest } }',
    variables: { view: { kind: 'WRONG', extra: 1 } },
  },
  { query: 'query($view: ViewRefInput!) { graph(view: $view) { digest } }' },
  {
    query: 'query($on: Boolean!) { kernelInfo { version @include(if: $on) policyId @skip(if: $on) } }',
    variables: { on: true },
  },
  {
    query: 'query($on: Boolean!) { kernelInfo { version @include(if: $on) policyId @skip(if: $on) } }',
    variables: { on: false },
  },
  {
    query:
      '{ ...F } fragment F on Query { a: sws(id: 0) { ...S } b: sws(id: 1) { ...S } } fragment S on Sws { id state meta parentSnapshotId }',
  },
  { query: '{ a: sws(id: 7) { id } b: sws(id: 0) { id } c: node(view: {kind: SYSTEM}, id: "x") { id } }' },
  { query: '{ graph(view: {kind: SWS, swsId: 9}) { digest } }' },
  {
    query:
      '{ a: graph(view: {kind: SWS, swsId: 9}) { digest } b: graph(view: {kind: SYSTEM}, nodesPage: {first: 0}) { digest } }',
  },
  { query: '{ rewrites(view: {kind: SWS, swsId: 0}) { id idx view { kind swsId snapshotId } at ops meta } }' },
  { query: '{ rewrites(view: {kind: SWS, swsId: 0}, page: {first: 1, after: "0"}) { idx ops } }' },
  { query: '{ listSws { id meta } }' },
  { query: 'query A { kernelInfo { version } } query B { listSws { id } }', operationName: 'A' },
  { query: 'query A { kernelInfo { version } } query B { listSws { id } }', operationName: 'B' },
  { query: 'query A { kernelInfo { version } } query B { listSws { id } }' },
  { query: '{ __type(name: "Sws") { fields { name type { kind name ofType { name } } } } }' },
  { query: '{ nope }' },
  { query: '{' },
  { query: 'subscription { ticks { id } }' },
  { query: 'mutation { submitIntent(input: {intent: {}}) { taskId } }' },
  { query: 'mutation { discardSws(input: {swsId: 9}) { discarded } }' },
];

test('a query is answered in process as over HTTP, before it is compiled and after', async () => {
  await using served = await serveHost();
  const world = served.host.mustGetWorld('main');
  const overHttp = askOverHttp(`${served.url}/graphql`);
  const inProcess = askInProcess(world);
  const client = new GraphqlClient(inProcess);
  await client.data(
    'mutation { a: createSws(input: {meta: {x: [1]}}) { sws { id } } b: createSws { sws { id } } discardSws(input: {swsId: 1}) { discarded } }',
  );
  await client.data(
    'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops, meta: {why: "test"}}) { accepted } }',
    {
      ops: ['a', 'b', 'a', 'b', 'c'].map((kind, i) => ({
        op: 'PutNode',
        data: {
          kind,
          key: `${i}`,
          set: { n: i, text: 'ü', big: { $int: '18446744073709551615' }, list: [1.5, { x: true }] },
        },
      })),
    },
  );
  await client.data(
    'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
    {
      ops: [
        { op: 'AddNode', data: { kind: 'd', payload_b64: 'AP8=' } },
        { op: 'AddNode', data: { kind: 'd' } },
      ],
    },
  );
  for (const question of QUESTIONS) {
    const wanted: unknown = JSON.parse(JSON.stringify(await inProcess(question)));
    for (let i = 0; i < 3; i++) assert.deepEqual(await overHttp(question), wanted, `${question.query}, ${i}`);
  }
});

test('an alias that every object has is refused, however often it comes', async () => {
  await using served = await serveHost();
  const overHttp = askOverHttp(`${served.url}/graphql`);
  for (const query of ['{ __proto__: kernelInfo { version } }', '{ kernelInfo { constructor: version } }']) {
    for (let i = 0; i < 3; i++) {
      const { errors } = await overHttp({ query });
      assert.equal(errors?.[0]?.extensions.reason, 'GRAPHQL_INVALID', query);
    }
  }
});

test('an operation is never taken for another of its document, compiled or not', async () => {
  await using served = await serveHost();
  const overHttp = askOverHttp(`${served.url}/graphql`);
  const query = 'query A { kernelInfo { policyId } } query B { kernelInfo { commitStatus } }';
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(await overHttp({ query, operationName: 'A' }), { data: { kernelInfo: { policyId: 1 } } });
    assert.deepEqual(await overHttp({ query, operationName: 'B' }), {
      data: { kernelInfo: { commitStatus: 'COMMITTED' } },
    });
  }
});

const shared = await serveHost();
after(() => shared[Symbol.asyncDispose]());
const { port } = shared;

function post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  return ask({
    port,
    method: 'POST',
    path: '/graphql',
    headers: { ...JSON_BODY, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

function reasonAt({ body }: RawAnswer): string {
  const { errors } = JSON.parse(body) as GraphqlAnswer;
  const { reason, place } = errors![0]!.extensions;
  return `${reason} ${place}`.trim();
}

test('a request that GraphQL can not be asked about is refused with 400', async () => {
  const cases: [body: unknown, reason: string][] = [
    [{}, 'BODY_MALFORMED query'],
    [{ query: 5 }, 'BODY_MALFORMED query'],
    [{ query: null }, 'BODY_MALFORMED query'],
    [{ query: '{a}', variables: [] }, 'BODY_MALFORMED variables'],
    [{ query: '{a}', variables: '{}' }, 'BODY_MALFORMED variables'],
    [{ query: '{a}', operationName: 5 }, 'BODY_MALFORMED operationName'],
    [{ query: '{a}', extensions: 'x' }, 'BODY_MALFORMED extensions'],
    [[{ query: '{ kernelInfo { version } }' }], 'BODY_MALFORMED'],
    ['"text"', 'BODY_MALFORMED'],
    ['null', 'BODY_MALFORMED'],
    ['{"__proto__": {"query": "{ kernelInfo { version } }"}}', 'BODY_MALFORMED query'],
  ];
  for (const [body, reason] of cases) {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await post(body, { accept });
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(reasonAt(answer), reason);
    }
  }
});

test('the status tells how it went only to those who ask for GraphQL’s own media type', async () => {
  const cases: [query: string, status: number][] = [
    ['{ kernelInfo { version } }', 200],
    ['{ sws(id: 9) { id } }', 200],
    ['{ graph(view: {kind: SWS, swsId: 9}) { digest } }', 200],
    ['{', 400],
    ['{ nope }', 400],
    ['query A { kernelInfo { version } } query B { kernelInfo { version } }', 400],
    [`{ ${'a: __schema { queryType { name } } '.repeat(11)} }`, 422],
    ['subscription { ticks { id } }', 400],
    ['subscription { taskEvents { id } }', 501],
  ];
  for (const [query, status] of cases) {
    const plain = await post({ query }, { accept: 'application/json' });
    assert.deepEqual([plain.status, plain.headers['content-type']], [200, 'application/json; charset=utf-8'], query);
    const telling = await post({ query }, { accept: 'application/graphql-response+json, application/json;q=0.9' });
    assert.deepEqual(
      [telling.status, telling.headers['content-type']],
      [status, 'application/graphql-response+json; charset=utf-8'],
      query,
    );
    assert.equal(telling.body, plain.body);
  }
  assert.equal((await post({ query: '{' }, { accept: '*/*' })).status, 200);
});

test('GET asks queries, never mutations', async () => {
  const get = (parameters: Readonly<Record<string, string>>, accept: string = 'application/json'): Promise<RawAnswer> =>
    ask({ port, path: `/graphql?${new URLSearchParams(parameters).toString()}`, headers: { accept } });
  const answer = await get({
    query: 'query Q($id: ID!) { sws(id: $id) { id } }',
    variables: '{"id": 5}',
    operationName: 'Q',
  });
  assert.equal(reasonAt(answer), 'WORKSPACE_NOT_FOUND id');
  assert.equal(
    (await get({ query: '{ kernelInfo { version } }' })).body,
    (await post({ query: '{ kernelInfo { version } }' })).body,
  );
  const { size } = shared.host.mustGetWorld('main').loop.world.history;
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const refused = await get({ query: 'mutation { createSws { sws { id } } }' }, accept);
    assert.deepEqual([refused.status, refused.headers.allow, reasonAt(refused)], [405, 'POST', 'METHOD_REFUSED query']);
  }
  const both = 'query Q { kernelInfo { version } } mutation M { createSws { sws { id } } }';
  assert.equal((await get({ query: both, operationName: 'M' })).status, 405);
  assert.equal((await get({ query: both, operationName: 'Q' })).status, 200);
  assert.equal(shared.host.mustGetWorld('main').loop.world.history.size, size);
  assert.equal(reasonAt(await get({})), 'BODY_MALFORMED query');
  assert.equal(reasonAt(await get({ query: '{a}', variables: '{' })), 'BODY_MALFORMED variables');
  assert.equal(reasonAt(await ask({ port, path: '/graphql?query={a}&query={b}' })), 'BODY_MALFORMED query');
});

test('a world is asked by its name', async () => {
  await shared.host.createWorld('second');
  const second = GraphqlClient.overHttp(`${shared.url}/w/second/graphql`);
  await second.data('mutation { createSws { sws { id } } }');
  assert.deepEqual(await second.data('{ listSws { id } }'), { listSws: [{ id: '0' }] });
  const main = GraphqlClient.overHttp(`${shared.url}/w/main/graphql`);
  assert.deepEqual(await main.data('{ listSws { id } }'), { listSws: [] });
  const missing = await ask({
    port,
    method: 'POST',
    path: '/w/none/graphql',
    headers: JSON_BODY,
    body: '{"query":"{a}"}',
  });
  assert.equal(missing.status, 404);
  assert.match(missing.body, /WORLD_NOT_FOUND/);
});

test('the largest rewrites fit, and what is larger than an event is refused by its reason', async () => {
  const client = GraphqlClient.overHttp(`${shared.url}/graphql`);
  const { createSws } = await client.data<{ createSws: { sws: { id: string } } }>(
    'mutation { createSws { sws { id } } }',
  );
  const apply =
    'mutation($id: ID!, $ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: $id}, rewrite: {ops: $ops}) { accepted } }';
  const { id } = createSws.sws;
  const many = Array.from({ length: 10_000 }, (_, i) => ({
    op: 'PutNode',
    data: { kind: 'k', key: `key ${i}`, set: { text: 'x'.repeat(700) } },
  }));
  assert.deepEqual(await client.data(apply, { id, ops: many }), { applyRewrite: { accepted: true } });
  const payload = Buffer.alloc(1_048_576, 1);
  const large = (count: number): object[] =>
    Array.from({ length: count }, (_, i) => {
      payload.writeUInt32BE(i);
      return { op: 'AddNode', data: { kind: 'k', payload_b64: payload.toString('base64') } };
    });
  assert.deepEqual(await client.data(apply, { id, ops: large(7) }), { applyRewrite: { accepted: true } });
  assert.equal((await client.refused(apply, { id, ops: large(8) })).reason, 'BODY_TOO_LARGE');
});

test('aliases, fragments and nesting by the thousand are refused in no time', async () => {
  const hostile: [query: string, reason: string][] = [
    [
      `{ ${Array.from({ length: 5000 }, (_, i) => `a${i}: rewrites(view: {kind: SYSTEM}) { idx }`).join(' ')} }`,
      'QUERY_TOO_LARGE',
    ],
    [`{ ${'a: kernelInfo { version } '.repeat(4900)} }`, 'QUERY_TOO_LARGE|GRAPHQL_INVALID'],
    [
      `{ ...F0 } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F60 on Query { __typename }`,
      'QUERY_TOO_LARGE',
    ],
    ['{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }', 'GRAPHQL_INVALID'],
    ['{ a'.repeat(5000) + '}'.repeat(5000), 'QUERY_TOO_DEEP'],
    [`{ a(x: ${'['.repeat(8000)}${']'.repeat(8000)}) }`, 'QUERY_TOO_DEEP'],
    [
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      'GRAPHQL_INVALID',
    ],
  ];
  for (const [query, reason] of hostile) {
    const start = performance.now();
    const answer = await post({ query });
    assert.match(reasonAt(answer), new RegExp(`^(?:${reason})`), query.slice(0, 80));
    assert.ok(performance.now() - start < 5000, query.slice(0, 80));
  }
});
