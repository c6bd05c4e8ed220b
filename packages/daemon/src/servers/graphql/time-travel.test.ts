import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, mock, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import {
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  keyedId,
  putNode,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { digestToHex } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { loop } = served.host.mustGetWorld('main');
const notes = Array.from({ length: 30 }, (_, i) => addNode('note', utf8(`n${i}`)));
// After event 3 System holds the notes, after 6 the task too; workspace 0 is open after 1 and 2.
for (const command of [
  createWorkspace(),
  applyRewrite(0, notes),
  collapseWorkspace(0),
  createWorkspace(),
  applyRewrite(1, [putNode('task', 't', { state: 'new' })]),
  collapseWorkspace(1),
]) {
  assert.ok('kind' in (await loop.submit(command)));
}
const client = GraphqlClient.overHttp(`${served.url}/graphql`);
const note = digestToHex(contentId('note', utf8('n1')));
const task = digestToHex(keyedId('task', 't'));

test('one query reads several moments, and the newest one', async () => {
  const view = 'view: {kind: SYSTEM}';
  const count = 'nodes { nodes { kind } }';
  const answer = await client.data<Record<string, { readonly nodes: { readonly nodes: readonly object[] } }>>(
    `{ now: graph(${view}) { ${count} } first: graph(${view}, at: 0) { ${count} } notes: graph(${view}, at: "5") { ${count} }
       head: graph(view: {kind: SWS, swsId: 0}, at: 2) { ${count} } base: graph(view: {kind: SWS, swsId: 0}, at: 1) { ${count} } }`,
  );
  const counts = Object.entries(answer).map(([name, { nodes }]) => [name, nodes.nodes.length]);
  assert.deepEqual(Object.fromEntries(counts), { now: 31, first: 0, notes: 30, head: 30, base: 0 });
});

test('nodes and edges are found as they were', async () => {
  const found = await client.data<{ readonly node: { readonly data: object } }>(
    `query ($id: ID!) { node(view: {kind: SWS, swsId: 1}, at: 5, id: $id) { data } }`,
    { id: task },
  );
  assert.deepEqual(found.node.data, { state: 'new' });
  const refusedAt = (field: string, at: number): Promise<object> =>
    client.refused(`{ ${field}(view: {kind: SYSTEM}, at: ${at}, id: "${task}") { id } }`);
  const missing = { code: 'NOT_FOUND', reason: 'ELEMENT_NOT_FOUND', place: 'id' };
  assert.deepEqual(await refusedAt('node', 5), missing);
  assert.deepEqual(await refusedAt('edge', 6), missing);
});

interface Page {
  readonly snapshotId: string;
  readonly nodes: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
}

async function pageAt(at: number, cursor: string | null, view = 'kind: SYSTEM'): Promise<Page> {
  const query = `query ($at: ID, $after: String) { graph(view: {${view}}, at: $at, nodesPage: {first: 12, after: $after}) {
    snapshotId nodes { nodes { id } pageInfo { endCursor hasNextPage } } } }`;
  return (await client.data<{ graph: Page }>(query, { at, after: cursor })).graph;
}

test('pages of the past go on where they ended, and with the same event alone', async () => {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const { nodes }: Page = await pageAt(3, cursor);
    ids.push(...nodes.nodes.map(({ id }) => id));
    cursor = nodes.pageInfo.hasNextPage ? nodes.pageInfo.endCursor : null;
  } while (cursor !== null);
  assert.deepEqual([ids.length, new Set(ids).size, ids.includes(note), ids.includes(task)], [30, 30, true, false]);
  const { nodes } = await pageAt(3, null);
  // The view had the same snapshot after event 5.
  assert.equal((await pageAt(5, nodes.pageInfo.endCursor)).nodes.nodes[0]?.id, ids[12]);
  const ask = (at: string): Promise<object> =>
    client.refused(
      `{ graph(view: {kind: SYSTEM}${at}, nodesPage: {after: "${nodes.pageInfo.endCursor}"}) { nodes { nodes { id } } } }`,
    );
  const place = 'nodesPage.after';
  assert.deepEqual(await ask(', at: 6'), { code: 'INVALID_INPUT', reason: 'CURSOR_INVALID', place });
  assert.deepEqual(await ask(''), { code: 'NOT_FOUND', reason: 'CURSOR_STALE', place });
});

test('a snapshot that is named must be the one that the view had', async () => {
  const { snapshotId } = await pageAt(3, null);
  assert.equal((await pageAt(4, null, `kind: SYSTEM, snapshotId: "${snapshotId}"`)).snapshotId, snapshotId);
  assert.deepEqual(
    await client.refused(`{ graph(view: {kind: SYSTEM, snapshotId: "${snapshotId}"}, at: 6) { digest } }`),
    { code: 'NOT_FOUND', reason: 'SNAPSHOT_NOT_FOUND', place: 'view.snapshotId' },
  );
});

test('an event that there is not, and a view that was not there then, are refused', async () => {
  const refused = async (view: string, at: string): Promise<string> => {
    const { code, reason, place } = await client.refused(`{ graph(view: {${view}}, at: ${at}) { digest } }`);
    return `${code} ${reason} ${place}`;
  };
  assert.equal(await refused('kind: SYSTEM', '7'), 'NOT_FOUND EVENT_NOT_FOUND at');
  assert.equal(await refused('kind: SYSTEM', '"99999999999999999999"'), 'NOT_FOUND EVENT_NOT_FOUND at');
  assert.equal(await refused('kind: SYSTEM', '"-1"'), 'INVALID_INPUT ID_INVALID at');
  assert.equal(await refused('kind: SYSTEM', '"one"'), 'INVALID_INPUT ID_INVALID at');
  assert.equal(await refused('kind: SWS, swsId: 0', '0'), 'NOT_FOUND WORKSPACE_NOT_FOUND view.swsId');
  assert.equal(await refused('kind: SWS, swsId: 0', '3'), 'NOT_FOUND WORKSPACE_ENDED view.swsId');
  assert.equal(await refused('kind: SYSTEM, swsId: 0', '3'), 'INVALID_INPUT VIEW_INVALID view.swsId');
});

test('a query of many moments of long ago takes one place in the queue for them', async () => {
  await using host = await serveHost();
  const busy = host.host.mustGetWorld('main').loop;
  for (let i = 0; i < 100; i++) await busy.submit(createWorkspace());
  // More changes than recent worlds are kept for: what was before is made elsewhere.
  const many = Array.from({ length: 1500 }, (_, i) => addNode('note', utf8(`n${i}`)));
  for (let number = 0; number < 4; number++) {
    await busy.submit(applyRewrite(number, many));
    await busy.submit(collapseWorkspace(number));
  }
  const fields = Array.from(
    { length: 90 },
    (_, i) => `a${i}: graph(view: {kind: SWS, swsId: ${i}}, at: ${i + 1}) { digest }`,
  );
  const answer = await GraphqlClient.overHttp(`${host.url}/graphql`).data<object>(`{ ${fields.join(' ')} }`);
  assert.equal(Object.keys(answer).length, 90);
});

test('what a client that has gone asked of the past is not made', { timeout: 30_000 }, async () => {
  await using host = await serveHost();
  const { loop: written, past } = host.host.mustGetWorld('main');
  for (let i = 0; i < 4; i++) await written.submit(createWorkspace());
  const leaving = new AbortController();
  const abandoned = Promise.withResolvers<void>();
  mock.method(past, 'ask', async (...[, , , signal]: Parameters<typeof past.ask>) => {
    leaving.abort();
    assert.ok(signal !== undefined && !signal.aborted);
    await once(signal, 'abort');
    abandoned.resolve();
    throw new Failure('PAST_NOT_READY', 'at', 'as it may be told');
  });
  const fields = [1, 2, 3].map((at) => `a${at}: graph(view: {kind: SYSTEM}, at: ${at}) { digest }`);
  const body = JSON.stringify({ query: `{ ${fields.join(' ')} }` });
  const headers = { 'content-type': 'application/json' };
  await assert.rejects(fetch(`${host.url}/graphql`, { method: 'POST', headers, body, signal: leaving.signal }));
  await abandoned.promise;
});
