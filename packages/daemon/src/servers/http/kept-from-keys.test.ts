/** What a key asks for in order to learn what is kept from it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { giveLocally, openKeyClient, termsFor, type KeyClient } from '@jitos/testkit/servers/key-client.ts';
import { ask, reasonOf, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { LOCAL_PRINCIPAL } from '../../engine/principal.ts';
import { SESSION_SECONDS } from '../auth/sessions.ts';
import { createSurfaceV1 } from '../graphql-v1/schema.ts';
import { revokeGrant } from '../auth/grants.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDY';
const served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
after(() => served[Symbol.asyncDispose]());
const { port, url, host } = served;
const main = host.mustGetWorld('main');
const local = GraphqlClient.inProcess(main, createSurfaceV1());

function post(path: string, body: unknown, { headers }: KeyClient): Promise<RawAnswer> {
  const sent = { 'content-type': 'application/json', ...headers };
  return ask({ port, method: 'POST', path, headers: sent, body: JSON.stringify(body) });
}

async function graphql(client: KeyClient, query: string): Promise<string> {
  return (await post('/v1/graphql', { query }, client)).body;
}

async function createWorkspace(from: number | null = null): Promise<number> {
  const mutation = `mutation { createWorkspace(input: {from: ${from}}) { workspace { number } } }`;
  const { createWorkspace: made } = await local.data<{ createWorkspace: { workspace: { number: number } } }>(mutation);
  return made.workspace.number;
}

test('why an event can not be undone tells nobody what kind of event it is', async () => {
  const ann = await openKeyClient(url, main, ['read', 'write']);
  await createWorkspace();
  const idx = main.loop.world.history.size - 1;
  const undone = await graphql(ann, `mutation { undoCollapse(input: {event: ${idx}}) { done } }`);
  assert.match(undone, /ACCESS_DENIED/);
  assert.doesNotMatch(undone, /SWS_CREATED/);
});

test('links are refused in a world that there is as in one that there is not', async () => {
  const stranger = await openKeyClient(url, main, []);
  const link = (parent: string | null): object => ({
    terms: { parent, holder: 'a'.repeat(64), verbs: ['read'] },
    signature: Buffer.alloc(64).toString('base64'),
  });
  for (const links of [[], [{}], [link(null)], [link('b'.repeat(64))], [link('b'.repeat(64)), link(null)], 7]) {
    const [there, absent] = [
      await post('/v1/worlds/main/grants', { links }, stranger),
      await post('/v1/worlds/nowhere/grants', { links }, stranger),
    ];
    assert.equal(absent.body, there.body);
    assert.equal(absent.status, there.status);
  }
  const without = await post('/v1/worlds/main/grants', {}, stranger);
  assert.equal(reasonOf(without), 'ACCESS_DENIED world');
});

test('who may write learns of its own commands nothing about the world that takes reading', async () => {
  const writer = await openKeyClient(url, main, ['write']);
  const answer = await graphql(writer, 'mutation { createWorkspace { done world { settings { abortsMax } } } }');
  assert.match(answer, /"world":null/);
  assert.match(answer, /ACCESS_DENIED/);
});

test('the two sides of a fork are told only to whoever may see the workspace that it is of, too', async () => {
  const bob = await openKeyClient(url, main, ['read', 'write', 'collapse']);
  const control = await giveLocally(main, termsFor(bob.key, ['control'], { serial: 1 }));
  const parent = await createWorkspace();
  const forked = await graphql(bob, `mutation { createWorkspace(input: {from: ${parent}}) { workspace { number } } }`);
  const number = Number(/"number":(\d+)/.exec(forked)?.[1]);
  const secret = `[{op: "PutNode", data: {kind: "note", key: "plan", set: {text: "secret"}}}]`;
  await local.data(`mutation { applyRewrite(input: {workspace: ${parent}, ops: ${secret}}) { done } }`);
  const nodes = `{ view(workspace: ${parent}) { nodes(first: 1) { edges { node { elementId } } } } }`;
  const [id] = /[0-9a-f]{64}/.exec(JSON.stringify(await local.data(nodes))) ?? [];
  const sides = `{ workspace(number: ${number}) { sides(elementIds: ["${id}"]) { theirs { __typename } } } }`;
  assert.match(await graphql(bob, sides), /"theirs":\{/);
  await revokeGrant({ open: main, principal: LOCAL_PRINCIPAL }, control.id);
  assert.match(await graphql(bob, sides), /ACCESS_DENIED/);
});

test('text that is no Unicode is refused wherever a request is named by it, and is no bug', async () => {
  const ann = await openKeyClient(url, main, ['read', 'write', 'collapse']);
  await graphql(ann, 'mutation { createWorkspace { done } }');
  const workspace = main.loop.world.workspaceCount - 1;
  const variables = { text: 'a\ud800', workspace, event: main.loop.world.history.size - 1 };
  for (const asked of [
    'query($text: String!) { requestedEvent(requestId: $text) { idx } }',
    'mutation($text: String!) { createWorkspace(input: {requestId: $text}) { done } }',
    'mutation($text: String!, $workspace: Int!) { collapseWorkspace(input: {workspace: $workspace, requestId: $text}) { done } }',
    'mutation($text: String!, $workspace: Int!) { rebaseWorkspace(input: {workspace: $workspace, requestId: $text}) { done } }',
    'mutation($text: String!, $event: U64!) { undoCollapse(input: {event: $event, requestId: $text}) { done } }',
  ]) {
    assert.match((await post('/v1/graphql', { query: asked, variables }, ann)).body, /"REQUEST_ID_INVALID"/, asked);
  }
  const admin = await openKeyClient(url, main, ['control']);
  const byPrincipal = 'query($text: String!) { requestedEvent(requestId: "r", principal: $text) { idx } }';
  const none = await post('/v1/graphql', { query: byPrincipal, variables }, admin);
  assert.match(none.body, /"requestedEvent":null/);
  assert.doesNotMatch(none.body, /"BUG"/);
});

test('a folder of the machine is named only by who controls the daemon, whatever other world they control', async () => {
  const other = await host.createWorld('other');
  const ann = await openKeyClient(url, other, ['control']);
  const archive = (client: KeyClient): Promise<RawAnswer> =>
    post('/v1/worlds/other/archive', { to: 'not/absolute' }, client);
  assert.equal(reasonOf(await archive(ann)), 'ACCESS_DENIED world');
  await giveLocally(main, termsFor(ann.key, ['control']));
  assert.equal(reasonOf(await archive(ann)), 'FORMAT_INVALID to');
});

test('a socket begins no subscription once the session that it was opened by has ended', async () => {
  const time = { nowMs: 0 };
  const clock = { monotonicMs: () => time.nowMs, wallMs: () => 0 };
  await using timed = await serveHost({ authentication: { by: 'token', localToken: TOKEN }, clock });
  const { headers } = await openKeyClient(timed.url, timed.host.mustGetWorld('main'), ['read']);
  const socket = new WebSocket(`ws://127.0.0.1:${timed.port}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const say = async (message: object): Promise<string> => {
    socket.send(JSON.stringify(message));
    const [data] = (await once(socket, 'message')) as [Buffer]; // a socket gives buffers
    return String(data);
  };
  assert.match(await say({ type: 'connection_init', payload: headers }), /connection_ack/);
  const subscribe = { type: 'subscribe', payload: { query: 'subscription { taskEvents { id } }' } };
  assert.match(await say({ id: '1', ...subscribe }), /"NOT_IMPLEMENTED"/, 'who is known is told that there is none');
  time.nowMs += SESSION_SECONDS * 1000;
  assert.match(await say({ id: '2', ...subscribe }), /"UNAUTHENTICATED"/);
  socket.terminate();
});
