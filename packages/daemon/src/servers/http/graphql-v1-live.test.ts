/** v1's subscriptions: as server-sent events that resume, and over WebSockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { SseClient } from '@jitos/testkit/servers/sse-client.ts';

const SUBSCRIPTION =
  'subscription { rewrites(workspace: 0, after: "-1") { __typename id kind rewriteIdx digest meta collapses { committed policy { name } } } }';

interface Told {
  readonly data: {
    readonly rewrites: {
      readonly id: string;
      readonly kind: string;
      readonly rewriteIdx: string;
      readonly collapses: readonly { readonly committed: boolean }[];
    };
  };
}

test('a workspace is followed to its end, once and in order, over both', async () => {
  await using served = await serveHost();
  const { port, url } = served;
  const v1 = GraphqlClient.overHttp(`${url}/v1/graphql`);
  await v1.data('mutation { createWorkspace { done } }');
  const write = (n: number): Promise<unknown> =>
    v1.data(
      'mutation($meta: JSON) { applyRewrite(input: {workspace: 0, ops: [{op: "AddNode", data: {kind: "k"}}], meta: $meta}) { done } }',
      { meta: n },
    );
  for (const n of [0, 1, 2]) await write(n);
  const path = `/v1/graphql/stream?query=${encodeURIComponent(SUBSCRIPTION)}`;
  const first = await SseClient.open({ port, path });
  const early = await first.take(2);
  first.cutOff();
  await write(3);
  const again = await SseClient.open({
    port,
    path: path.replace('/v1', '/w/main/v1'),
    headers: { 'last-event-id': first.lastId },
  });
  const middle = await again.take(2);
  await v1.data('mutation { collapseWorkspace(input: {workspace: 0}) { done } }');
  const rest = await again.take(2);
  const events = [...early, ...middle, ...rest.slice(0, 1)].map(({ data }) => (JSON.parse(data) as Told).data.rewrites);
  assert.deepEqual(
    events.map(({ rewriteIdx }) => rewriteIdx),
    ['0', '1', '2', '3', '4'],
  );
  assert.deepEqual([events[4]?.kind, events[4]?.collapses[0]?.committed], ['COLLAPSE', true]);
  assert.equal(rest[1]?.event, 'complete');
  const listed = await v1.data<{ rewrites: { edges: { node: { id: string } }[] } }>(
    '{ rewrites(workspace: 0) { edges { node { id } } } }',
  );
  assert.deepEqual(
    events.map(({ id }) => id),
    listed.rewrites.edges.map(({ node }) => node.id),
  );

  const client = createClient({ url: `ws://127.0.0.1:${port}/v1/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  const heard: unknown[] = [];
  for await (const { data } of client.iterate({ query: SUBSCRIPTION })) heard.push(data?.['rewrites']);
  assert.deepEqual(heard, JSON.parse(JSON.stringify(events)));
  await client.dispose();
  const answer = await v1.refused(SUBSCRIPTION);
  assert.equal(answer.reason, 'GRAPHQL_INVALID');
  const missing = await SseClient.open({
    port,
    path: path.replace(encodeURIComponent('workspace: 0'), encodeURIComponent('workspace: 9')),
  });
  assert.equal(missing.status, 404);
});
