/** What v1 tells of history and does to it, over HTTP, beside what v0 tells of the same. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';

const put = (key: string, set: object): object => ({ op: 'PutNode', data: { kind: 'k', key, set } });

const PAYLOAD = `done problemCount problems { __typename ... on Conflict { elementId class } ... on Offender { elementId expected found } }
  receipt { idx digest snapshotId proof event { id kind rewriteIdx principal meta policy collapses { workspace committed mode conflictCount policy { name } } } }
  workspace { id number state opCount view { digest } }`;

interface Payload {
  readonly done: boolean;
  readonly problemCount: string;
  readonly problems: readonly { readonly __typename: string; readonly elementId: string; readonly class?: string }[];
  readonly receipt: {
    readonly idx: string;
    readonly digest: string | null;
    readonly snapshotId: string | null;
    readonly proof: { readonly idx: number } | null;
    readonly event: {
      readonly id: string;
      readonly kind: string;
      readonly meta: unknown;
      readonly collapses: readonly {
        readonly workspace: number;
        readonly committed: boolean;
        readonly mode: string | null;
      }[];
    };
  } | null;
  readonly workspace: {
    readonly number: number;
    readonly state: string;
    readonly opCount: number | null;
    readonly view: { readonly digest: string } | null;
  } | null;
}

describe('history over HTTP', () => {
  let served: ServedHost;
  let v0: GraphqlClient;
  let v1: GraphqlClient;

  before(async () => {
    served = await serveHost();
    v0 = GraphqlClient.overHttp(`${served.url}/graphql`);
    v1 = GraphqlClient.overHttp(`${served.url}/v1/graphql`);
  });
  after(() => served[Symbol.asyncDispose]());

  async function run(field: string, input: object): Promise<Payload> {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation($input: ${type}!) { ${field}(input: $input) { ${PAYLOAD} world { eventCount } } }`;
    return (await v1.data<Record<string, Payload>>(query, { input }))[field]!;
  }

  async function workspaceWith(...ops: readonly object[]): Promise<number> {
    const { workspace } = await run('createWorkspace', {});
    if (ops.length > 0) await run('applyRewrite', { workspace: workspace!.number, ops });
    return workspace!.number;
  }

  test('every command answers in one form, and outcomes are no errors', async () => {
    const first = await run('createWorkspace', { meta: { why: 'test' }, requestId: 'a' });
    assert.deepEqual(
      [first.done, first.receipt?.event.kind, first.receipt?.event.meta],
      [true, 'SWS_CREATED', { why: 'test' }],
    );
    assert.deepEqual(
      await run('createWorkspace', { meta: { why: 'test' }, requestId: 'a' }).then(({ receipt }) => receipt?.idx),
      first.receipt?.idx,
    );
    const { number } = first.workspace!;
    const written = await run('applyRewrite', { workspace: number, ops: [put('a', { n: 1 })] });
    assert.equal(written.receipt?.digest, written.workspace?.view?.digest);
    assert.equal(written.receipt?.proof?.idx, Number(written.receipt?.idx));
    assert.deepEqual([written.workspace?.state, written.workspace?.opCount], ['ACTIVE', 1]);

    const other = await workspaceWith(put('a', { n: 2 }));
    const preview = await v1.data<{ previewCollapse: Payload }>(
      `query($input: CollapseWorkspaceInput!) { previewCollapse(input: $input) { ${PAYLOAD} } }`,
      { input: { workspace: number } },
    );
    const collapsed = await run('collapseWorkspace', { workspace: number });
    assert.deepEqual({ ...preview.previewCollapse.receipt, proof: null }, { ...collapsed.receipt, proof: null });
    assert.equal(preview.previewCollapse.receipt?.proof, null);
    assert.deepEqual(
      [collapsed.done, collapsed.workspace?.state, collapsed.workspace?.view],
      [true, 'COLLAPSED', null],
    );
    assert.deepEqual(
      collapsed.receipt?.event.collapses.map(({ workspace, committed, mode }) => [workspace, committed, mode]),
      [[number, true, 'forward']],
    );

    const aborted = await run('collapseWorkspace', { workspace: other, policy: 'fail-fast' });
    assert.deepEqual([aborted.done, aborted.problemCount, aborted.problems[0]?.__typename], [false, '1', 'Conflict']);
    assert.equal(aborted.workspace?.state, 'ACTIVE');
    const unsettled = await run('rebaseWorkspace', { workspace: other, policyNumber: 1 });
    assert.deepEqual([unsettled.done, unsettled.receipt, unsettled.problemCount], [false, null, '1']);
    const elementId = unsettled.problems[0]!.elementId;
    const choices = [{ elementId, side: 'OURS' }];
    const rebasing = await v1.data<{ previewRebase: Payload }>(
      `query($input: RebaseWorkspaceInput!) { previewRebase(input: $input) { ${PAYLOAD} } }`,
      { input: { workspace: other, choices } },
    );
    const rebased = await run('rebaseWorkspace', { workspace: other, choices });
    assert.deepEqual([rebased.done, rebased.receipt?.digest], [true, rebasing.previewRebase.receipt?.digest]);
    assert.equal(rebasing.previewRebase.workspace?.opCount, rebased.workspace?.opCount);
    const second = await run('collapseWorkspace', { workspace: other });
    assert.equal(second.done, true);

    const blocked = await run('undoCollapse', { event: collapsed.receipt?.idx });
    assert.deepEqual([blocked.done, blocked.problems.map(({ __typename }) => __typename)], [false, ['Offender']]);
    const undone = await run('undoCollapse', { event: second.receipt?.idx });
    assert.deepEqual([undone.done, undone.workspace?.opCount], [true, 1]);
    const discarded = await run('discardWorkspace', { workspace: undone.workspace?.number, reason: 'enough' });
    assert.deepEqual([discarded.done, discarded.workspace?.state], [true, 'DISCARDED']);

    const pair = [await workspaceWith(put('x', {})), await workspaceWith(put('y', {}))];
    const batched = await run('collapseBatch', { workspaces: pair });
    assert.deepEqual(
      batched.receipt?.event.collapses.map(({ workspace, committed }) => [workspace, committed]),
      pair.map((each) => [each, true]),
    );

    await run('changeSettings', { abortsMax: 3, workspaceIdleTicksMax: 4_294_967_295 });
    const sdl = 'type Note @node(kind: "note")';
    const proposed = await run('proposeRules', { sdl });
    const { world } = await v1.data<{
      world: { settings: { abortsMax: number }; proposal: { packId: string; proposedAt: string }; policies: object[] };
    }>(
      '{ world { settings { abortsMax workspaceIdleTicksMax defaultPolicy { name number } } proposal { packId proposedAt state offenders { elementId } } policies { number name } } }',
    );
    assert.deepEqual([world.settings.abortsMax, world.proposal.proposedAt], [3, proposed.receipt?.idx]);
    await served.host.mustGetWorld('main').rules.idle();
    const late = await v1.refused('mutation($input: WithdrawRulesInput!) { withdrawRules(input: $input) { done } }', {
      input: { proposedAt: proposed.receipt?.idx },
    });
    assert.equal(late.reason, 'RULES_NOT_CHECKING');
    const packs = await v1.data<{ world: { rulePack: { id: string; sdl: string } }; node: { sdl: string } }>(
      `{ world { rulePack { id sdl } } node(id: "rules:${world.proposal.packId}") { ... on RulePack { sdl document } } }`,
    );
    assert.equal(packs.world.rulePack.sdl, packs.node.sdl);
  });

  test('refusals say where in the input', async () => {
    const refused = async (field: string, input: object): Promise<string> => {
      const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
      const { reason, place } = await v1.refused(`mutation($input: ${type}!) { ${field}(input: $input) { done } }`, {
        input,
      });
      return `${reason} ${place}`;
    };
    assert.equal(
      await refused('applyRewrite', { workspace: 999, ops: [put('a', {})] }),
      'WORKSPACE_NOT_FOUND input.workspace',
    );
    assert.equal(
      await refused('applyRewrite', { workspace: 0, ops: [{ op: 'Nope', data: {} }] }),
      'OP_UNKNOWN input.ops[0].op',
    );
    assert.equal(await refused('createWorkspace', { requestId: '' }), 'REQUEST_ID_INVALID input.requestId');
    assert.equal(await refused('createWorkspace', { from: 0, at: 0 }), 'FORMAT_INVALID input.at');
    assert.equal(
      await refused('collapseWorkspace', { workspace: await workspaceWith(), policyNumber: 99 }),
      'POLICY_UNKNOWN input.policyNumber',
    );
    assert.equal(await refused('collapseWorkspace', { workspace: -1 }), 'ID_INVALID input.workspace');
    assert.equal(await refused('undoCollapse', { event: 0 }), 'COLLAPSE_NOT_FOUND input.event');
    assert.equal(await refused('collapseBatch', { workspaces: [] }), 'BATCH_INVALID input.workspaces');
    assert.equal(await refused('proposeRules', { sdl: 'type' }).then((text) => text.split(' ')[0]), 'RULES_INVALID');
    assert.equal(await refused('changeSettings', { abortsMax: 0 }), 'SETTING_INVALID input.abortsMax');
  });

  interface Listed {
    readonly list: {
      readonly totalCount: number | null;
      readonly edges: readonly {
        readonly cursor: string;
        readonly node: { readonly idx: string; readonly kind: string; readonly rewriteIdx: string | null };
      }[];
      readonly pageInfo: {
        readonly hasNextPage: boolean;
        readonly hasPreviousPage: boolean;
        readonly startCursor: string | null;
        readonly endCursor: string | null;
      };
    };
  }

  test('events and rewrites are listed from either end, without a gap', async () => {
    const list = async (field: string, args: Readonly<Record<string, unknown>>): Promise<Listed['list']> => {
      const query = `query($first: Int, $after: String, $last: Int, $before: String) {
        list: ${field} { totalCount edges { cursor node { idx kind rewriteIdx } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
      }`;
      return (await v1.data<Listed>(query, args)).list;
    };
    const pages = '(first: $first, after: $after, last: $last, before: $before)';
    const inWorkspace = '(workspace: 1, first: $first, after: $after, last: $last, before: $before)';
    const v0Rewrites = await v0.data<{ rewrites: { id: string }[] }>(
      '{ rewrites(view: {kind: SYSTEM}, page: {first: 1000}) { id } }',
    );
    for (const [field, wanted] of [
      [`events${pages}`, null],
      [`rewrites${pages}`, v0Rewrites.rewrites.map(({ id }) => id)],
      [`rewrites${inWorkspace}`, null],
    ] as const) {
      const whole = await list(field, { first: 1000 });
      const idxs = whole.edges.map(({ node }) => node.idx);
      if (wanted !== null) assert.deepEqual(idxs, wanted);
      assert.ok(idxs.length > 1);
      assert.equal(whole.totalCount, field.startsWith('events') ? idxs.length : null);
      for (const size of [1, 3, 1000]) {
        const forth: string[] = [];
        for (
          let page = await list(field, { first: size });
          ;
          page = await list(field, { first: size, after: page.pageInfo.endCursor })
        ) {
          forth.push(...page.edges.map(({ node }) => node.idx));
          if (!page.pageInfo.hasNextPage) break;
        }
        assert.deepEqual(forth, idxs, `${field} by ${size}`);
        const back: string[] = [];
        for (
          let page = await list(field, { last: size });
          ;
          page = await list(field, { last: size, before: page.pageInfo.startCursor })
        ) {
          back.unshift(...page.edges.map(({ node }) => node.idx));
          if (!page.pageInfo.hasPreviousPage) break;
        }
        assert.deepEqual(back, idxs, `${field} back by ${size}`);
      }
      const between = await list(field, { last: 5, after: whole.edges[0]?.cursor, before: whole.edges.at(-1)?.cursor });
      assert.deepEqual(
        between.edges.map(({ node }) => node.idx),
        idxs.slice(1, -1).slice(-5),
      );
      const cursor = whole.edges[0]?.cursor ?? '';
      assert.equal(
        (await v1.refused('query($after: String) { workspaces(after: $after) { totalCount } }', { after: cursor }))
          .reason,
        'CURSOR_INVALID',
      );
    }
    const { event } = await v1.data<{ event: { id: string; kind: string } }>(
      '{ event(idx: 0) { id kind view { kind } } }',
    );
    assert.deepEqual(event, { id: 'event:0', kind: 'WORLD_CREATED', view: null });
    assert.deepEqual(
      await v1.data('{ node(id: "event:0") { id ... on Event { kind } } none: node(id: "event:99999") { id } }'),
      { node: { id: 'event:0', kind: 'WORLD_CREATED' }, none: null },
    );
    assert.equal((await v1.refused('{ event(idx: 99999) { id } }')).reason, 'EVENT_NOT_FOUND');
  });

  test('differences go on where they began, and their steps lead there', async () => {
    const ops = Array.from({ length: 9 }, (_, n) => put(`d${n}`, { n }));
    const number = await workspaceWith(...ops);
    const query = `query($first: Int, $changes: String, $steps: String) {
      diff(from: {}, to: {workspace: ${number}}) {
        from { digest } to { id at }
        changes(first: $first, after: $changes) { edges { cursor node { element elementId kind before { digest } after { digest data } } } pageInfo { hasNextPage hasPreviousPage endCursor } }
        steps(first: $first, after: $steps) { edges { node { elementId ops } } pageInfo { hasNextPage endCursor } }
      }
    }`;
    interface Diffed {
      readonly diff: {
        readonly changes: {
          readonly edges: readonly {
            readonly cursor: string;
            readonly node: { readonly elementId: string; readonly after: { readonly data: object } };
          }[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        };
        readonly steps: {
          readonly edges: readonly { readonly node: { readonly ops: readonly unknown[] } }[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        };
      };
    }
    const whole = await v1.data<Diffed>(query, { first: 100 });
    assert.equal(whole.diff.changes.edges.length, 9);
    assert.equal(whole.diff.steps.edges.length, 9);
    const found: object[] = [];
    let ends: { changes: string | null; steps: string | null } = { changes: null, steps: null };
    for (let more = true; more;) {
      const { diff }: Diffed = await v1.data<Diffed>(query, { first: 4, ...ends });
      found.push(...diff.changes.edges.map(({ node }) => node));
      ends = { changes: diff.changes.pageInfo.endCursor, steps: diff.steps.pageInfo.endCursor };
      more = diff.changes.pageInfo.hasNextPage;
      await run('applyRewrite', { workspace: number, ops: [put('later', { n: found.length })] });
    }
    assert.deepEqual(
      found,
      whole.diff.changes.edges.map(({ node }) => node),
    );
    const between = await v1.data<Diffed>(query, { first: 2, changes: whole.diff.changes.edges[2]?.cursor });
    assert.deepEqual(
      between.diff.changes.edges.map(({ node }) => node.elementId),
      whole.diff.changes.edges.slice(3, 5).map(({ node }) => node.elementId),
    );
    const swapped = await v1.ask(query, { steps: ends.changes });
    assert.equal(swapped.errors?.[0]?.extensions.reason, 'CURSOR_INVALID');
    assert.equal(
      (await v1.refused(`{ diff(from: {workspace: 999}, to: {}) { changes { edges { cursor } } } }`)).place,
      'from.workspace',
    );
    const copy = await workspaceWith(...whole.diff.steps.edges.flatMap(({ node }) => node.ops as object[]));
    const digests = await v1.data<{ a: { digest: string }; b: { nodes: { totalCount: number } } }>(
      `{ a: view(workspace: ${copy}) { digest } b: view(workspace: ${number}) { nodes { totalCount } } }`,
    );
    assert.match(digests.a.digest, /^[0-9a-f]{64}$/);
  });

  test('who wrote what, and what a collapse compared, is what v0 tells', async () => {
    const one = await workspaceWith(put('w', { n: 1 }));
    const two = await workspaceWith(put('w', { n: 2 }));
    await run('collapseWorkspace', { workspace: one });
    const aborted = await run('collapseWorkspace', { workspace: two, policy: 'fail-fast' });
    const elementId = aborted.problems[0]?.elementId ?? '';
    const written = await v1.data<{
      view: {
        provenance: {
          writer: { idx: string; view: { workspace: number }; carriedBy: { into: { kind: string } }[] };
          next: null;
        };
      };
    }>(
      'query($id: Hash!) { view { provenance(elementId: $id) { elementId searched next writer { idx rewriteIdx principal op view { workspace } carriedBy { idx into { kind } } } } } }',
      { id: elementId },
    );
    const { writer } = written.view.provenance;
    const { provenance } = await v0.data<{ provenance: { writer: { id: string } } }>(
      'query($id: ID!) { provenance(view: {kind: SYSTEM}, element: $id) { writer { id } } }',
      { id: elementId },
    );
    assert.deepEqual(
      [writer.idx, writer.view.workspace, writer.carriedBy.map(({ into }) => into.kind)],
      [provenance.writer.id, one, ['SYSTEM']],
    );
    const compared = await v1.data<{
      sides: { sides: object[] };
      was: { ours: { data: object }; theirs: { data: object } }[];
      who: { ours: { writer: { view: { workspace: number } } }; theirs: { writer: { view: { workspace: number } } } };
    }>(
      `query($event: U64!, $id: Hash!) {
        sides: workspace(number: ${two}) { sides(elementIds: [$id]) { elementId base { digest } ours { digest data } theirs { digest data } } }
        was: conflictSides(event: $event, elementIds: [$id]) { elementId key ours { data } theirs { data } }
        who: conflictProvenance(event: $event, elementId: $id) { ours { writer { view { workspace } } } theirs { writer { view { workspace } } } base { writer { idx } } }
      }`,
      { event: aborted.receipt?.idx, id: elementId },
    );
    assert.deepEqual([compared.was[0]?.ours.data, compared.was[0]?.theirs.data], [{ n: 2 }, { n: 1 }]);
    assert.equal(compared.sides.sides.length, 1);
    assert.deepEqual([compared.who.ours.writer.view.workspace, compared.who.theirs.writer.view.workspace], [two, one]);
    assert.equal((await v1.refused('{ conflictSides(event: 0, elementIds: []) { kind } }')).place, 'event');
    assert.equal(
      (await v1.refused(`{ view { provenance(elementId: "${elementId}", after: "x.y") { next } } }`)).reason,
      'CURSOR_INVALID',
    );
  });

  test('proofs are those that the files of other routes hold', async () => {
    const { view } = await v1.data<{ view: { nodes: { edges: { node: { elementId: string } }[] } } }>(
      '{ view { nodes(first: 1) { edges { node { elementId } } } } }',
    );
    const id = view.nodes.edges[0]?.node.elementId;
    const proofs = await v1.data<{
      treeHead: { note: string; size: string; publicKey: string };
      inclusionProof: object;
      consistencyProof: object;
      view: { proof: object };
    }>(
      'query($id: Hash!) { treeHead { size note publicKey } inclusionProof(idx: 1) consistencyProof(oldSize: 2) view { proof(node: $id) } }',
      { id },
    );
    const file = async (path: string): Promise<unknown> => (await fetch(`${served.url}/v1/worlds/main/${path}`)).json();
    assert.deepEqual(proofs.inclusionProof, await file('proofs/inclusion?idx=1'));
    assert.deepEqual(proofs.consistencyProof, await file('proofs/consistency?old=2'));
    assert.deepEqual(proofs.view.proof, await file(`proofs/node?id=${id}`));
    assert.equal(proofs.treeHead.note, await (await fetch(`${served.url}/w/main/checkpoint`)).text());
    assert.equal((await v1.refused('{ inclusionProof(idx: 99999) }')).reason, 'EVENT_NOT_FOUND');
    assert.equal((await v1.refused('{ consistencyProof(oldSize: 99999) }')).place, 'oldSize');
    assert.equal((await v1.refused('{ view { proof } }')).reason, 'FORMAT_INVALID');
  });
});
