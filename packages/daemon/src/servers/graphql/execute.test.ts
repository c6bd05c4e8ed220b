import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';
import { GraphqlExecutor } from './execute.ts';

interface Served {
  readonly world: OpenWorld;
  readonly client: GraphqlClient;
}

async function serve(): Promise<Served> {
  const world = await openMemoryWorld();
  return { world, client: GraphqlClient.inProcess(world) };
}

interface Graph {
  readonly digest: string;
  readonly snapshotId: string;
}

async function graphOf(client: GraphqlClient, view: string): Promise<Graph> {
  return (await client.data<{ graph: Graph }>(`{ graph(view: {${view}}) { digest snapshotId } }`)).graph;
}

async function createSws(client: GraphqlClient): Promise<string> {
  const { createSws: made } = await client.data<{ createSws: { sws: { id: string } } }>(
    'mutation { createSws { sws { id } } }',
  );
  return made.sws.id;
}

async function rewrite(client: GraphqlClient, swsId: string, ops: readonly object[], meta?: object): Promise<string> {
  const mutation = `mutation($swsId: ID!, $ops: [JSON!]!, $meta: JSON) {
    applyRewrite(view: {kind: SWS, swsId: $swsId}, rewrite: {ops: $ops, meta: $meta}) { receipt { viewDigest } }
  }`;
  const { applyRewrite } = await client.data<{ applyRewrite: { receipt: { viewDigest: string } } }>(mutation, {
    swsId,
    ops,
    meta,
  });
  return applyRewrite.receipt.viewDigest;
}

interface Collapse {
  readonly committed: boolean;
  readonly systemSnapshotId: string;
  readonly receipt: {
    readonly rewriteIdx: string;
    readonly viewDigest: string;
    readonly policyId: number;
    readonly events: readonly { readonly kind: string }[];
  };
  readonly conflicts: readonly { readonly class: string }[];
}

async function collapse(client: GraphqlClient, swsId: string): Promise<Collapse> {
  const mutation = `mutation($swsId: ID!) { collapseSws(input: {swsId: $swsId}) {
    committed systemSnapshotId receipt { rewriteIdx viewDigest policyId events { kind } } conflicts
  } }`;
  return (await client.data<{ collapseSws: Collapse }>(mutation, { swsId })).collapseSws;
}

const put = (key: string, n: number): object => ({ op: 'PutNode', data: { kind: 'k', key, set: { n } } });

test('M2: a view that nobody writes keeps its snapshot, and takes another when it is written', async () => {
  const { world, client } = await serve();
  const first = await graphOf(client, 'kind: SYSTEM');
  assert.deepEqual(await graphOf(client, 'kind: SYSTEM'), first);
  const id = await createSws(client);
  assert.deepEqual(await graphOf(client, `kind: SWS, swsId: ${id}`), first);
  await rewrite(client, id, [put('a', 1)]);
  const written = await graphOf(client, `kind: SWS, swsId: ${id}`);
  assert.notEqual(written.digest, first.digest);
  assert.notEqual(written.snapshotId, first.snapshotId);
  assert.deepEqual(await graphOf(client, `kind: SWS, swsId: ${id}`), written);
  assert.deepEqual(await graphOf(client, 'kind: SYSTEM'), first);
  await world.close();
});

test('M3: System moves by a collapse alone, and is told of it everywhere', async () => {
  const { world, client } = await serve();
  const before = await graphOf(client, 'kind: SYSTEM');
  const id = await createSws(client);
  const viewDigest = await rewrite(client, id, [put('a', 1)]);
  assert.deepEqual(await graphOf(client, 'kind: SYSTEM'), before);
  const answer = await collapse(client, id);
  const after = await graphOf(client, 'kind: SYSTEM');
  assert.equal(after.digest, viewDigest);
  assert.deepEqual(answer, {
    committed: true,
    systemSnapshotId: after.snapshotId,
    receipt: { rewriteIdx: '1', viewDigest: after.digest, policyId: 1, events: [{ kind: 'COLLAPSE' }] },
    conflicts: [],
  });
  const { sws } = await client.data<{ sws: object }>(`{ sws(id: ${id}) { state parentSnapshotId } }`);
  assert.deepEqual(sws, { state: 'COLLAPSED', parentSnapshotId: before.snapshotId });
  await world.close();
});

test('M3: what two workspaces change differently is aborted, the same each time, and the workspace lives', async () => {
  const { world, client } = await serve();
  const first = await createSws(client);
  const second = await createSws(client);
  await rewrite(client, first, [put('a', 1)]);
  await rewrite(client, second, [put('a', 2)]);
  await collapse(client, first);
  const system = await graphOf(client, 'kind: SYSTEM');
  for (const rewriteIdx of ['3', '4']) {
    const answer = await collapse(client, second);
    assert.equal(answer.committed, false);
    assert.equal(answer.systemSnapshotId, system.snapshotId);
    assert.equal(answer.receipt.rewriteIdx, rewriteIdx);
    assert.deepEqual(
      answer.conflicts.map((conflict) => conflict.class),
      ['both-changed'],
    );
  }
  assert.deepEqual(await graphOf(client, 'kind: SYSTEM'), system);
  const state = await client.data(`{ sws(id: ${second}) { state } kernelInfo { commitStatus } listSws { id } }`);
  assert.deepEqual(state, {
    sws: { state: 'ACTIVE' },
    kernelInfo: { commitStatus: 'ABORTED' },
    listSws: [{ id: second }],
  });
  await world.close();
});

test('the rewrites of a view have a collapse and a discard in them, each named by one op', async () => {
  const { world, client } = await serve();
  const kept = await createSws(client);
  const dropped = await createSws(client);
  await rewrite(client, kept, [put('a', 1)], { why: 'test' });
  await collapse(client, kept);
  await client.data(`mutation { discardSws(input: {swsId: ${dropped}, reason: "no use"}) { discarded } }`);
  const rewrites = async (view: string): Promise<unknown> => {
    return (
      await client.data<{ rewrites: unknown }>(
        `{ rewrites(view: {${view}}) { id idx view { kind swsId } ops meta at } }`,
      )
    ).rewrites;
  };
  const { digest, snapshotId } = await graphOf(client, 'kind: SYSTEM');
  const collapsed = {
    id: '4',
    idx: '1',
    view: { kind: 'SWS', swsId: kept },
    ops: [
      {
        op: 'COLLAPSE',
        data: {
          swsId: kept,
          committed: true,
          mode: 'forward',
          policyId: 1,
          target: null,
          targetDigest: digest,
          targetSnapshotId: snapshotId,
          conflictCount: 0,
          conflicts: [],
        },
      },
    ],
    meta: null,
    at: null,
  };
  assert.deepEqual(await rewrites('kind: SYSTEM'), [collapsed]);
  const written = {
    id: '3',
    idx: '0',
    view: { kind: 'SWS', swsId: kept },
    ops: [put('a', 1)],
    meta: { why: 'test' },
    at: null,
  };
  assert.deepEqual(await rewrites(`kind: SWS, swsId: ${kept}`), [written, collapsed]);
  assert.deepEqual(await rewrites(`kind: SWS, swsId: ${dropped}`), [
    {
      id: '5',
      idx: '2',
      view: { kind: 'SWS', swsId: dropped },
      ops: [{ op: 'DISCARD', data: { swsId: dropped, reason: 'no use' } }],
      meta: null,
      at: null,
    },
  ]);
  await world.close();
});

test('a workspace that ended long ago is told of from history', async () => {
  const { world, client } = await serve();
  const meta = { note: 'first' };
  await client.data('mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { id } } }', { meta });
  const second = await createSws(client);
  await rewrite(client, second, [put('a', 1)]);
  await client.data('mutation { discardSws(input: {swsId: 0}) { discarded } }');
  await collapse(client, second);
  for (let i = 0; i < 1025; i++) {
    await client.data(`mutation { discardSws(input: {swsId: ${await createSws(client)}}) { discarded } }`);
  }
  const answer = await client.data(
    '{ first: sws(id: 0) { id state meta } second: sws(id: 1) { id state meta createdAt } recent: sws(id: 1026) { state } }',
  );
  assert.deepEqual(answer, {
    first: { id: '0', state: 'DISCARDED', meta },
    second: { id: '1', state: 'COLLAPSED', meta: null, createdAt: null },
    recent: { state: 'DISCARDED' },
  });
  await world.close();
});

test('a retry with the same request id gives the same answer and acts once', async () => {
  const { world, client } = await serve();
  const mutations: [query: string, variables: object][] = [
    [
      'mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { id parentSnapshotId state meta } } }',
      { meta: { requestId: 'make' } },
    ],
    [
      'mutation($meta: JSON, $ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops, meta: $meta}) { accepted receipt { rewriteIdx viewDigest view { snapshotId } } } }',
      { meta: { requestId: 'write' }, ops: [put('a', 1)] },
    ],
    [
      'mutation($meta: JSON) { collapseSws(input: {swsId: 0, meta: $meta}) { committed systemSnapshotId receipt { rewriteIdx } } }',
      { meta: { requestId: 'land' } },
    ],
  ];
  for (const [query, variables] of mutations) {
    const answer = await client.data(query, { ...variables });
    const { size } = world.loop.world.history;
    assert.deepEqual(await client.data(query, { ...variables }), answer);
    assert.equal(world.loop.world.history.size, size, query);
  }
  // After everything else, still the same.
  for (const [query, variables] of mutations) await client.data(query, { ...variables });
  assert.equal(world.loop.world.history.size, 4);
  const other = 'mutation($meta: JSON) { discardSws(input: {swsId: 0, meta: $meta}) { discarded } }';
  assert.deepEqual(await client.refused(other, { meta: { requestId: 'land' } }), {
    code: 'INVALID_INPUT',
    reason: 'REQUEST_ID_REUSED',
    place: 'input.meta.requestId',
  });
  await world.close();
});

test('a mutation is carried out until the tick that its meta names', async () => {
  const { world, client } = await serve();
  const make = 'mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { id } } }';
  assert.deepEqual(await client.data('{ kernelInfo { tick } }'), { kernelInfo: { tick: '0' } });
  await client.data(make, { meta: { validUntil: 0 } });
  await world.loop.submit({ type: 'advanceClock', ...WORLD_SELF, ticks: 5, wallMs: 0 });
  assert.deepEqual(await client.data('{ kernelInfo { tick } }'), { kernelInfo: { tick: '5' } });
  for (const validUntil of [5, '5', null]) await client.data(make, { meta: { validUntil } });
  const refused = (validUntil: unknown): Promise<unknown> => client.refused(make, { meta: { validUntil } });
  const place = 'input.meta.validUntil';
  assert.deepEqual(await refused(4), { code: 'INVALID_INPUT', reason: 'COMMAND_EXPIRED', place });
  for (const validUntil of [-1, 1.5, 'soon', {}, true]) {
    assert.deepEqual(await refused(validUntil), { code: 'INVALID_INPUT', reason: 'VALID_UNTIL_INVALID', place });
  }
  await world.close();
});

const WORLD_SELF = { principal: 'world', requestId: null, validUntil: null, meta: null } as const;

test('meta is any JSON, kept as it was given', async () => {
  const { world, client } = await serve();
  for (const meta of [{ a: [1, null, { b: 'c' }] }, 'text', 5, [], false, JSON.parse('{"__proto__":{"x":1}}')]) {
    const query = 'mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { meta } } }';
    const answer = await client.data<{ createSws: { sws: { meta: unknown } } }>(query, { meta });
    assert.equal(JSON.stringify(answer.createSws.sws.meta), JSON.stringify(meta));
  }
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
  await world.close();
});

test('literals in the document are read like variables, and keep their digits', async () => {
  const { world, client } = await serve();
  await createSws(client);
  await client.data(
    `mutation($key: String!) { applyRewrite(view: {kind: SWS, swsId: "0"}, rewrite: {
    ops: [{op: "PutNode", data: {kind: "k", key: $key, set: {big: 18446744073709551615, float: 1.5, list: [1, [true]], __proto__: 7, text: """block"""}}}]
  }) { accepted } }`,
    { key: 'a' },
  );
  const { graph } = await client.data<{ graph: { nodes: { nodes: object[] } } }>(
    '{ graph(view: {kind: SWS, swsId: 0}) { nodes { nodes { data key_b64 } } } }',
  );
  assert.equal(
    JSON.stringify(graph.nodes.nodes),
    '[{"data":{"big":{"$int":"18446744073709551615"},"list":[1,[true]],"text":"block","float":1.5,"__proto__":7},"key_b64":"YQ=="}]',
  );
  await world.close();
});

test('a query sees one moment, whatever becomes durable while it runs', async () => {
  const { world, client } = await serve();
  const id = await createSws(client);
  const before = world.loop.world;
  await rewrite(client, id, [put('a', 1)]);
  const moments = [before, world.loop.world];
  Object.defineProperty(world.loop, 'world', { get: () => (moments.length > 1 ? moments.shift() : moments[0]) });
  const graph = `graph(view: {kind: SWS, swsId: ${id}}) { digest }`;
  const { a, b } = await client.data<{ a: Graph; b: Graph }>(`{ a: ${graph} b: ${graph} }`);
  assert.deepEqual(a, b);
  assert.notDeepEqual(await graphOf(client, `kind: SWS, swsId: ${id}`), a);
  await world.close();
});

test('a bug is told as one, without what it says, and logged in full', async () => {
  const world = await openMemoryWorld();
  const bugs: unknown[] = [];
  world.loop.submit = () => Promise.reject(new TypeError('secret'));
  const executor = new GraphqlExecutor({ onBug: (error) => bugs.push(error) });
  const { answer } = await executor.execute({
    world,
    principal: LOCAL_PRINCIPAL,
    query: 'mutation { createSws { sws { id } } }',
  });
  assert.equal(JSON.stringify(answer).includes('secret'), false);
  assert.equal(answer.errors?.[0]?.extensions.reason, 'BUG');
  assert.equal(answer.errors?.[0]?.extensions.code, 'INTERNAL');
  assert.match(String(bugs[0]), /secret/);
  await world.close();
});
