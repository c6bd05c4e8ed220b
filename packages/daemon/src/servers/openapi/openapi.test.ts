/** The OpenAPI document: a document that others accept, of the routes that there are, and true of what they answer. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { sendCommand, type Command } from '@jitos/testkit/servers/command-client.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { COMMANDS } from '../plain/command-table.ts';
import type { OpenApiDocument } from './document.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { url, server } = served;
const document = (await (await fetch(`${url}/v1/openapi.json`)).json()) as OpenApiDocument; // what is tested here

const ajv = new Ajv2020({ strict: false });
ajv.addSchema(document, 'jitos');

function validatorOf(pointer: string): ValidateFunction {
  const validate = ajv.getSchema(`jitos#${pointer}`);
  assert.ok(validate !== undefined, `there is no schema at ${pointer}`);
  return validate;
}

function mustFit(pointer: string, value: unknown, what: string): void {
  const validate = validatorOf(pointer);
  assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors)} ${JSON.stringify(value).slice(0, 500)}`);
}

const component = (name: string): string => `/components/schemas/${name}`;

test('a validator that others wrote accepts it', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: 7 } } } };
  assert.equal((await new Validator().validate(broken)).valid, false);
});

test('docs/spec/openapi.json is what is served: else run `npm run generate`', () => {
  const path = new URL('../../../../../docs/spec/openapi.json', import.meta.url);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), document);
});

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
}

test('it tells of every route, and of no other', () => {
  const routes = server.routes.map(({ method, url: pattern }) => {
    return `${method} ${pattern.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}')}`;
  });
  const told = Object.entries(document.paths).flatMap(([path, methods]) => {
    return Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`);
  });
  assert.deepEqual(told.toSorted(), routes.toSorted(), 'describe it in route-descriptions.ts');
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods) as Operation[]);
  const open = operations.filter(({ security }) => security?.length === 0).length;
  assert.equal(open, server.routes.filter(({ access }) => access === 'anyone').length);
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length, 'each operation has an id of its own');
});

test('the schemas of GraphQL are served as they are checked in', async () => {
  for (const [path, file] of [
    ['/v1/schema.graphql', '../graphql/schema.graphql'],
    ['/v1/schema-v1.graphql', '../graphql-v1/schema.graphql'],
  ] as const) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(await answer.text(), readFileSync(new URL(file, import.meta.url), 'utf8'));
  }
});

/** The schema of what a route answers. */
function answerPointer(path: string, method: string, status: string): string {
  const escaped = path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
  return `/paths/${escaped}/${method}/responses/${status}/content/application~1json/schema`;
}

test('what routes answer is what it says', async () => {
  const id = 'f'.repeat(64);
  for (const [method, route, path, body] of [
    ['get', '/healthz', '/healthz'],
    ['get', '/readyz', '/readyz'],
    ['get', '/v1/worlds', '/v1/worlds'],
    ['post', '/v1/worlds', '/v1/worlds', { name: 'lab' }],
    ['get', '/v1/worlds/{name}', '/v1/worlds/lab'],
    ['get', '/v1/worlds/{name}', '/v1/worlds/none'],
    ['get', '/v1/imports', '/v1/imports'],
    ['get', '/v1/imports/{id}', '/v1/imports/7'],
    ['get', '/v1/overview', '/v1/overview?world=main'],
    ['get', '/v1/worlds/{name}/keys', '/v1/worlds/lab/keys'],
    ['post', '/v1/worlds/{name}/keys', '/v1/worlds/lab/keys', {}],
    ['get', '/v1/worlds/{name}/proofs/inclusion', '/v1/worlds/lab/proofs/inclusion?idx=0'],
    ['get', '/v1/worlds/{name}/proofs/node', `/v1/worlds/lab/proofs/node?id=${id}`],
    ['get', '/graphql', '/graphql?query={kernelInfo{tick}}'],
    ['post', '/graphql', '/graphql', { query: '{ node(view: {kind: SYSTEM}, id: "x") { id } }' }],
    ['post', '/graphql', '/graphql', { query: 7 }],
    ['post', '/v1/graphql', '/v1/graphql', { query: '{ __typename }' }],
    ['get', '/graphql', '/w/none/graphql?query={kernelInfo{tick}}'],
  ] as const) {
    const sent =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${url}${path}`, { method: method.toUpperCase(), ...sent });
    const status = answer.ok ? String(answer.status) : 'default';
    mustFit(answerPointer(route, method, status), await answer.json(), `${method} ${path}`);
  }
});

/** Commands that come to each of their ends. */
const STORY: readonly Command[] = [
  { command: 'createSws', meta: { who: 'ada' }, requestId: 'r', validUntil: '9' },
  {
    command: 'applyRewrite',
    view: { kind: 'SWS', swsId: 0 },
    ops: [{ op: 'PutNode', data: { kind: 'file', key: 'a', set: { v: 1 } } }],
  },
  { command: 'createSws' },
  {
    command: 'applyRewrite',
    view: { kind: 'SWS', swsId: '1' },
    ops: [{ op: 'PutNode', data: { kind: 'file', key: 'a', set: { v: 2 } } }],
  },
  { command: 'collapseSws', swsId: 0 },
  { command: 'collapseSws', swsId: 1, policy: 'three-way' },
  { command: 'rebaseSws', swsId: 1 },
  { command: 'rebaseSws', swsId: 1, policyId: 5 },
  { command: 'collapseBatch', swsIds: [1], order: 'ANY' },
  { command: 'undoCollapse', id: '5' },
  { command: 'undoCollapse', id: 8 },
  { command: 'createSws', at: 5 },
  { command: 'discardSws', swsId: 2, reason: null },
  { command: 'changeSettings', abortsMax: 7, defaultPolicy: null },
  { command: 'proposeRulePack', sdl: 'type File @node(kind: "file", key: "id", open: true) { id: ID! }' },
  { command: 'withdrawRulePack', proposedAt: 0 },
];

test('commands that are taken fit their schema, and so do all answers', async () => {
  await using story = await serveHost();
  await story.host.mustGetWorld('main').rules.close();
  const done = new Set<string>();
  const pointer = (status: string): string => answerPointer('/v1/commands', 'post', status);
  for (const given of STORY) {
    const name = String(given['command']);
    const proposedAt = story.host.mustGetWorld('main').loop.world.installation?.proposedIdx;
    const command = name === 'withdrawRulePack' ? { ...given, proposedAt } : given;
    mustFit(component(`${name}Command`), command, name);
    const { status, told } = await sendCommand(story.url, command);
    assert.equal(status, 200, JSON.stringify(told));
    mustFit(pointer('200'), told, name);
    mustFit(component(`${name}Result`), told.result, name);
    done.add(name);
  }
  assert.deepEqual(done, new Set(COMMANDS.keys()));
  const queued = await sendCommand(story.url, { command: 'createSws' }, { headers: { prefer: 'respond-async' } });
  mustFit(pointer('202'), queued.told, 'a queued command');
  for (const bad of [
    {},
    { command: 'none' },
    { command: 'createSws', more: 1 },
    { command: 'discardSws', swsId: 99 },
  ]) {
    const { status, told } = await sendCommand(story.url, bad);
    assert.ok(status >= 400);
    mustFit(pointer('default'), told, JSON.stringify(bad));
  }
});

test('what the schema of a command refuses is refused, and the reverse where it is about types', async () => {
  const schema = validatorOf(component('rebaseSwsCommand'));
  for (const [members, fits] of [
    [{ swsId: 0 }, true],
    [{ swsId: '0', policy: null, choices: [], ops: null }, true],
    [{}, false],
    [{ swsId: 0.5 }, false],
    [{ swsId: null }, false],
    [{ swsId: 0, policyId: -1 }, false],
    [{ swsId: 0, policyId: '1' }, false],
    [{ swsId: 0, choices: [{ element: 'x' }] }, false],
    [{ swsId: 0, choices: [{ element: 'x', side: 'OUR' }] }, false],
    [{ swsId: 0, choices: {} }, false],
    [{ swsId: 0, footprint: { baseSnapshotId: 'x', ranges: [], more: 1 } }, false],
    [{ swsId: 0, __proto__x: 1 }, false],
  ] as const) {
    const command = { command: 'rebaseSws', ...members };
    assert.equal(schema(command), fits, JSON.stringify(command));
    const { told } = await sendCommand(url, command);
    const isType = ['FORMAT_INVALID', 'FIELD_UNKNOWN'].includes(told.error.reason);
    assert.equal(isType, !fits, JSON.stringify(told));
  }
});
