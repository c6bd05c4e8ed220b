/** What a query may ask of v1 at most, and how it is told what it has used. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { QueryBudget } from '../graphql/graphql-answer.ts';
import { createSurfaceV1 } from './schema.ts';

const SURFACE = createSurfaceV1();
const NODE_COUNT = 300;

describe('the budget', () => {
  let world: OpenWorld;
  let v1: GraphqlClient;
  before(async () => {
    world = await openMemoryWorld();
    const v0 = GraphqlClient.inProcess(world);
    v1 = GraphqlClient.inProcess(world, SURFACE);
    await v0.data('mutation { createSws { sws { id } } }');
    const mutation = `mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }`;
    const ops = Array.from({ length: NODE_COUNT }, (_, i) => ({
      op: 'PutNode',
      data: { kind: 'k', key: `${i}`, set: { i } },
    }));
    await v0.data(mutation, { ops });
    const { graph } = await v0.data<{ graph: { nodes: { nodes: { id: string }[] } } }>(
      '{ graph(view: {kind: SWS, swsId: 0}, nodesPage: {first: 1000}) { nodes { nodes { id } } } }',
    );
    const ids = graph.nodes.nodes.map(({ id }) => id);
    // Every node to a hundred others: what is reached over two edges lies behind more than can be looked at.
    for (let from = 0; from < ids.length; from += 75) {
      const edges = ids.slice(from, from + 75).flatMap((id, i) =>
        Array.from({ length: 100 }, (_, step) => ({
          op: 'AddEdge',
          data: { from: id, to: ids[(from + i + step + 1) % ids.length], kind: 'e' },
        })),
      );
      await v0.data(mutation, { ops: edges });
    }
  });
  after(() => world.close());

  async function budget(query: string, variables?: object): Promise<QueryBudget> {
    const { extensions, errors } = await v1.ask(query, { ...variables });
    assert.equal(errors, undefined);
    return extensions!.budget;
  }

  const reason = async (query: string, variables?: object): Promise<string> =>
    (await v1.refused(query, { ...variables })).reason;

  test('answers tell what was asked for, how deep, and what was looked at', async () => {
    assert.deepEqual(await budget('{ view { digest } }'), {
      elements: { used: 1, max: 20_000 },
      depth: { used: 2, max: 25 },
      scanned: { used: 0, max: 20_000 },
    });
    const nodes = (args: string): string => `{ view(workspace: 0) { nodes(${args}) { edges { node { id } } } } }`;
    assert.equal((await budget(nodes('first: 7'))).elements.used, 8);
    assert.equal((await budget(nodes('last: 9'))).elements.used, 10);
    assert.equal((await budget(nodes('kinds: ["k"]'))).elements.used, 101);
    assert.equal((await budget(nodes('first: 7'))).scanned.used, 7);
    const query =
      'query($n: Int) { view(workspace: 0) { nodes(first: $n) { edges { node { out(last: $n) { edges { node { to { id } } } } } } } } }';
    const used = await budget(query, { n: 10 });
    assert.deepEqual([used.elements.used, used.depth.used], [1 + 10 + 100 + 100, 9]);
    assert.equal(
      (await budget('{ nodes(ids: ["view:0", "view:0"]) { ... on View { nodes(first: 10) { edges { cursor } } } } }'))
        .elements.used,
      23,
    );
    // Pages that nobody asks the edges of are none.
    assert.equal((await budget('{ view(workspace: 0) { nodes(first: 1000) { totalCount } } }')).elements.used, 1);
  });

  test('traversal bombs are refused before anything is read', async () => {
    const hop = (inner: string): string => `out { edges { node { to { elementId ${inner} } } } }`;
    const bomb = (hops: number): string =>
      `{ view(workspace: 0) { nodes { edges { node { ${Array.from({ length: hops }).reduce<string>((inner) => hop(inner), '')} } } } } }`;
    assert.equal(await reason(bomb(2)), 'QUERY_TOO_LARGE');
    assert.equal(await reason(bomb(8)), 'QUERY_TOO_LARGE');
    assert.equal(
      await reason(bomb(8).replaceAll('out {', 'out(first: 1) {').replace('nodes {', 'nodes(first: 1) {')),
      'QUERY_TOO_DEEP',
    );
    const fragments = `fragment F on GraphNode { out { edges { node { to { ...F } } } } }`;
    assert.equal(await reason(`{ view { node(kind: "k", key: "1") { ...F } } } ${fragments}`), 'GRAPHQL_INVALID');
    const inline =
      '{ node(id: "view:0") { ... on View { nodes(first: 1000) { edges { node { ... on GraphNode { out(first: 1000) { edges { cursor } } } } } } } } }';
    assert.equal(await reason(inline), 'QUERY_TOO_LARGE');
    const ids = Array.from({ length: 100 }, () => 'view:0');
    assert.equal(
      await reason(
        'query($ids: [ID!]!) { nodes(ids: $ids) { ... on View { nodes(first: 500) { edges { cursor } } } } }',
        { ids },
      ),
      'QUERY_TOO_LARGE',
    );
    assert.equal(
      await reason('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [...ids, 'view:0'] }),
      'FORMAT_INVALID',
    );
  });

  test('aliases are counted as often as they stand', async () => {
    const aliases = (count: number, field: string): string =>
      Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
    assert.equal(await reason(`{ view { ${aliases(201, 'nodes { edges { cursor } }')} } }`), 'QUERY_TOO_LARGE');
    assert.equal(await reason(`{ ${aliases(4000, 'view { digest }')} }`), 'QUERY_TOO_LARGE');
    assert.equal((await budget(`{ ${aliases(1000, 'view { digest }')} }`)).elements.used, 1000);
    const named = '{ view(workspace: 0) { node(kind: "k", key: "1") { __proto__: digest } } }';
    assert.equal(await reason(named), 'GRAPHQL_INVALID');
  });

  test('what is looked at counts while a query runs, and no part is told as the whole', async () => {
    const reach = (depth: number, field = 'reach'): string => `${field}(depth: ${depth}) { totalCount }`;
    const node = (fields: string): string => `{ view(workspace: 0) { node(kind: "k", key: "1") { ${fields} } } }`;
    assert.equal((await budget(node(reach(1)))).scanned.used, 101);
    const refused = await v1.refused(node(reach(4)));
    assert.deepEqual([refused.reason, refused.place], ['QUERY_TOO_LARGE', 'depth']);
    assert.ok((await budget(node(reach(2)))).scanned.used > 10_000);
    const answer = await v1.ask(node(Array.from({ length: 9 }, (_, i) => reach(2, `a${i}: reach`)).join(' ')));
    assert.deepEqual([...new Set(answer.errors?.map(({ extensions }) => extensions.reason))], ['QUERY_TOO_LARGE']);
    const filtered = `{ view(workspace: 0) { ${Array.from({ length: 80 }, (_, i) => `a${i}: nodes(kinds: ["k"], where: [{field: "i", below: 0}]) { totalCount }`).join(' ')} } }`;
    assert.equal((await v1.ask(filtered)).errors?.[0]?.extensions.reason, 'QUERY_TOO_LARGE');
  });
});
