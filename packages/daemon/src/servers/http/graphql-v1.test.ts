/** v1 over real HTTP: its addresses, its worlds, and its budget beside the answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';

test('v1 is served beside v0, for every world, from the queries that Mercurius compiles', async () => {
  await using served = await serveHost();
  await served.host.createWorld('other');
  for (const [world, v0Path, v1Path] of [
    ['main', '/graphql', '/v1/graphql'],
    ['other', '/w/other/graphql', '/w/other/v1/graphql'],
  ] as const) {
    const [v0, v1] = [v0Path, v1Path].map((path) => GraphqlClient.overHttp(`${served.url}${path}`));
    await v0!.data('mutation { createSws { sws { id } } }');
    const ops = Array.from({ length: 25 }, (_, n) => ({ op: 'PutNode', data: { kind: 'k', key: `${n}`, set: { n } } }));
    await v0!.data(
      'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
      { ops },
    );
    const query = `query($first: Int!, $after: String) {
      world { name } workspaces { totalCount edges { node { id number state view { digest } } } }
      view(workspace: 0) { digest nodes(first: $first, after: $after) {
        totalCount edges { cursor node { __typename id data } } pageInfo { hasNextPage endCursor }
      } }
    }`;
    interface Page {
      readonly world: { readonly name: string };
      readonly view: {
        readonly digest: string;
        readonly nodes: {
          readonly edges: readonly { readonly node: { readonly id: string } }[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        };
      };
      readonly workspaces: {
        readonly totalCount: number;
        readonly edges: readonly { readonly node: { readonly view: { readonly digest: string } } }[];
      };
    }
    const ids: string[] = [];
    for (let endCursor: string | null = null; ;) {
      // More than once, so that the compiled query answers, too.
      const page: Page = await v1!.data<Page>(query, { first: 4, after: endCursor });
      assert.equal(page.world.name, world);
      assert.equal(page.workspaces.totalCount, 1);
      assert.equal(page.workspaces.edges[0]?.node.view.digest, page.view.digest);
      ids.push(...page.view.nodes.edges.map(({ node }) => node.id));
      if (!page.view.nodes.pageInfo.hasNextPage) break;
      endCursor = page.view.nodes.pageInfo.endCursor;
    }
    assert.equal(new Set(ids).size, 25);
    const named =
      'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on GraphNode { data } ... on Workspace { number } } }';
    const asked = [ids[0]!, 'workspace:0', 'world', 'workspace:7', 'view:0'];
    const { nodes } = await v1!.data<{ nodes: ({ __typename: string; id: string } | null)[] }>(named, { ids: asked });
    assert.deepEqual(
      nodes.map((node) => node?.__typename),
      ['GraphNode', 'Workspace', 'World', undefined, 'View'],
    );
    assert.deepEqual(
      nodes.map((node) => node?.id),
      asked.map((id, i) => (i === 3 ? undefined : id)),
    );
    const answer = await v1!.ask('{ view { digest } }');
    assert.deepEqual(answer.extensions?.budget.elements, { used: 1, max: 20_000 });
    assert.equal((await v0!.ask('{ kernelInfo { version } }')).extensions, undefined);
  }
});
