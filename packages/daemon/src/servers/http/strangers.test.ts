/**
 * What everyone is refused who may not: each route, each field of both GraphQL surfaces and each command, asked by nobody, by a key
 * without a grant, and by one whose grant is too narrow. A route, field or command without a line here turns this red.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { VERBS, type Verb } from '@jitos/kernel';
import type { GraphQLSchema } from 'graphql';
import { sendCommand } from '@jitos/testkit/servers/command-client.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openKeyClient, type KeyClient } from '@jitos/testkit/servers/key-client.ts';
import { ask, reasonOf } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { createSurfaceV0 } from '../graphql/schema.ts';
import { createSurfaceV1 } from '../graphql-v1/schema.ts';
import { COMMANDS } from '../plain/command-table.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDU';
const served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
after(() => served[Symbol.asyncDispose]());
const { url, port, host, server } = served;
const main = host.mustGetWorld('main');

/** The operator's: workspace 0 was collapsed, 1 as well, 2 aborted and is open, as 3 is, which was never touched. */
const operator = GraphqlClient.inProcess(main);
const WRITE = (sws: number, value: number): string =>
  `mutation { createSws { sws { id } } applyRewrite(view: {kind: SWS, swsId: ${sws}}, rewrite: {ops: [{op: "PutNode", data: {kind: "k", key: "a", set: {v: ${value}}}}]}) { accepted } }`;
const COLLAPSE = (sws: number): string => `mutation { collapseSws(input: {swsId: ${sws}}) { committed } }`;
await operator.data(WRITE(0, 0));
await operator.data(COLLAPSE(0));
await operator.data(WRITE(1, 1));
await operator.data(WRITE(2, 2));
await operator.data(COLLAPSE(1));
await operator.data(COLLAPSE(2));
const ABORTED = main.loop.world.history.size - 1;
await operator.data('mutation { collapseBatch(input: {swsIds: [2]}) { id } }');
const ABORTED_BATCH = main.loop.world.history.size - 1;
await operator.data('mutation { createSws { sws { id } } }');
const { graph } = await operator.data<{ graph: { nodes: { nodes: { id: string }[] } } }>(
  '{ graph(view: {kind: SYSTEM}) { nodes { nodes { id } } } }',
);
const NODE = graph.nodes.nodes[0]!.id;
const SDL = 'type A @node(kind: \\"a\\", key: \\"id\\") { id: ID! }';

const clientByVerbs = new Map<string, Promise<KeyClient>>();
function holderOf(...verbs: readonly Verb[]): Promise<KeyClient> {
  const name = verbs.join(' ');
  const known = clientByVerbs.get(name);
  if (known !== undefined) return known;
  const made = openKeyClient(url, main, verbs);
  clientByVerbs.set(name, made);
  return made;
}

/** The verb without which it is refused; `own`: reading, and that only of what is one's own. */
type Need = Verb | 'own';

/** All but what would do. */
function tooNarrow(need: Need): readonly Verb[] {
  if (need === 'own' || need === 'control') return VERBS.filter((verb) => verb !== 'control');
  return VERBS.filter((verb) => verb !== need && verb !== 'control');
}

/** What would do. */
function enough(need: Need): Verb {
  return need === 'own' ? 'control' : need;
}

interface Line {
  readonly need: Need;
  readonly asks: string;
}

const own = (asks: string): Line => ({ need: 'own', asks });
const needs = (need: Verb, asks: string): Line => ({ need, asks });

const FOREIGN = '{kind: SWS, swsId: 2}';
const V0: Readonly<Record<string, Line>> = {
  'Query.kernelInfo': needs('read', '{ kernelInfo { version } }'),
  'Query.rulePack': needs('read', '{ rulePack { id } }'),
  'Query.rulesStatus': needs('read', '{ rulesStatus { rulePackId } }'),
  'Query.sws': own('{ sws(id: 2) { id } }'),
  'Query.listSws': needs('read', '{ listSws { id } }'),
  'Query.graph': own(`{ graph(view: ${FOREIGN}) { digest } }`),
  'Query.node': own(`{ node(view: ${FOREIGN}, id: "${NODE}") { id } }`),
  'Query.edge': own(`{ edge(view: ${FOREIGN}, id: "${NODE}") { id } }`),
  'Query.diff': own(`{ diff(from: {view: {kind: SYSTEM}}, to: {view: ${FOREIGN}}) { to { digest } } }`),
  'Query.provenance': own(`{ provenance(view: ${FOREIGN}, element: "${NODE}") { searched } }`),
  'Query.conflictProvenance': own(`{ conflictProvenance(id: ${ABORTED}, element: "${NODE}") { base { searched } } }`),
  'Query.rewrites': own(`{ rewrites(view: ${FOREIGN}) { id } }`),
  'Query.collapsePolicies': needs('read', '{ collapsePolicies { id } }'),
  'Query.worldSettings': needs('read', '{ worldSettings { abortsMax } }'),
  'Query.previewCollapse': own('{ previewCollapse(swsId: 2) { committed } }'),
  'Query.previewRebase': own('{ previewRebase(swsId: 2) { rebased } }'),
  'Query.sides': own(`{ sides(swsId: 2, elements: ["${NODE}"]) { id } }`),
  'Query.conflictSides': own(`{ conflictSides(id: ${ABORTED}, elements: ["${NODE}"]) { id } }`),
  'Query.collapseReceipt': own(`{ collapseReceipt(id: ${ABORTED}) { committed } }`),
  'Query.collapseBatchReceipt': own(`{ collapseBatchReceipt(id: ${ABORTED_BATCH}) { id } }`),
  'Query.__schema': needs('read', '{ __schema { types { name } } }'),
  'Mutation.createSws': needs('write', 'mutation { createSws { sws { id } } }'),
  'Mutation.collapseSws': own('mutation { collapseSws(input: {swsId: 2}) { committed } }'),
  'Mutation.collapseBatch': own('mutation { collapseBatch(input: {swsIds: [2]}) { id } }'),
  'Mutation.rebaseSws': own('mutation { rebaseSws(input: {swsId: 2}) { rebased } }'),
  'Mutation.undoCollapse': needs('write', 'mutation { undoCollapse(input: {id: 3}) { offenderCount } }'),
  'Mutation.discardSws': own('mutation { discardSws(input: {swsId: 3}) { discarded } }'),
  'Mutation.applyRewrite': own(
    `mutation { applyRewrite(view: ${FOREIGN}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}]}) { accepted } }`,
  ),
  'Mutation.proposeRulePack': needs('control', `mutation { proposeRulePack(input: {sdl: "${SDL}"}) { rulePackId } }`),
  'Mutation.withdrawRulePack': needs('control', 'mutation { withdrawRulePack(input: {proposedAt: 1}) { rulePackId } }'),
  'Mutation.changeSettings': needs(
    'control',
    'mutation { changeSettings(input: {abortsMax: 9}) { settings { abortsMax } } }',
  ),
};

const V1: Readonly<Record<string, Line>> = {
  'Query.world': needs('read', '{ world { id } }'),
  'Query.previewCollapse': own('{ previewCollapse(input: {workspace: 2}) { done } }'),
  'Query.previewRebase': own('{ previewRebase(input: {workspace: 2}) { done } }'),
  'Query.event': own(`{ event(idx: ${ABORTED}) { idx } }`),
  'Query.requestedEvent': own('{ requestedEvent(requestId: "r", principal: "local") { idx } }'),
  'Query.grant': own(`{ grant(id: "${NODE}") }`),
  'Query.events': needs('control', '{ events { edges { node { idx } } } }'),
  'Query.rewrites': own('{ rewrites(workspace: 2) { edges { node { idx } } } }'),
  'Query.diff': own('{ diff(from: {}, to: {workspace: 2}) { from { digest } to { digest } } }'),
  'Query.conflictSides': own(`{ conflictSides(event: ${ABORTED}, elementIds: ["${NODE}"]) { elementId } }`),
  'Query.conflictProvenance': own(
    `{ conflictProvenance(event: ${ABORTED}, elementId: "${NODE}") { base { searched } } }`,
  ),
  'Query.treeHead': needs('read', '{ treeHead { note } }'),
  'Query.inclusionProof': own(`{ inclusionProof(idx: ${ABORTED}) }`),
  'Query.consistencyProof': needs('read', '{ consistencyProof(oldSize: 1) }'),
  'Query.workspace': own('{ workspace(number: 2) { id } }'),
  'Query.workspaces': needs('read', '{ workspaces { edges { node { id } } } }'),
  'Query.node': own('{ node(id: "workspace:2") { id } }'),
  'Query.nodes': own('{ nodes(ids: ["workspace:2"]) { id } }'),
  'Query.view': own('{ view(workspace: 2) { digest } }'),
  'Mutation.createWorkspace': needs('write', 'mutation { createWorkspace { done } }'),
  'Mutation.applyRewrite': own(
    'mutation { applyRewrite(input: {workspace: 2, ops: [{op: "AddNode", data: {kind: "k"}}]}) { done } }',
  ),
  'Mutation.collapseWorkspace': own('mutation { collapseWorkspace(input: {workspace: 2}) { done } }'),
  'Mutation.collapseBatch': own('mutation { collapseBatch(input: {workspaces: [2]}) { done } }'),
  'Mutation.rebaseWorkspace': own('mutation { rebaseWorkspace(input: {workspace: 2}) { done } }'),
  'Mutation.undoCollapse': needs('write', 'mutation { undoCollapse(input: {event: 3}) { done } }'),
  'Mutation.discardWorkspace': own('mutation { discardWorkspace(input: {workspace: 3}) { done } }'),
  'Mutation.proposeRules': needs('control', `mutation { proposeRules(input: {sdl: "${SDL}"}) { done } }`),
  'Mutation.withdrawRules': needs('control', 'mutation { withdrawRules(input: {proposedAt: 1}) { done } }'),
  'Mutation.changeSettings': needs('control', 'mutation { changeSettings(input: {abortsMax: 9}) { done } }'),
};

const FOLLOWED: Readonly<Record<'v0' | 'v1', Readonly<Record<string, Line>>>> = {
  v0: {
    'Subscription.rewrites': own(`subscription { rewrites(view: ${FOREIGN}) { id } }`),
    'Subscription.ticks': needs('read', 'subscription { ticks { id } }'),
    'Subscription.taskEvents': needs('read', 'subscription { taskEvents { id } }'),
  },
  v1: {
    'Subscription.rewrites': own('subscription { rewrites(workspace: 2) { idx } }'),
    'Subscription.ticks': needs('read', 'subscription { ticks { idx } }'),
  },
};

/** They wait for what comes later, and tell nobody anything. */
const NOT_YET = ['Mutation.submitIntent'];

function fieldsOf(schema: GraphQLSchema): readonly string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots.flatMap((type) => (type ? Object.keys(type.getFields()).map((name) => `${type.name}.${name}`) : []));
}

async function askGraphql(path: string, query: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const sent = { 'content-type': 'application/json', ...headers };
  const answer = await ask({ port, method: 'POST', path, headers: sent, body: JSON.stringify({ query }) });
  const { error, errors = [] } = JSON.parse(answer.body) as {
    readonly error?: { readonly reason: string };
    readonly errors?: readonly { readonly extensions: { readonly reason: string } }[];
  }; // docs/spec/http.md and docs/spec/graphql.md
  return error === undefined ? (errors[0]?.extensions.reason ?? 'answered') : `${answer.status} ${error.reason}`;
}

for (const { name, path, surface, lines, followed } of [
  { name: 'v0', path: '/graphql', surface: createSurfaceV0(), lines: V0, followed: FOLLOWED.v0 },
  { name: 'v1', path: '/v1/graphql', surface: createSurfaceV1(), lines: V1, followed: FOLLOWED.v1 },
]) {
  test(`GraphQL ${name}: every field has a line`, () => {
    const told = [...Object.keys(lines), ...Object.keys(followed), ...NOT_YET];
    const missing = fieldsOf(surface.schema).filter((field) => !told.includes(field));
    assert.deepEqual(missing, []);
  });

  test(`GraphQL ${name}: every field is refused to strangers and to grants that are too narrow`, async () => {
    const stranger = await holderOf();
    for (const [field, { need, asks }] of Object.entries(lines)) {
      assert.equal(await askGraphql(path, asks, {}), '401 UNAUTHENTICATED', field);
      assert.equal(await askGraphql(path, asks, stranger.headers), '403 ACCESS_DENIED', field);
      const narrow = await holderOf(...tooNarrow(need));
      assert.equal(await askGraphql(path, asks, narrow.headers), 'ACCESS_DENIED', `${field} with too narrow a grant`);
      if (!asks.startsWith('mutation')) {
        const reason = await askGraphql(path, asks, (await holderOf(enough(need))).headers);
        // There may be nothing to be found; it was looked for.
        assert.doesNotMatch(reason, /ACCESS_DENIED|UNAUTHENTICATED|BUG/, `${field} with ${enough(need)}`);
      }
    }
  });

  test(`GraphQL ${name}: every subscription is refused likewise`, async () => {
    const stranger = await holderOf();
    for (const [field, { need, asks }] of Object.entries(followed)) {
      const stream = `${path}/stream`;
      assert.equal(await askGraphql(stream, asks, {}), '401 UNAUTHENTICATED', field);
      assert.equal(await askGraphql(stream, asks, stranger.headers), '403 ACCESS_DENIED', field);
      const narrow = await holderOf(...tooNarrow(need));
      const reason = await askGraphql(stream, asks, narrow.headers);
      // What is not there yet is refused to everyone.
      assert.ok(reason === 'ACCESS_DENIED' || reason === 'NOT_IMPLEMENTED', `${field}: ${reason}`);
    }
  });
}

const COMMAND_LINES: Readonly<Record<string, { readonly need: Need; readonly args: object }>> = {
  createSws: { need: 'write', args: {} },
  applyRewrite: {
    need: 'own',
    args: { view: { kind: 'SWS', swsId: '2' }, ops: [{ op: 'AddNode', data: { kind: 'k' } }] },
  },
  collapseSws: { need: 'own', args: { swsId: '2' } },
  collapseBatch: { need: 'own', args: { swsIds: ['2'] } },
  rebaseSws: { need: 'own', args: { swsId: '2' } },
  undoCollapse: { need: 'write', args: { id: '3' } },
  discardSws: { need: 'own', args: { swsId: '3' } },
  proposeRulePack: { need: 'control', args: { sdl: SDL.replaceAll('\\', '') } },
  withdrawRulePack: { need: 'control', args: { proposedAt: '1' } },
  changeSettings: { need: 'control', args: { abortsMax: 9 } },
};

test('every command is refused to strangers and to grants that are too narrow, and every one has a line', async () => {
  assert.deepEqual(Object.keys(COMMAND_LINES).toSorted(), [...COMMANDS.keys()].toSorted());
  const stranger = await holderOf();
  for (const { need } of Object.values(COMMAND_LINES)) await holderOf(...tooNarrow(need));
  const { size } = main.loop.world.history;
  for (const [command, { need, args }] of Object.entries(COMMAND_LINES)) {
    const narrow = await holderOf(...tooNarrow(need));
    for (const [headers, refusal] of [
      [{}, '401 UNAUTHENTICATED'],
      [stranger.headers, '403 ACCESS_DENIED'],
      [narrow.headers, '403 ACCESS_DENIED'],
    ] as const) {
      const { status, told } = await sendCommand(url, { command, ...args }, { headers: { ...headers } });
      assert.equal(`${status} ${told.error.reason}`, refusal, command);
    }
  }
  const kinds = new Set<string>();
  for await (const { event } of eventsFrom(size)) kinds.add(event.kind);
  assert.deepEqual([...kinds].toSorted(), ['ACCESS_DENIED'], 'nothing else has happened');
});

async function* eventsFrom(size: number): AsyncGenerator<{ readonly event: { readonly kind: string } }> {
  const { readEvents } = await import('../../engine/history-reader.ts');
  yield* readEvents(main.log, size);
}

/** `filtered`: it answers whoever is known, with what they may see. */
const ROUTES: Readonly<Record<string, Verb | 'anyone' | 'filtered' | 'any grant' | 'itself'>> = {
  'GET /': 'anyone',
  'GET /console.mjs': 'anyone',
  'GET /console.css': 'anyone',
  'GET /icon.svg': 'anyone',
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'POST /v1/auth/challenge': 'anyone',
  'POST /v1/auth/session': 'anyone',
  'GET /v1/openapi.json': 'filtered',
  'GET /v1/schema.graphql': 'filtered',
  'GET /v1/schema-v1.graphql': 'filtered',
  'GET /v1/worlds': 'filtered',
  'POST /v1/worlds': 'control',
  'GET /v1/worlds/:name': 'read',
  'POST /v1/worlds/:name/archive': 'control',
  'GET /v1/worlds/:name/proofs/inclusion': 'read',
  'GET /v1/worlds/:name/proofs/consistency': 'read',
  'GET /v1/worlds/:name/proofs/node': 'read',
  'GET /v1/worlds/:name/proofs/edge': 'read',
  'GET /v1/worlds/:name/key': 'any grant',
  'GET /v1/worlds/:name/keys': 'any grant',
  'POST /v1/worlds/:name/keys': 'control',
  'GET /v1/worlds/:name/grants': 'any grant',
  'GET /v1/worlds/:name/grants/:id': 'any grant',
  'POST /v1/worlds/:name/grants/:id/revoke': 'any grant',
  // The lines of fields, of commands, and the tests of grants, are about what they carry.
  'POST /v1/worlds/:name/grants': 'itself',
  'POST /v1/commands': 'itself',
  'POST /v1/worlds/:name/commands': 'itself',
  'GET /w/:name/checkpoint': 'read',
  'GET /w/:name/tile/*': 'read',
  'GET /v1/imports': 'control',
  'POST /v1/imports': 'control',
  'GET /v1/imports/:id': 'control',
  'GET /metrics': 'control',
  'GET /v1/overview': 'control',
  'GET /v1/overview/stream': 'control',
  ...Object.fromEntries(
    ['/graphql', '/w/:name/graphql', '/v1/graphql', '/w/:name/v1/graphql'].flatMap((path) =>
      [path, `${path}/stream`].flatMap((each) => [
        [`GET ${each}`, 'itself'],
        [`POST ${each}`, 'itself'],
      ]),
    ),
  ),
};

const QUERIES: Readonly<Record<string, string>> = {
  '/proofs/inclusion': `?idx=${ABORTED}`,
  '/proofs/consistency': '?old=1',
  '/proofs/node': `?id=${NODE}&view=sws:2`,
  '/proofs/edge': `?id=${NODE}&view=sws:2`,
};

function addressOf(pattern: string): string {
  const path = pattern.replace(':name', 'main').replace(':id', pattern.includes('grants') ? NODE : '0');
  const query = Object.entries(QUERIES).find(([end]) => path.endsWith(end))?.[1] ?? '';
  return `${path.replace('*', 'entries/000.p/1')}${query}`;
}

test('every route has a line', () => {
  const routes = server.routes.map(({ method, url: pattern }) => `${method} ${pattern}`);
  assert.deepEqual(
    routes.filter((route) => !Object.hasOwn(ROUTES, route)),
    [],
  );
  const open = server.routes
    .filter(({ access }) => access === 'anyone')
    .map(({ method, url: path }) => `${method} ${path}`);
  assert.deepEqual(
    open.filter((route) => ROUTES[route] !== 'anyone'),
    [],
  );
});

test('every route is refused to strangers and to grants that are too narrow', async () => {
  const stranger = await holderOf();
  for (const { method, url: pattern, access } of server.routes) {
    if (access === 'anyone') continue;
    const need = ROUTES[`${method} ${pattern}`]!;
    const path = addressOf(pattern);
    const body = method === 'POST' ? { body: '{}' } : {};
    const send = async (headers: Readonly<Record<string, string>>): Promise<string> => {
      const sent = method === 'POST' ? { 'content-type': 'application/json', ...headers } : headers;
      const answer = await ask({ port, method, path, headers: sent, ...body });
      return answer.status < 400 ? 'answered' : `${answer.status} ${reasonOf(answer).split(' ', 1)[0]}`;
    };
    const what = `${method} ${path}`;
    assert.equal(await send({}), '401 UNAUTHENTICATED', what);
    if (need === 'filtered') assert.equal(await send(stranger.headers), 'answered', what);
    else if (!pattern.endsWith('/commands')) assert.equal(await send(stranger.headers), '403 ACCESS_DENIED', what);
    if (need === 'read' || need === 'control') {
      // What is asked of a workspace or an event is somebody else's.
      const isForeign = path.includes('sws:2') || path.includes('idx=') || path.includes('entries');
      const narrow = await holderOf(...tooNarrow(isForeign ? 'own' : need));
      assert.equal(await send(narrow.headers), '403 ACCESS_DENIED', `${what} with too narrow a grant`);
    }
  }
});

test('who may not see all is told of no world, workspace or event of others where they ask for all', async () => {
  await host.createWorld('hidden');
  const reader = await holderOf('read', 'write');
  const { headers } = reader;
  const worlds = await ask({ port, path: '/v1/worlds', headers });
  assert.deepEqual(
    (JSON.parse(worlds.body) as { worlds: readonly { name: string }[] }).worlds.map(({ name }) => name),
    ['main'],
  );
  for (const name of ['hidden', 'no-such-world']) {
    assert.equal(await askGraphql(`/w/${name}/graphql`, '{ kernelInfo { version } }', headers), '403 ACCESS_DENIED');
  }
  const client = new GraphqlClient(async (question) => {
    const sent = { 'content-type': 'application/json', ...headers };
    const { body } = await ask({
      port,
      method: 'POST',
      path: '/graphql',
      headers: sent,
      body: JSON.stringify(question),
    });
    return JSON.parse(body) as never; // a GraphQL answer
  });
  const mine = await client.data<{ createSws: { sws: { id: string } } }>('mutation { createSws { sws { id } } }');
  const { id } = mine.createSws.sws;
  assert.deepEqual(await client.data('{ listSws { id } }'), { listSws: [{ id }] });
  await client.data(`{ graph(view: {kind: SWS, swsId: ${id}}) { digest } sws(id: ${id}) { id } }`);
  await client.data(`{ graph(view: {kind: SYSTEM}) { digest } rewrites(view: {kind: SYSTEM}) { id } }`);
  const v1 = await ask({
    port,
    method: 'POST',
    path: '/v1/graphql',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ workspaces { totalCount edges { node { number } } } }' }),
  });
  assert.deepEqual((JSON.parse(v1.body) as { data: unknown }).data, {
    workspaces: { totalCount: 1, edges: [{ node: { number: Number(id) } }] },
  });
});
