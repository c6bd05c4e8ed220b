import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

interface PageInfo {
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

interface Element {
  readonly id: string;
  readonly kind: string;
}

interface Read {
  readonly graph: {
    readonly digest: string;
    readonly snapshotId: string;
    readonly nodes: { readonly nodes: readonly Element[]; readonly pageInfo: PageInfo };
    readonly edges: { readonly edges: readonly Element[]; readonly pageInfo: PageInfo };
  };
}

const READ = `query($view: ViewRefInput!, $nodesPage: PageInput, $edgesPage: PageInput, $nodeFilter: NodeFilterInput, $edgeFilter: EdgeFilterInput) {
  graph(view: $view, nodesPage: $nodesPage, edgesPage: $edgesPage, nodeFilter: $nodeFilter, edgeFilter: $edgeFilter) {
    digest snapshotId
    nodes { nodes { id kind } pageInfo { endCursor hasNextPage } }
    edges { edges { id kind } pageInfo { endCursor hasNextPage } }
  }
}`;

const SWS = { kind: 'SWS', swsId: '0' };
const SYSTEM = { kind: 'SYSTEM' };

/** A world whose workspace 0 has keyed nodes of two kinds, a third of them with a field `odd`, and a chain of edges. */
async function filledWorld(nodeCount: number): Promise<{ world: OpenWorld; client: GraphqlClient; ids: string[] }> {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  await client.data('mutation { createSws { sws { id } } }');
  await write(
    client,
    Array.from({ length: nodeCount }, (_, i) => put(i)),
  );
  const ids = (await read(client, { nodesPage: { first: 1000 } })).graph.nodes.nodes.map(({ id }) => id);
  const edges = ids
    .slice(1)
    .map((to, i) => ({ op: 'AddEdge', data: { from: ids[i], to, kind: i % 2 === 0 ? 'even' : 'odd' } }));
  if (edges.length > 0) await write(client, edges);
  return { world, client, ids };
}

function put(i: number): object {
  return {
    op: 'PutNode',
    data: { kind: i % 2 === 0 ? 'even' : 'odd', key: `k${i}`, set: i % 3 === 0 ? { third: i } : {} },
  };
}

async function write(client: GraphqlClient, ops: readonly unknown[]): Promise<void> {
  await client.data(
    'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
    { ops },
  );
}

function read(client: GraphqlClient, variables: object): Promise<Read> {
  return client.data<Read>(READ, { view: SWS, ...variables });
}

/** All nodes, page by page; `between` runs between two pages. */
async function walk(
  client: GraphqlClient,
  first: number,
  between: () => Promise<void>,
  more: object = {},
): Promise<Read['graph'][]> {
  const pages: Read['graph'][] = [];
  for (let after: string | null = null; ;) {
    const { graph } = await read(client, { nodesPage: { first, after }, ...more });
    pages.push(graph);
    if (!graph.nodes.pageInfo.hasNextPage) return pages;
    after = graph.nodes.pageInfo.endCursor;
    await between();
  }
}

test('pages of any size list every node once, in order of id', async () => {
  const { world, client, ids } = await filledWorld(40);
  assert.deepEqual(ids, ids.toSorted());
  for (const first of [1, 7, 40, 1000]) {
    const pages = await walk(client, first, () => Promise.resolve());
    assert.deepEqual(
      pages.flatMap((page) => page.nodes.nodes.map(({ id }) => id)),
      ids,
    );
    assert.ok(pages.every((page) => page.nodes.nodes.length <= first));
  }
  await world.close();
});

test('pages go on in the snapshot that they began in, whatever is written meanwhile', async () => {
  const { world, client, ids } = await filledWorld(20);
  const { digest, snapshotId } = (await read(client, {})).graph;
  let next = 1000;
  const pages = await walk(client, 3, () =>
    write(client, [put(next++), { op: 'PutNode', data: { kind: 'even', key: 'k0', set: { n: next } } }]),
  );
  assert.deepEqual(
    pages.flatMap((page) => page.nodes.nodes.map(({ id }) => id)),
    ids,
  );
  for (const page of pages)
    assert.deepEqual({ digest: page.digest, snapshotId: page.snapshotId }, { digest, snapshotId });
  const now = (await read(client, { nodesPage: { first: 1000 } })).graph;
  assert.equal(now.nodes.nodes.length, ids.length + pages.length - 1);
  assert.notEqual(now.snapshotId, snapshotId);
  await world.close();
});

test('a cursor is enough to go on: the reader need not ask for the snapshot', async () => {
  const { world, client } = await filledWorld(6);
  interface Page {
    readonly graph: { readonly nodes: { readonly nodes: readonly Element[]; readonly pageInfo: PageInfo } };
  }
  const query =
    'query($page: PageInput) { graph(view: {kind: SWS, swsId: 0}, nodesPage: $page) { nodes { nodes { id } pageInfo { endCursor hasNextPage } } } }';
  const first = (await client.data<Page>(query, { page: { first: 4 } })).graph.nodes;
  await write(client, [put(50)]);
  const next = (await client.data<Page>(query, { page: { first: 4, after: first.pageInfo.endCursor } })).graph.nodes;
  assert.deepEqual([first.nodes.length, next.nodes.length, next.pageInfo.hasNextPage], [4, 2, false]);
  await world.close();
});

test('a snapshotId brings back the view as it was', async () => {
  const { world, client } = await filledWorld(5);
  const before = (await read(client, {})).graph;
  await write(client, [put(100)]);
  const after = (await read(client, {})).graph;
  assert.notEqual(after.digest, before.digest);
  for (const graph of [before, after]) {
    const again = (await read(client, { view: { ...SWS, snapshotId: graph.snapshotId } })).graph;
    assert.deepEqual(
      [again.digest, again.snapshotId, again.nodes.nodes],
      [graph.digest, graph.snapshotId, graph.nodes.nodes],
    );
  }
  const node = `query($view: ViewRefInput!, $id: ID!) { node(view: $view, id: $id) { kind } }`;
  const [added] = after.nodes.nodes.filter(({ id }) => !before.nodes.nodes.some((other) => other.id === id));
  assert.deepEqual(await client.data(node, { view: SWS, id: added?.id }), { node: { kind: 'even' } });
  assert.deepEqual(await client.refused(node, { view: { ...SWS, snapshotId: before.snapshotId }, id: added?.id }), {
    code: 'NOT_FOUND',
    reason: 'ELEMENT_NOT_FOUND',
    place: 'id',
  });
  await world.close();
});

test('a snapshot of another view, or of none, is not found', async () => {
  const { world, client } = await filledWorld(2);
  const { snapshotId } = (await read(client, {})).graph;
  const notFound = { code: 'NOT_FOUND', reason: 'SNAPSHOT_NOT_FOUND', place: 'view.snapshotId' };
  assert.deepEqual(await client.refused(READ, { view: { ...SYSTEM, snapshotId } }), notFound);
  assert.deepEqual(await client.refused(READ, { view: { ...SWS, snapshotId: 'ab'.repeat(32) } }), notFound);
  assert.equal((await client.refused(READ, { view: { ...SWS, snapshotId: 'x' } })).reason, 'ID_INVALID');
  await world.close();
});

test('filters: kinds, fields, ends of edges', async () => {
  const { world, client, ids } = await filledWorld(30);
  const nodes = async (nodeFilter: object): Promise<number> =>
    (await read(client, { nodeFilter })).graph.nodes.nodes.length;
  assert.equal(await nodes({ kinds: ['even'] }), 15);
  assert.equal(await nodes({ kinds: ['even', 'odd', 'even', 'none'] }), 30);
  assert.equal(await nodes({ kinds: [] }), 0);
  assert.equal(await nodes({ hasKeys: ['third'] }), 10);
  assert.equal(await nodes({ kinds: ['odd'], hasKeys: ['third'] }), 5);
  assert.equal(await nodes({ hasKeys: ['third', 'other'] }), 0);
  const edges = async (edgeFilter: object): Promise<number> =>
    (await read(client, { edgeFilter })).graph.edges.edges.length;
  assert.equal(await edges({}), 29);
  assert.equal(await edges({ kinds: ['odd'] }), 14);
  assert.equal(await edges({ from: ids[3] }), 1);
  assert.equal(await edges({ from: ids[3], to: ids[4], kinds: ['odd'] }), 1);
  assert.equal(await edges({ from: ids[3], to: ids[5] }), 0);
  assert.equal(await edges({ to: ids[0] }), 0);
  const pages = await walk(client, 2, () => Promise.resolve(), { nodeFilter: { hasKeys: ['third'] } });
  assert.equal(pages.flatMap((page) => page.nodes.nodes).length, 10);
  await world.close();
});

test('edges are paged as nodes are, and one query pages both', async () => {
  const { world, client } = await filledWorld(12);
  const first = (await read(client, { nodesPage: { first: 5 }, edgesPage: { first: 4 } })).graph;
  await write(client, [put(500)]);
  const next = (
    await read(client, {
      nodesPage: { first: 5, after: first.nodes.pageInfo.endCursor },
      edgesPage: { first: 100, after: first.edges.pageInfo.endCursor },
    })
  ).graph;
  assert.equal(next.snapshotId, first.snapshotId);
  assert.equal(next.nodes.nodes.length, 5);
  assert.equal(next.edges.edges.length, 7);
  assert.equal(next.edges.pageInfo.hasNextPage, false);
  await world.close();
});

test('a cursor is taken where it was made, and nowhere else', async () => {
  const { world, client } = await filledWorld(10);
  const { graph } = await read(client, { nodesPage: { first: 2 }, edgesPage: { first: 2 } });
  const after = graph.nodes.pageInfo.endCursor!;
  const invalid = { code: 'INVALID_INPUT', reason: 'CURSOR_INVALID', place: 'nodesPage.after' };
  for (const text of ['', 'x', '5', `${after.slice(0, -4)}AAAA`, graph.edges.pageInfo.endCursor]) {
    assert.deepEqual(await client.refused(READ, { view: SWS, nodesPage: { after: text } }), invalid);
  }
  assert.deepEqual(await client.refused(READ, { view: SYSTEM, nodesPage: { after } }), invalid);
  assert.deepEqual(await client.refused(READ, { view: SWS, edgesPage: { after } }), {
    ...invalid,
    place: 'edgesPage.after',
  });
  await write(client, [put(77)]);
  const now = (await read(client, { nodesPage: { first: 2 }, edgesPage: { first: 2 } })).graph;
  const bothPages = { nodesPage: { after }, edgesPage: { after: now.edges.pageInfo.endCursor } };
  assert.deepEqual(await client.refused(READ, { view: SWS, ...bothPages }), { ...invalid, place: 'edgesPage.after' });
  const view = { ...SWS, snapshotId: now.snapshotId };
  assert.deepEqual(await client.refused(READ, { view, nodesPage: { after } }), invalid);
  await world.close();
});

test('a cursor whose snapshot is not kept any more is stale', async () => {
  const { world, client } = await filledWorld(10);
  const { graph } = await read(client, { nodesPage: { first: 2 } });
  const cursor = decodeCursor(graph.nodes.pageInfo.endCursor!)!;
  const after = encodeCursor({ ...cursor, snapshotId: cursor.lastId });
  assert.deepEqual(await client.refused(READ, { view: SWS, nodesPage: { after } }), {
    code: 'NOT_FOUND',
    reason: 'CURSOR_STALE',
    place: 'nodesPage.after',
  });
  await world.close();
});

test('rewrites and workspaces go on after a number', async () => {
  const { world, client } = await filledWorld(1);
  for (let i = 0; i < 7; i++) await write(client, [put(i)]);
  for (let i = 0; i < 5; i++) await client.data('mutation { createSws { sws { id } } }');
  const rewrites = async (page: object): Promise<string[]> => {
    const query = 'query($page: PageInput) { rewrites(view: {kind: SWS, swsId: 0}, page: $page) { idx } }';
    return (await client.data<{ rewrites: { idx: string }[] }>(query, { page })).rewrites.map(({ idx }) => idx);
  };
  assert.deepEqual(await rewrites({ first: 4 }), ['0', '1', '2', '3']);
  assert.deepEqual(await rewrites({ first: 4, after: '3' }), ['4', '5', '6', '7']);
  assert.deepEqual(await rewrites({ after: '6' }), ['7']);
  assert.deepEqual(await rewrites({ after: '7' }), []);
  assert.deepEqual(await rewrites({ after: '99999999999999999999' }), []);
  const workspaces = async (page: object): Promise<string[]> => {
    const query = 'query($page: PageInput) { listSws(page: $page) { id } }';
    return (await client.data<{ listSws: { id: string }[] }>(query, { page })).listSws.map(({ id }) => id);
  };
  await client.data('mutation { discardSws(input: {swsId: 2}) { discarded } }');
  assert.deepEqual(await workspaces({}), ['0', '1', '3', '4', '5']);
  assert.deepEqual(await workspaces({ first: 2, after: '1' }), ['3', '4']);
  assert.deepEqual(await workspaces({ after: '2' }), ['3', '4', '5']);
  await world.close();
});

test('a page ends early where its elements are large, and a query is refused when it has had its fill', async () => {
  const { world, client } = await filledWorld(1);
  const payload = Buffer.alloc(1_048_576, 7);
  for (let i = 0; i < 9; i++) {
    payload.writeUInt32BE(i);
    await write(client, [{ op: 'AddNode', data: { kind: 'large', payload_b64: payload.toString('base64') } }]);
  }
  const page = (name: string, fields: string): string =>
    `${name}: graph(view: {kind: SWS, swsId: 0}) { nodes { nodes { ${fields} } pageInfo { hasNextPage } } }`;
  const lengths = async (fields: string): Promise<[number, boolean]> => {
    const { a } = await client.data<{ a: { nodes: { nodes: object[]; pageInfo: PageInfo } } }>(
      `{ ${page('a', fields)} }`,
    );
    return [a.nodes.nodes.length, a.nodes.pageInfo.hasNextPage];
  };
  assert.deepEqual(await lengths('id'), [10, false]);
  assert.deepEqual(await lengths('id data'), [4, true]);
  assert.deepEqual(await lengths('id data b: data'), [2, true]);
  const all = await walk(client, 1000, () => Promise.resolve(), { nodesPage: undefined });
  assert.equal(all.flatMap(({ nodes }) => nodes.nodes).length, 10);
  const many = Array.from({ length: 12 }, (_, i) => page(`p${i}`, 'data')).join(' ');
  assert.equal((await client.ask(`{ ${many} }`)).errors?.[0]?.extensions.reason, 'QUERY_TOO_LARGE');
  const rewrites = await client.data<{ rewrites: object[] }>('{ rewrites(view: {kind: SWS, swsId: 0}) { idx ops } }');
  assert.ok(rewrites.rewrites.length < 9);
  await world.close();
});

test('what filters pass over counts as well', async () => {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  await client.data('mutation { createSws { sws { id } } }');
  for (let from = 0; from < 21_000; from += 7000)
    await write(
      client,
      Array.from({ length: 7000 }, (_, i) => put(from + i)),
    );
  const page = (name: string): string =>
    `${name}: graph(view: {kind: SWS, swsId: 0}, nodeFilter: {hasKeys: ["none"]}) { nodes { nodes { id } pageInfo { hasNextPage endCursor } } }`;
  const { a } = await client.data<{ a: { nodes: { nodes: object[]; pageInfo: PageInfo } } }>(`{ ${page('a')} }`);
  assert.deepEqual([a.nodes.nodes.length, a.nodes.pageInfo.hasNextPage], [0, true]);
  assert.equal((await client.refused(`{ ${page('a')} ${page('b')} }`)).reason, 'QUERY_TOO_LARGE');
  const after = a.nodes.pageInfo.endCursor;
  const rest = await read(client, { nodesPage: { after }, nodeFilter: { hasKeys: ['none'] } });
  assert.equal(rest.graph.nodes.pageInfo.hasNextPage, false);
  await world.close();
});
