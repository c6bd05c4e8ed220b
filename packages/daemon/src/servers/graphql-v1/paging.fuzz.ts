/** Laws of paging: whatever is written meanwhile, pages are what Relay's specification cuts out of the list as it was. */
import assert from 'node:assert/strict';
import { asyncLaw } from '@jitos/testkit/kernel/law.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import * as fc from 'fast-check';
import { createSurfaceV1 } from './schema.ts';

interface PageArgs {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string | null;
  readonly before?: string | null;
}

interface Connection {
  readonly totalCount: number;
  readonly snapshotId: string;
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly elementId: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

type ListName = 'nodes' | 'edges';

const SURFACE = createSurfaceV1();
const FIELDS = `totalCount snapshotId edges { cursor node { elementId } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const KINDS = ['even', 'odd', 'none'];

const put = (i: number): object => {
  return { op: 'PutNode', data: { kind: i % 2 === 0 ? 'even' : 'odd', key: `k${i}`, set: { n: i } } };
};

class Lists {
  readonly #v0: GraphqlClient;
  readonly #v1: GraphqlClient;

  constructor(v0: GraphqlClient, v1: GraphqlClient) {
    this.#v0 = v0;
    this.#v1 = v1;
  }

  async write(ops: readonly object[]): Promise<void> {
    const mutation = `mutation($ops: [JSON!]!) {
      applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted }
    }`;
    if (ops.length > 0) await this.#v0.data(mutation, { ops });
  }

  async page(list: ListName, kinds: readonly string[] | null, args: PageArgs): Promise<Connection> {
    const query = `query($kinds: [String!], $first: Int, $after: String, $last: Int, $before: String) {
      view(workspace: 0) {
        list: ${list}(kinds: $kinds, first: $first, after: $after, last: $last, before: $before) { ${FIELDS} }
      }
    }`;
    return (await this.#v1.data<{ view: { list: Connection } }>(query, { kinds, ...args })).view.list;
  }
}

/** EdgesToReturn of Relay's specification, and what is left at either end. */
function relay(ids: readonly string[], { first, last, after, before }: PageArgs, cursors: readonly string[]): object {
  const start = typeof after === 'string' ? cursors.indexOf(after) + 1 : 0;
  const end = typeof before === 'string' ? cursors.indexOf(before) : ids.length;
  const inside = ids.slice(start, Math.max(start, end));
  const chosen = first === undefined ? inside.slice(-(last ?? 0)) : inside.slice(0, first);
  const isLonger = inside.length > chosen.length;
  return {
    ids: chosen,
    hasNextPage: first === undefined ? typeof before === 'string' : isLonger,
    hasPreviousPage: first === undefined ? isLonger : typeof after === 'string',
  };
}

function told({ edges, pageInfo }: Connection): object {
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  assert.equal(startCursor, edges[0]?.cursor ?? null);
  assert.equal(endCursor, edges.at(-1)?.cursor ?? null);
  return { ids: idsOf(edges), hasNextPage, hasPreviousPage };
}

function idsOf(edges: Connection['edges']): string[] {
  return edges.map(({ node }) => node.elementId);
}

asyncLaw('pages of nodes and edges, from either end and between any two cursors, are those of the list as it was', {
  inputs: fc.record({
    list: fc.constantFrom<ListName>('nodes', 'edges'),
    nodeCount: fc.nat({ max: 40 }),
    kinds: fc.option(fc.subarray(KINDS)),
    asks: fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 12 }),
        from: fc.constantFrom('first', 'last'),
        after: fc.option(fc.nat({ max: 50 })),
        before: fc.option(fc.nat({ max: 50 })),
        writes: fc.nat({ max: 3 }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    stride: fc.integer({ min: 1, max: 9 }),
  }),
  runs: 40,
  holds: async ({ list, nodeCount, kinds, asks, stride }) => {
    const world = await openMemoryWorld();
    const v0 = GraphqlClient.inProcess(world);
    const lists = new Lists(v0, GraphqlClient.inProcess(world, SURFACE));
    await v0.data('mutation { createSws { sws { id } } }');
    await lists.write(Array.from({ length: nodeCount }, (_, i) => put(i)));
    const nodeIds = idsOf((await lists.page('nodes', null, { first: 1000 })).edges);
    const edge = (i: number): object => {
      const kind = i % 3 === 0 ? 'even' : 'odd';
      return { op: 'AddEdge', data: { from: nodeIds[i], to: nodeIds[(i * 7) % nodeIds.length], kind, key: `e${i}` } };
    };
    await lists.write(nodeIds.map((_, i) => edge(i)));

    const whole = await lists.page(list, kinds, { first: 1000 });
    const ids = idsOf(whole.edges);
    const cursors = whole.edges.map(({ cursor }) => cursor);
    assert.equal(whole.totalCount, ids.length);
    assert.deepEqual(ids, ids.toSorted());
    let written = 1000;
    const writeSome = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await lists.write([put(written++), put(0)]);
    };
    for (const { count, from, after, before, writes } of asks) {
      const bounds = { after: cursors[after ?? -1] ?? null, before: cursors[before ?? -1] ?? null };
      const args = { [from]: count, ...bounds };
      await writeSome(writes);
      const page = await lists.page(list, kinds, args);
      if (bounds.after === null && bounds.before === null) continue;
      assert.deepEqual(told(page), relay(ids, args, cursors));
      assert.deepEqual([page.totalCount, page.snapshotId], [ids.length, whole.snapshotId]);
    }

    // All of it, a page at a time: forth and back again.
    const forth: string[] = [];
    let page = await lists.page(list, kinds, { first: stride });
    const now = idsOf((await lists.page(list, kinds, { first: 1000 })).edges);
    const { totalCount } = page;
    assert.equal(totalCount, now.length);
    forth.push(...idsOf(page.edges));
    while (page.pageInfo.hasNextPage) {
      await writeSome(1);
      page = await lists.page(list, kinds, { first: stride, after: page.pageInfo.endCursor });
      assert.equal(page.totalCount, totalCount);
      forth.push(...idsOf(page.edges));
    }
    assert.deepEqual(forth, now);
    const back: string[] = idsOf(page.edges);
    while (page.pageInfo.hasPreviousPage && page.edges.length > 0) {
      await writeSome(1);
      page = await lists.page(list, kinds, { last: stride, before: page.pageInfo.startCursor });
      back.unshift(...idsOf(page.edges));
    }
    assert.deepEqual(back, now);
    await world.close();
  },
});
