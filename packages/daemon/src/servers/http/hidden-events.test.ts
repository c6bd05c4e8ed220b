/** Lists and streams of a history of which not everything is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openKeyClient } from '@jitos/testkit/servers/key-client.ts';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { SseClient } from '@jitos/testkit/servers/sse-client.ts';
import { createSurfaceV1 } from '../graphql-v1/schema.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDU';

interface Rewrites {
  readonly edges: readonly { readonly node: { readonly idx: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

test('what is not told is left out: a page ends where it was read to, and a stream goes on behind it', async () => {
  await using served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
  const main = served.host.mustGetWorld('main');
  const { headers } = await openKeyClient(served.url, main, ['read']);
  const read = async (args: string): Promise<Rewrites> => {
    const query = `{ rewrites(${args}) { edges { node { idx } } pageInfo { hasNextPage endCursor } } }`;
    const body = JSON.stringify({ query });
    const sent = { 'content-type': 'application/json', ...headers };
    const answer = await ask({ port: served.port, method: 'POST', path: '/v1/graphql', headers: sent, body });
    const { data } = JSON.parse(answer.body) as { readonly data: { readonly rewrites: Rewrites } }; // docs/spec/graphql-v1.md
    return data.rewrites;
  };
  const local = GraphqlClient.inProcess(main, createSurfaceV1());
  const open = [0, 1, 2];
  for (const _ of open) await local.data('mutation { createWorkspace { done } }');
  // The first two are in each other's way: of their batch one is aborted, and not every reader is told of that.
  for (const [number, key] of ['a', 'a', 'b'].entries()) {
    const ops = `[{op: "PutNode", data: {kind: "note", key: "${key}", set: {by: ${number}}}}]`;
    await local.data(`mutation { applyRewrite(input: {workspace: ${number}, ops: ${ops}}) { done } }`);
  }
  await local.data('mutation { collapseBatch(input: {workspaces: [0, 1], order: GIVEN}) { done } }');
  await local.data('mutation { collapseWorkspace(input: {workspace: 2}) { done } }');
  const told = main.loop.world.history.size - 1;
  const idxsOf = ({ edges }: Rewrites): readonly number[] => edges.map(({ node }) => Number(node.idx));
  const all = await read('first: 10');
  assert.deepEqual([idxsOf(all), all.pageInfo.hasNextPage], [[told], false]);
  const first = await read('first: 1');
  assert.deepEqual([idxsOf(first), first.pageInfo.hasNextPage], [[], true]);
  const rest = await read(`first: 1, after: "${first.pageInfo.endCursor}"`);
  assert.deepEqual([idxsOf(rest), rest.pageInfo.hasNextPage], [[told], false]);

  const follow = async (sent: { readonly authorization: string }): Promise<readonly number[]> => {
    const query = encodeURIComponent('subscription { rewrites(after: "-1") { idx collapses { conflictCount } } }');
    const path = `/v1/graphql/stream?query=${query}`;
    const stream = await SseClient.open({ port: served.port, path, headers: sent });
    const idxs: number[] = [];
    while (idxs.at(-1) !== told) {
      const { data } = (await stream.next())!; // it goes on until it is cut off
      idxs.push(Number((JSON.parse(data) as { data: { rewrites: { idx: string } } }).data.rewrites.idx));
    }
    stream.cutOff();
    return idxs;
  };
  assert.deepEqual(await follow(headers), [told], 'as in the list, nothing holds up what comes behind');
  assert.deepEqual(await follow({ authorization: `Bearer ${TOKEN}` }), [told - 1, told]);
});

test('a key is told of the open workspaces that are its own, forks of others left out', async () => {
  await using served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
  const main = served.host.mustGetWorld('main');
  const [ann, bob] = [
    await openKeyClient(served.url, main, ['read', 'write']),
    await openKeyClient(served.url, main, ['read', 'write']),
  ];
  const data = async (sent: { readonly authorization: string }, path: string, query: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...sent };
    const { body } = await ask({ port: served.port, method: 'POST', path, headers, body: JSON.stringify({ query }) });
    return (JSON.parse(body) as { readonly data: unknown }).data;
  };
  const local = { authorization: `Bearer ${TOKEN}` };
  const create = (sent: { readonly authorization: string }, from = ''): Promise<unknown> =>
    data(sent, '/v1/graphql', `mutation { createWorkspace(input: {${from}}) { done } }`);
  for (const sent of [ann.headers, bob.headers, local, ann.headers]) await create(sent);
  for (const sent of [ann.headers, local, ann.headers]) await create(sent, 'from: 0');
  await data(ann.headers, '/v1/graphql', 'mutation { discardWorkspace(input: {workspace: 3}) { done } }');
  const listed = async (sent: { readonly authorization: string }): Promise<unknown> => {
    const v0 = (await data(sent, '/graphql', '{ listSws { id } }')) as { listSws: { id: string }[] };
    const v1 = (await data(
      sent,
      '/v1/graphql',
      '{ workspaces(last: 2) { totalCount edges { node { number } } } }',
    )) as {
      workspaces: { totalCount: number; edges: { node: { number: number } }[] };
    };
    const last = v1.workspaces.edges.map(({ node }) => node.number);
    return [v0.listSws.map(({ id }) => Number(id)), v1.workspaces.totalCount, last];
  };
  assert.deepEqual(await listed(ann.headers), [[0, 4, 6], 3, [4, 6]]);
  assert.deepEqual(await listed(bob.headers), [[1], 1, [1]]);
  assert.deepEqual(await listed(local), [[0, 1, 2, 4, 5, 6], 6, [5, 6]]);
  const forks = '{ workspace(number: 0) { children { totalCount edges { node { number } } } } }';
  assert.deepEqual(await data(ann.headers, '/v1/graphql', forks), {
    workspace: { children: { totalCount: 2, edges: [{ node: { number: 4 } }, { node: { number: 6 } }] } },
  });
});
