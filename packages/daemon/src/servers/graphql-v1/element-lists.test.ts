import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { Failure } from '../../errors/failure.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { createSurfaceV1 } from './schema.ts';

const SURFACE = createSurfaceV1();

/** Tasks are unique by their number, and take no other fields; notes are anything. */
const RULES = `type Task @node(key: "name") @unique(fields: ["number"]) {
  name: ID!
  number: Int!
  title: String
}`;

const put = (kind: string, key: string, set: object): object => ({ op: 'PutNode', data: { kind, key, set } });

async function write(v0: GraphqlClient, ops: readonly object[], swsId = '0'): Promise<void> {
  const mutation = `mutation($view: ViewRefInput!, $ops: [JSON!]!) { applyRewrite(view: $view, rewrite: {ops: $ops}) { accepted } }`;
  await v0.data(mutation, { view: { kind: 'SWS', swsId }, ops });
}

interface Listed {
  readonly view: {
    readonly nodes: {
      readonly totalCount: number | null;
      readonly edges: readonly { readonly node: { readonly data: { readonly n: number } } }[];
    };
  };
}

describe('filters and traversal', () => {
  let world: OpenWorld;
  let v0: GraphqlClient;
  let v1: GraphqlClient;
  let ids: readonly string[];

  before(async () => {
    world = await openMemoryWorld();
    v0 = GraphqlClient.inProcess(world);
    v1 = GraphqlClient.inProcess(world, SURFACE);
    await v0.data('mutation($sdl: String!) { proposeRulePack(input: {sdl: $sdl}) { rulePackId } }', { sdl: RULES });
    await world.rules.idle();
    await v0.data('mutation { createSws { sws { id } } }');
    const words = ['apple', 'apricot', 'zebra', '\u{10000}', '\uffff', 'a'];
    await write(v0, [
      ...words.map((word, n) => put('note', `n${n}`, { word, n })),
      put('note', 'n6', { word: 12, n: 2.5 }),
      put('note', 'n7', { n: { $int: '9007199254740993' } }),
      ...Array.from({ length: 5 }, (_, n) => put('Task', `t${n}`, { number: n, title: `title ${n}` })),
    ]);
    const query = '{ view(workspace: 0) { nodes(kinds: ["note"], first: 1000) { edges { node { elementId } } } } }';
    interface Ids {
      readonly view: {
        readonly nodes: { readonly edges: readonly { readonly node: { readonly elementId: string } }[] };
      };
    }
    ids = (await v1.data<Ids>(query)).view.nodes.edges.map(({ node }) => node.elementId);
    const chain = ids.slice(1).map((to, i) => ({ op: 'AddEdge', data: { from: ids[i], to, kind: 'next' } }));
    const back = { op: 'AddEdge', data: { from: ids.at(-1), to: ids[0], kind: 'back' } };
    await write(v0, [...chain, back, { op: 'AddEdge', data: { from: ids[0], to: ids[2], kind: 'skip' } }]);
  });
  after(() => world.close());

  async function found(where: readonly object[], kind = 'note'): Promise<number[]> {
    const query = `query($kinds: [String!], $where: [FieldFilter!]) {
      view(workspace: 0) { nodes(kinds: $kinds, where: $where) { totalCount edges { node { data } } } }
    }`;
    const { nodes } = (await v1.data<Listed>(query, { kinds: [kind], where })).view;
    assert.equal(nodes.totalCount, nodes.edges.length);
    return nodes.edges.map(({ node }) => node.data.n).toSorted((a, b) => a - b);
  }

  test('fields are compared by what they are', async () => {
    assert.deepEqual(await found([{ field: 'word', equals: 'zebra' }]), [2]);
    assert.deepEqual(await found([{ field: 'word', prefix: 'ap' }]), [0, 1]);
    assert.deepEqual(await found([{ field: 'word', prefix: '' }]), [0, 1, 2, 3, 4, 5]);
    // In UTF-8 U+10000 comes behind U+FFFF, in UTF-16 before it.
    assert.deepEqual(await found([{ field: 'word', above: '\uffff' }]), [3]);
    assert.deepEqual(await found([{ field: 'word', atLeast: 'apple', below: 'apricot' }]), [0]);
    assert.deepEqual(await found([{ field: 'n', atLeast: 2, atMost: 3 }]), [2, 2.5, 3]);
    assert.deepEqual(await found([{ field: 'n', above: 2, below: 3 }]), [2.5]);
    assert.equal((await found([{ field: 'n', above: { $int: '9007199254740992' } }])).length, 1);
    assert.deepEqual(
      await found([
        { field: 'n', above: 1 },
        { field: 'word', prefix: 'a' },
      ]),
      [5],
    );
    assert.deepEqual(await found([{ field: 'none', equals: 1 }]), []);
    assert.deepEqual(await found([{ field: 'word', equals: 12 }]), [2.5]);
  });

  test('a unique value is found by the index: nothing is looked at but what it finds', async () => {
    const query = `{ view(workspace: 0) { nodes(kinds: ["Task"], where: [{field: "number", equals: 3}]) { edges { node { data } } } } }`;
    const answer = await v1.ask(query);
    assert.equal(answer.extensions?.budget.scanned.used, 1);
    assert.equal(JSON.stringify(answer.data).includes('title 3'), true);
    const more = query.replace('equals: 3}', 'equals: 3}, {field: "title", equals: "title 4"}');
    assert.equal(JSON.stringify((await v1.ask(more)).data).includes('title'), false);
    const scan = await v1.ask(query.replace('equals: 3', 'atMost: 3'));
    assert.equal(scan.extensions?.budget.scanned.used, 5);
  });

  test('a pack is asked what its fields are', async () => {
    const refused = async (where: object, kinds: readonly string[] = ['Task']): Promise<string> => {
      const query = `query($kinds: [String!], $where: [FieldFilter!]) { view(workspace: 0) { nodes(kinds: $kinds, where: $where) { totalCount } } }`;
      const { reason, place } = await v1.refused(query, { kinds, where: [where] });
      return `${reason} ${place}`;
    };
    assert.equal(await refused({ field: 'nunber', equals: 3 }), 'FIELD_UNKNOWN where.nunber');
    assert.equal(await refused({ field: 'number', equals: '3' }), 'FORMAT_INVALID where.number');
    assert.equal(await refused({ field: 'number', prefix: '3' }), 'FORMAT_INVALID where.number');
    assert.equal(await refused({ field: 'title', above: 3 }), 'FORMAT_INVALID where.title');
    assert.equal(await refused({ field: 'n' }), 'FORMAT_INVALID where[0]');
    assert.equal(await refused({ field: 'n', above: 1, atLeast: 1 }), 'FORMAT_INVALID where[0].atLeast');
    assert.equal(await refused({ field: 'n', above: [1] }), 'FORMAT_INVALID where[0].above');
    assert.equal(await refused({ field: 'n', equals: 1 }, ['note', 'Task']), 'FORMAT_INVALID where');
  });

  test('edges are followed both ways, to a bounded depth', async () => {
    const query = `query($id: Hash!, $direction: Direction!, $kinds: [String!], $depth: Int!, $first: Int, $after: String) {
      view(workspace: 0) { node(elementId: $id) {
        out(first: 10) { totalCount edges { node { kind toId to { elementId } } } }
        in(kinds: ["next"]) { totalCount edges { node { kind fromId from { elementId } } } }
        reach(direction: $direction, kinds: $kinds, depth: $depth, first: $first, after: $after) {
          totalCount pageInfo { hasNextPage endCursor } edges { distance via { kind } node { elementId } }
        }
      } }
    }`;
    interface Walked {
      readonly view: {
        readonly node: {
          readonly out: {
            readonly totalCount: number;
            readonly edges: readonly {
              readonly node: {
                readonly kind: string;
                readonly toId: string;
                readonly to: { readonly elementId: string };
              };
            }[];
          };
          readonly in: {
            readonly totalCount: number;
            readonly edges: readonly {
              readonly node: { readonly fromId: string; readonly from: { readonly elementId: string } };
            }[];
          };
          readonly reach: {
            readonly totalCount: number;
            readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
            readonly edges: readonly {
              readonly distance: number;
              readonly via: { readonly kind: string };
              readonly node: { readonly elementId: string };
            }[];
          };
        };
      };
    }
    const walk = async (id: string | undefined, more: object): Promise<Walked['view']['node']> =>
      (await v1.data<Walked>(query, { id, direction: 'OUT', depth: 1, ...more })).view.node;
    const first = await walk(ids[0], { depth: 2 });
    assert.deepEqual(
      first.out.edges
        .map(({ node }) => [node.kind, node.toId === node.to.elementId])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      [
        ['next', true],
        ['skip', true],
      ],
    );
    assert.equal(first.out.totalCount, 2);
    assert.deepEqual(first.in, { totalCount: 0, edges: [] });
    const at = (...distances: readonly number[][]): unknown =>
      distances.map(([i, distance]) => [ids[i ?? 0], distance]);
    const reached = ({ reach }: Walked['view']['node']): unknown =>
      reach.edges.map(({ node, distance }) => [node.elementId, distance]);
    assert.deepEqual(
      reached(first),
      at(
        ...[
          [1, 1],
          [2, 1],
        ].toSorted(([a = 0], [b = 0]) => (ids[a]! < ids[b]! ? -1 : 1)),
        [3, 2],
      ),
    );
    assert.deepEqual(reached(await walk(ids[0], { depth: 2, kinds: ['next'] })), at([1, 1], [2, 2]));
    assert.deepEqual(reached(await walk(ids[1], { direction: 'IN', depth: 2 })), at([0, 1], [7, 2]));
    assert.equal((await walk(ids[3], { direction: 'BOTH', depth: 32 })).reach.totalCount, 7);
    const page = await walk(ids[0], { depth: 32, kinds: ['next'], first: 3 });
    assert.deepEqual([page.reach.edges.length, page.reach.totalCount, page.reach.pageInfo.hasNextPage], [3, 7, true]);
    const rest = await walk(ids[0], { depth: 32, kinds: ['next'], first: 10, after: page.reach.pageInfo.endCursor });
    assert.deepEqual(
      rest.reach.edges.map(({ distance }) => distance),
      [4, 5, 6, 7],
    );
    const refused = await v1.refused(query, { id: ids[0], direction: 'OUT', depth: 33 });
    assert.deepEqual([refused.reason, refused.place], ['FORMAT_INVALID', 'depth']);
  });

  test('nodes are named by kind and key, too, and found again by their ids', async () => {
    const { view } = await v1.data<{ view: { node: { id: string; elementId: string }; none: null } }>(
      '{ view(workspace: 0) { node(kind: "note", key: "n0") { id elementId } none: node(kind: "note", keyBytes: "bm9uZQ==") { id } } }',
    );
    assert.equal(view.none, null);
    const again = await v1.data<{ node: object }>(
      'query($id: ID!) { node(id: $id) { __typename id ... on GraphNode { elementId data } } }',
      { id: view.node.id },
    );
    assert.deepEqual(again.node, { __typename: 'GraphNode', ...view.node, data: { n: 0, word: 'apple' } });
    for (const args of ['', 'kind: "note"', 'key: "n0"', `elementId: "${view.node.elementId}", kind: "note"`]) {
      const refused = await v1.refused(`{ view(workspace: 0) { node${args === '' ? '' : `(${args})`} { id } } }`);
      assert.equal(refused.reason, 'FORMAT_INVALID');
    }
  });
});

describe('time', () => {
  test('what was is told as it was, and found again by ids that say when', async () => {
    const world = await openMemoryWorld();
    const v0 = GraphqlClient.inProcess(world);
    const v1 = GraphqlClient.inProcess(world, SURFACE);
    await v0.data('mutation { createSws { sws { id } } }');
    const query = `query($at: U64) { view(workspace: 0, at: $at) {
      at digest snapshotId
      nodes(last: 3) { totalCount snapshotId edges { node { id data out { totalCount } } } }
      node(kind: "k", key: "0") { id data reach(direction: BOTH) { totalCount } }
    } }`;
    interface Told {
      readonly view: {
        readonly at: string;
        readonly nodes: {
          readonly edges: readonly { readonly node: { readonly id: string; readonly data: object } }[];
        };
      };
    }
    const told: Told[] = [];
    for (let n = 0; n < 6; n++) {
      await write(v0, [put('k', '0', { n }), put('k', `${n}`, { n })]);
      told.push(await v1.data<Told>(query));
    }
    const unnamed = (text: string): string => text.replaceAll(/@\d+/g, '');
    for (const [n, live] of told.entries()) {
      const past = await v1.data<Told>(query, { at: live.view.at });
      assert.equal(unnamed(JSON.stringify(past)), JSON.stringify(live), `event ${live.view.at}`);
      const [edge] = past.view.nodes.edges;
      const node = await v1.data<{ node: object }>(
        'query($id: ID!) { node(id: $id) { ... on GraphNode { id data } } }',
        { id: edge?.node.id },
      );
      assert.deepEqual(node.node, { id: edge?.node.id, data: edge?.node.data });
      assert.match(edge?.node.id ?? '', new RegExp(`@${n + 2}:`));
    }
    await world.close();
  });
});

test('a cursor is taken by the list that it came from, and by no other world', async () => {
  const [world, other] = [await openMemoryWorld(), await openMemoryWorld()];
  const clients = [world, other].map(
    (each) => [GraphqlClient.inProcess(each), GraphqlClient.inProcess(each, SURFACE)] as const,
  );
  for (const [v0] of clients) {
    await v0.data('mutation { createSws { sws { id } } }');
    await write(
      v0,
      Array.from({ length: 5 }, (_, n) => put('k', `${n}`, { n })),
    );
  }
  const [[, v1], [, stranger]] = clients as [(typeof clients)[0], (typeof clients)[0]]; // there are two
  const list = (args: string): string =>
    `query($after: String) { view(workspace: 0) { nodes(${args}) { edges { cursor } pageInfo { endCursor } } } }`;
  interface Ended {
    readonly view: { readonly nodes: { readonly pageInfo: { readonly endCursor: string } } };
  }
  const { endCursor } = (await v1.data<Ended>(list('first: 2, after: $after'))).view.nodes.pageInfo;
  await v1.data(list('after: $after'), { after: endCursor });
  await v1.data(list('last: 1, after: $after'), { after: endCursor });
  const invalid = { code: 'INVALID_INPUT', reason: 'CURSOR_INVALID', place: 'after' };
  assert.deepEqual(await v1.refused(list('kinds: ["k"], after: $after'), { after: endCursor }), invalid);
  assert.deepEqual(await v1.refused(list('after: $after').replace('nodes', 'edges'), { after: endCursor }), invalid);
  assert.deepEqual(await stranger.refused(list('after: $after'), { after: endCursor }), invalid);
  assert.deepEqual(await v1.refused(list('after: $after'), { after: 'MTA=' }), invalid);
  for (const args of ['first: 0', 'first: 1001', 'last: -1', 'first: 1, last: 1']) {
    assert.equal((await v1.refused(list(`${args}, after: $after`))).reason, 'PAGE_INVALID', args);
  }
  await Promise.all([world.close(), other.close()]);
});

test('a cursor whose snapshot neither the shelf nor history can tell is stale, and says what to do', async () => {
  const world = await openMemoryWorld();
  const v0 = GraphqlClient.inProcess(world);
  const v1 = GraphqlClient.inProcess(world, SURFACE);
  await v0.data('mutation { createSws { sws { id } } }');
  await write(
    v0,
    Array.from({ length: 5 }, (_, n) => put('k', `${n}`, { n })),
  );
  const query =
    'query($after: String) { view(workspace: 0) { nodes(first: 2, after: $after) { pageInfo { endCursor } } } }';
  const { view } = await v1.data<{ view: { nodes: { pageInfo: { endCursor: string } } } }>(query);
  const cursor = view.nodes.pageInfo.endCursor;
  await write(v0, [put('k', 'more', {})]);
  world.shelf.drop(0);
  await v1.data(query, { after: cursor });
  const gone: OpenWorld = {
    ...world,
    past: Object.assign(Object.create(world.past) as typeof world.past, {
      ask: () => Promise.reject(new Failure('EVENT_ARCHIVED', 'at', 'archived')),
    }),
  };
  const late = GraphqlClient.inProcess(gone, SURFACE);
  const { errors } = await late.ask(query, { after: cursor });
  assert.equal(errors?.[0]?.extensions.reason, 'CURSOR_STALE');
  assert.equal(errors?.[0]?.extensions.advice, 'Start again from the first page.');
  await world.close();
});
