import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Reason } from '../../errors/reason.ts';
import { REGISTRY } from '../../errors/registry.ts';
import { GraphqlClient, type Refused } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';

const world = await openMemoryWorld();
const client = GraphqlClient.inProcess(world);
after(() => world.close());

/** Workspace 0 is open and has the keyed node `a`, workspace 1 has ended. */
await client.data(
  'mutation { a: createSws { sws { id } } b: createSws { sws { id } } discardSws(input: {swsId: 1}) { discarded } }',
);
await client.data(
  'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
  {
    ops: [{ op: 'PutNode', data: { kind: 'k', key: 'a', set: { n: 1 } } }],
  },
);

const ID = 'ab'.repeat(32);
const LONG_LIST = Array.from({ length: 65_537 }, () => 0);
const HISTORY_SIZE = world.loop.world.history.size;

interface Case {
  readonly query: string;
  readonly variables?: object;
  readonly reason: Reason;
  readonly place: string;
}

async function mustRefuse({ query, variables, reason, place }: Case): Promise<void> {
  const wanted: Refused = { code: REGISTRY[reason].family, reason, place };
  assert.deepEqual(
    await client.refused(query, { ...variables }),
    wanted,
    `${query} ${JSON.stringify(variables)}`.slice(0, 300),
  );
  assert.equal(world.loop.world.history.size, HISTORY_SIZE, 'a refusal writes nothing');
}

test('views: what they name is checked', async () => {
  const cases: [view: string, reason: Reason, place: string][] = [
    ['kind: SYSTEM, swsId: "0"', 'VIEW_INVALID', 'view.swsId'],
    ['kind: SWS', 'VIEW_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: null', 'VIEW_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: ""', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: "00"', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: "-1"', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: -1', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: "1e3"', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: "0x1"', 'ID_INVALID', 'view.swsId'],
    ['kind: SWS, swsId: "2"', 'WORKSPACE_NOT_FOUND', 'view.swsId'],
    ['kind: SWS, swsId: "99999999999999999999"', 'WORKSPACE_NOT_FOUND', 'view.swsId'],
    ['kind: SWS, swsId: 1', 'WORKSPACE_ENDED', 'view.swsId'],
    ['kind: SYSTEM, snapshotId: "abc"', 'ID_INVALID', 'view.snapshotId'],
    [`kind: SYSTEM, snapshotId: "${ID}"`, 'SNAPSHOT_NOT_FOUND', 'view.snapshotId'],
  ];
  for (const [view, reason, place] of cases) {
    await mustRefuse({ query: `{ graph(view: {${view}}) { digest } }`, reason, place });
    await mustRefuse({ query: `{ node(view: {${view}}, id: "${ID}") { id } }`, reason, place });
    await mustRefuse({ query: `{ edge(view: {${view}}, id: "${ID}") { id } }`, reason, place });
  }
});

test('pages and filters: bounds, cursors, kinds, ids', async () => {
  const graph = (args: string): string => `{ graph(view: {kind: SYSTEM}, ${args}) { digest } }`;
  const cases: Case[] = [
    { query: graph('nodesPage: {first: 0}'), reason: 'PAGE_INVALID', place: 'nodesPage.first' },
    { query: graph('nodesPage: {first: -1}'), reason: 'PAGE_INVALID', place: 'nodesPage.first' },
    { query: graph('edgesPage: {first: 1001}'), reason: 'PAGE_INVALID', place: 'edgesPage.first' },
    { query: graph('edgesPage: {after: "5"}'), reason: 'CURSOR_INVALID', place: 'edgesPage.after' },
    { query: '{ listSws(page: {first: 0}) { id } }', reason: 'PAGE_INVALID', place: 'page.first' },
    { query: '{ listSws(page: {after: "x"}) { id } }', reason: 'CURSOR_INVALID', place: 'page.after' },
    { query: '{ listSws(page: {after: ""}) { id } }', reason: 'CURSOR_INVALID', place: 'page.after' },
    {
      query: '{ rewrites(view: {kind: SYSTEM}, page: {first: 1001}) { idx } }',
      reason: 'PAGE_INVALID',
      place: 'page.first',
    },
    {
      query: '{ rewrites(view: {kind: SYSTEM}, page: {after: "-1"}) { idx } }',
      reason: 'CURSOR_INVALID',
      place: 'page.after',
    },
    { query: graph('nodeFilter: {kinds: ["ok", "not ok"]}'), reason: 'KIND_INVALID', place: 'nodeFilter.kinds[1]' },
    { query: graph('edgeFilter: {kinds: [""]}'), reason: 'KIND_INVALID', place: 'edgeFilter.kinds[0]' },
    { query: graph('edgeFilter: {from: ""}'), reason: 'ID_INVALID', place: 'edgeFilter.from' },
    { query: graph('edgeFilter: {to: "xyz"}'), reason: 'ID_INVALID', place: 'edgeFilter.to' },
    {
      query: graph(`nodeFilter: {kinds: [${'"k",'.repeat(65)}]}`),
      reason: 'FORMAT_INVALID',
      place: 'nodeFilter.kinds',
    },
    {
      query: graph(`nodeFilter: {hasKeys: [${'"k",'.repeat(17)}]}`),
      reason: 'FORMAT_INVALID',
      place: 'nodeFilter.hasKeys',
    },
  ];
  for (const each of cases) await mustRefuse(each);
});

test('a variable of another shape is told by where in it the value is wrong', async () => {
  const query = 'mutation($input: CollapseSwsInput!) { collapseSws(input: $input) { committed } }';
  const footprint = { baseSnapshotId: ID, ranges: [{ range: 'odd' }] };
  const cases: readonly (readonly [input: unknown, place: string])[] = [
    [{ swsId: 0, footprint }, 'input.footprint.ranges[0].range'],
    [{ swsId: 0, policyId: ' at "input.meta"; ' }, 'input.policyId'],
    [{}, 'input'],
    [5, 'input'],
    [undefined, 'input'],
  ];
  for (const [input, place] of cases) {
    assert.deepEqual(await client.refused(query, { input }), {
      code: 'INVALID_INPUT',
      reason: 'GRAPHQL_INVALID',
      place,
    });
  }
});

test('what does not exist is not found', async () => {
  const cases: Case[] = [
    { query: `{ node(view: {kind: SYSTEM}, id: "${ID}") { id } }`, reason: 'ELEMENT_NOT_FOUND', place: 'id' },
    { query: `{ edge(view: {kind: SWS, swsId: 0}, id: "${ID}") { id } }`, reason: 'ELEMENT_NOT_FOUND', place: 'id' },
    { query: '{ node(view: {kind: SYSTEM}, id: "0") { id } }', reason: 'ID_INVALID', place: 'id' },
    { query: '{ sws(id: 2) { id } }', reason: 'WORKSPACE_NOT_FOUND', place: 'id' },
    { query: '{ sws(id: "two") { id } }', reason: 'ID_INVALID', place: 'id' },
    { query: '{ rewrites(view: {kind: SWS, swsId: 2}) { idx } }', reason: 'WORKSPACE_NOT_FOUND', place: 'view.swsId' },
    {
      query: 'mutation { collapseSws(input: {swsId: 2}) { committed } }',
      reason: 'WORKSPACE_NOT_FOUND',
      place: 'input.swsId',
    },
    {
      query: 'mutation { collapseSws(input: {swsId: 1}) { committed } }',
      reason: 'WORKSPACE_ENDED',
      place: 'input.swsId',
    },
    {
      query: 'mutation { discardSws(input: {swsId: 1}) { discarded } }',
      reason: 'WORKSPACE_ENDED',
      place: 'input.swsId',
    },
    {
      query: 'mutation { discardSws(input: {swsId: "1.0"}) { discarded } }',
      reason: 'ID_INVALID',
      place: 'input.swsId',
    },
  ];
  for (const each of cases) await mustRefuse(each);
});

test('commands: policies, reasons, metas, request ids', async () => {
  const long = 'x'.repeat(1025);
  const create = 'mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { id } } }';
  const cases: Case[] = [
    {
      query: 'mutation { collapseSws(input: {swsId: 0, policyId: 7}) { committed } }',
      reason: 'POLICY_UNKNOWN',
      place: 'input.policyId',
    },
    {
      query: 'mutation($r: String) { discardSws(input: {swsId: 0, reason: $r}) { discarded } }',
      variables: { r: long },
      reason: 'META_INVALID',
      place: 'input.reason',
    },
    { query: create, variables: { meta: { text: 'x'.repeat(65_536) } }, reason: 'META_INVALID', place: 'input.meta' },
    { query: create, variables: { meta: { n: 2 ** 60 } }, reason: 'FORMAT_INVALID', place: 'input.meta.n' },
    {
      query: create,
      variables: { meta: { requestId: 5 } },
      reason: 'REQUEST_ID_INVALID',
      place: 'input.meta.requestId',
    },
    {
      query: create,
      variables: { meta: { requestId: '' } },
      reason: 'REQUEST_ID_INVALID',
      place: 'input.meta.requestId',
    },
    {
      query: create,
      variables: { meta: { requestId: 'x'.repeat(257) } },
      reason: 'REQUEST_ID_INVALID',
      place: 'input.meta.requestId',
    },
    {
      query: 'mutation { submitIntent(input: {intent: {}}) { taskId } }',
      reason: 'NOT_IMPLEMENTED',
      place: 'submitIntent',
    },
  ];
  for (const each of cases) await mustRefuse(each);
});

test('rewrites: the view, the list, each op, and what the kernel finds', async () => {
  const apply = `mutation($view: ViewRefInput!, $ops: [JSON!]!, $meta: JSON) {
    applyRewrite(view: $view, rewrite: {ops: $ops, meta: $meta}) { accepted }
  }`;
  const sws = { kind: 'SWS', swsId: 0 };
  const add = { op: 'AddNode', data: { kind: 'k' } };
  const key = { kind: 'k', key: 'a' };
  const fields = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, i]));
  const cases: [variables: object, reason: Reason, place: string][] = [
    [{ view: { kind: 'SYSTEM' }, ops: [add] }, 'SYSTEM_IS_READ_ONLY', 'view'],
    [{ view: { kind: 'SWS' }, ops: [add] }, 'VIEW_INVALID', 'view.swsId'],
    [{ view: { kind: 'SWS', swsId: 7 }, ops: [add] }, 'WORKSPACE_NOT_FOUND', 'view.swsId'],
    [{ view: { kind: 'SWS', swsId: 1 }, ops: [add] }, 'WORKSPACE_ENDED', 'view.swsId'],
    [{ view: { ...sws, snapshotId: ID }, ops: [add] }, 'NOT_IMPLEMENTED', 'view.snapshotId'],
    [{ view: sws, ops: [] }, 'OPS_EMPTY', 'rewrite.ops'],
    [{ view: sws, ops: Array.from({ length: 10_001 }, () => add) }, 'OPS_TOO_MANY', 'rewrite.ops'],
    [{ view: sws, ops: [add, { op: 'Nope', data: {} }] }, 'OP_UNKNOWN', 'rewrite.ops[1].op'],
    [
      { view: sws, ops: [add, { op: 'AddNode', data: { kind: 'not ok' } }] },
      'KIND_INVALID',
      'rewrite.ops[1].data.kind',
    ],
    [
      { view: sws, ops: [{ op: 'AddNode', data: { kind: 'k'.repeat(129) } }] },
      'KIND_INVALID',
      'rewrite.ops[0].data.kind',
    ],
    [{ view: sws, ops: [{ op: 'PutNode', data: { kind: 'k', key: '' } }] }, 'KEY_INVALID', 'rewrite.ops[0].data.key'],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { kind: 'k', key_b64: Buffer.alloc(1025).toString('base64') } }] },
      'KEY_INVALID',
      'rewrite.ops[0].data.key_b64',
    ],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, set: { '': 1 } } }] },
      'FIELD_INVALID',
      'rewrite.ops[0].data.set.',
    ],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, unset: ['a', 'a'] } }] },
      'FIELD_INVALID',
      'rewrite.ops[0].data.unset',
    ],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, set: { a: 'x'.repeat(65_536) } } }] },
      'FIELD_INVALID',
      'rewrite.ops[0].data.set.a',
    ],
    [{ view: sws, ops: [{ op: 'PutNode', data: { ...key, set: fields } }] }, 'FIELD_INVALID', 'rewrite.ops[0].data'],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, unset: Object.keys(fields) } }] },
      'FIELD_INVALID',
      'rewrite.ops[0].data',
    ],
    [
      // Its fault would be found first if it were encoded.
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, set: { a: [LONG_LIST, '\ud800'] } } }] },
      'FIELD_INVALID',
      'rewrite.ops[0].data.set.a',
    ],
    [{ view: sws, ops: [add], meta: [LONG_LIST, '\ud800'] }, 'META_INVALID', 'rewrite.meta'],
    [
      {
        view: sws,
        ops: [{ op: 'AddNode', data: { kind: 'k', payload_b64: Buffer.alloc(1_048_577).toString('base64') } }],
      },
      'PAYLOAD_TOO_LARGE',
      'rewrite.ops[0].data.payload_b64',
    ],
    [
      { view: sws, ops: [{ op: 'AddEdge', data: { from: ID, to: ID, kind: 'e' } }] },
      'EDGE_END_MISSING',
      'rewrite.ops[0].data.from',
    ],
    [{ view: sws, ops: [{ op: 'DeleteNode', data: { id: ID } }] }, 'ELEMENT_NOT_FOUND', 'rewrite.ops[0].data.id'],
    [
      { view: sws, ops: [{ op: 'SetEdge', data: { id: ID, payload_b64: '' } }] },
      'ELEMENT_NOT_FOUND',
      'rewrite.ops[0].data.id',
    ],
    [
      { view: sws, ops: [{ op: 'PutNode', data: { ...key, expect: { absent: true } } }] },
      'EXPECTATION_FAILED',
      'rewrite.ops[0].data.expect',
    ],
    [{ view: sws, ops: [add], meta: { requestId: '' } }, 'REQUEST_ID_INVALID', 'rewrite.meta.requestId'],
    [{ view: sws, ops: [add], meta: { x: '\ud800' } }, 'FORMAT_INVALID', 'rewrite.meta.x'],
  ];
  for (const [variables, reason, place] of cases) await mustRefuse({ query: apply, variables, reason, place });
});

test('documents and variables that do not fit the schema', async () => {
  const cases: Case[] = [
    { query: '{', reason: 'GRAPHQL_INVALID', place: 'query:1:2' },
    { query: '{ unknown }', reason: 'GRAPHQL_INVALID', place: 'query:1:3' },
    { query: '{ graph { digest } }', reason: 'GRAPHQL_INVALID', place: 'query:1:3' },
    { query: '{ graph(view: {kind: OTHER}) { digest } }', reason: 'GRAPHQL_INVALID', place: 'query:1:22' },
    { query: '{ graph(view: {kind: SYSTEM, extra: 1}) { digest } }', reason: 'GRAPHQL_INVALID', place: 'query:1:30' },
    {
      query: '{ graph(view: {kind: SYSTEM}, nodesPage: {first: "5"}) { digest } }',
      reason: 'GRAPHQL_INVALID',
      place: 'query:1:50',
    },
    {
      query: 'mutation { createSws(input: {meta: BARE}) { sws { id } } }',
      reason: 'GRAPHQL_INVALID',
      place: 'query:1:36',
    },
    {
      query: 'mutation { collapseSws(input: {swsId: 0, policyId: 4294967296}) { committed } }',
      reason: 'GRAPHQL_INVALID',
      place: 'query:1:52',
    },
    { query: 'query($v: ViewRefInput!) { graph(view: $v) { digest } }', reason: 'GRAPHQL_INVALID', place: 'query:1:7' },
    {
      query: 'query($v: ViewRefInput!) { graph(view: $v) { digest } }',
      variables: { v: { kind: 'NO' } },
      reason: 'GRAPHQL_INVALID',
      place: 'v.kind',
    },
    {
      query: 'query($v: ViewRefInput!) { graph(view: $v) { digest } }',
      variables: JSON.parse('{"v": {"kind": "SYSTEM", "__proto__": {"swsId": 0}}}') as object,
      reason: 'GRAPHQL_INVALID',
      place: 'v',
    },
    { query: 'subscription { ticks { id } }', reason: 'GRAPHQL_INVALID', place: 'query' },
    { query: 'subscription { taskEvents { id } }', reason: 'NOT_IMPLEMENTED', place: 'taskEvents' },
    { query: 'subscription { rewrites(view: {kind: SYSTEM}) { idx } }', reason: 'GRAPHQL_INVALID', place: 'query' },
    { query: 'subscription { rewrites(view: {kind: SWS}) { idx } }', reason: 'VIEW_INVALID', place: 'view.swsId' },
  ];
  for (const each of cases) await mustRefuse(each);
});

test('every error says what to do and whether to come back, and long names are cut', async () => {
  const { errors } = await client.ask('{ sws(id: 9) { id } }');
  const { extensions, message, path, locations } = errors![0]!;
  const { family, retry, advice } = REGISTRY.WORKSPACE_NOT_FOUND;
  assert.deepEqual(extensions, { code: family, reason: 'WORKSPACE_NOT_FOUND', place: 'id', retry, advice });
  assert.deepEqual([message, path, locations], ['there is no workspace 9', ['sws'], [{ line: 1, column: 3 }]]);
  const name = 'n'.repeat(100_000);
  const answer = await client.ask(
    'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
    {
      ops: [{ op: 'AddNode', data: { kind: 'k', [name]: 1 } }],
    },
  );
  assert.ok(JSON.stringify(answer).length < 3000);
});

test('several errors are all told, each at its field', async () => {
  const { data, errors } = await client.ask('{ a: sws(id: 9) { id } b: sws(id: 0) { id } c: sws(id: "x") { id } }');
  assert.equal(JSON.stringify(data), '{"a":null,"b":{"id":"0"},"c":null}');
  assert.deepEqual(
    errors?.map(({ path, extensions }) => [path, extensions.reason]),
    [
      [['a'], 'WORKSPACE_NOT_FOUND'],
      [['c'], 'ID_INVALID'],
    ],
  );
});
