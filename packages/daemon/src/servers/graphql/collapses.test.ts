import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { POLICIES } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';

const put = (key: string, set: object): object => ({ op: 'PutNode', data: { kind: 'k', key, set } });

const ANSWER = `committed systemSnapshotId conflicts
  receipt { rulePackId policyId events { id kind meta } rewriteIdx view { kind swsId snapshotId } viewDigest }
  report { id swsId mode policy { id name version merges settles checksReads isDefault } target { kind swsId snapshotId }
    targetDigest base { digest nodeCount edgeCount } ours { digest nodeCount edgeCount }
    theirs { digest nodeCount edgeCount } changed { nodes edges } conflictCount conflictsDigest }`;

interface Answer {
  readonly committed: boolean;
  readonly receipt: { readonly viewDigest: string; readonly events: readonly { readonly id: string }[] };
  readonly conflicts: readonly {
    readonly id: string;
    readonly class: string;
    readonly fields: readonly string[];
    readonly base: string;
    readonly ours: string;
    readonly theirs: string;
  }[];
  readonly report: { readonly id: string; readonly conflictCount: string };
}

describe('collapses', () => {
  let world: OpenWorld;
  let client: GraphqlClient;
  before(async () => {
    world = await openMemoryWorld();
    client = GraphqlClient.inProcess(world);
  });
  after(() => world.close());

  async function make(...ops: readonly object[]): Promise<string> {
    return await fork(null, ...ops);
  }

  async function fork(from: string | null, ...ops: readonly object[]): Promise<string> {
    const create = 'mutation($from: ID) { createSws(input: {from: $from}) { sws { id } } }';
    const { createSws } = await client.data<{ createSws: { sws: { id: string } } }>(create, { from });
    const { id } = createSws.sws;
    const write =
      'mutation($id: ID!, $ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: $id}, rewrite: {ops: $ops}) { accepted } }';
    if (ops.length > 0) await client.data(write, { id, ops });
    return id;
  }

  async function collapse(id: string, policy: string): Promise<Answer> {
    const mutation = `mutation($id: ID!, $policy: String) { collapseSws(input: {swsId: $id, policy: $policy}) { ${ANSWER} } }`;
    return (await client.data<{ collapseSws: Answer }>(mutation, { id, policy })).collapseSws;
  }

  async function preview(id: string, policy: string): Promise<Answer> {
    const query = `query($id: ID!, $policy: String) { previewCollapse(swsId: $id, policy: $policy) { ${ANSWER} } }`;
    return (await client.data<{ previewCollapse: Answer }>(query, { id, policy })).previewCollapse;
  }

  for (const { name } of POLICIES) {
    test(`a preview under ${name} answers what the collapse then answers, and so does its receipt`, async () => {
      const base = await make(put(name, { n: 0, o: 0 }));
      await collapse(base, 'fail-fast');
      const same = await make(put(name, { n: 1, o: 1 }));
      const other = await make(put(name, { n: 2 }), put(`${name} too`, {}));
      const beside = await make(put(`${name} beside`, {}));
      for (const id of [same, other, beside]) {
        const { size } = world.loop.world.history;
        const previewed = await preview(id, name);
        assert.equal(world.loop.world.history.size, size, 'a preview writes nothing');
        const collapsed = await collapse(id, name);
        assert.deepEqual(previewed, collapsed);
        const query = `query($id: ID!) { collapseReceipt(id: $id) { ${ANSWER} } }`;
        const { collapseReceipt } = await client.data<{ collapseReceipt: Answer }>(query, { id: collapsed.report.id });
        assert.deepEqual(collapseReceipt, collapsed);
      }
    });
  }

  test('conflicts name the fields, and their count is told', async () => {
    await collapse(await make(put('f', { n: 0, o: 0 })), 'fail-fast');
    const [ours, theirs] = [await make(put('f', { n: 1, p: 1 })), await make(put('f', { n: 2, o: 2 }))];
    await collapse(theirs, 'fail-fast');
    const { committed, conflicts, report } = await collapse(ours, 'three-way');
    assert.deepEqual([committed, conflicts.map(({ fields }) => fields), report.conflictCount], [false, [['n']], '1']);
  });

  test('a receipt proves that its event is in the history; a preview proves nothing', async () => {
    const id = await make(put('proved', {}));
    const previewed = await client.data<object>(`{ previewCollapse(swsId: ${id}) { report { proof } } }`);
    assert.deepEqual(previewed, { previewCollapse: { report: { proof: null } } });
    const { report } = await collapse(id, 'fail-fast');
    const query = `{ collapseReceipt(id: ${report.id}) { report { proof } } }`;
    const { collapseReceipt } = await client.data<{ collapseReceipt: { report: { proof: object } } }>(query);
    assert.deepEqual(collapseReceipt.report.proof, await world.proofs.inclusion(Number(report.id)));
    assert.deepEqual(await client.refused('{ collapseReceipt(id: 0) { committed } }'), {
      code: 'NOT_FOUND',
      reason: 'COLLAPSE_NOT_FOUND',
      place: 'id',
    });
  });

  test('a fork collapses into its parent, which says so', async () => {
    const parent = await make(put('parent', {}));
    const child = await fork(parent, put('child', {}));
    const query = 'query($id: ID!) { sws(id: $id) { parent children opCount abortCount needsAttention state digest } }';
    const { sws } = await client.data<{ sws: { digest: string } }>(query, { id: parent });
    const { graph } = await client.data<{ graph: { digest: string } }>(
      `{ graph(view: {kind: SWS, swsId: ${parent}}) { digest } }`,
    );
    assert.deepEqual(sws, {
      parent: null,
      children: [child],
      opCount: 1,
      abortCount: 0,
      needsAttention: false,
      state: 'ACTIVE',
      digest: graph.digest,
    });
    const target = 'systemSnapshotId report { target { kind swsId } }';
    const collapsed = await client.data<object>(`mutation { collapseSws(input: {swsId: ${child}}) { ${target} } }`);
    const report = { target: { kind: 'SWS', swsId: parent } };
    assert.deepEqual(collapsed, { collapseSws: { systemSnapshotId: null, report } });
    const ended = await client.data<{ sws: object }>(query, { id: child });
    const nothing = {
      parent: null,
      children: [],
      opCount: null,
      abortCount: null,
      needsAttention: false,
      digest: null,
    };
    assert.deepEqual(ended.sws, { ...nothing, state: 'COLLAPSED' });
  });

  test('a fork names the snapshot that it began with by the view that had it, which stays so when that has ended', async () => {
    const parent = await make(put('origin', {}));
    const child = await fork(parent, put('child of origin', {}));
    const { graph } = await client.data<{ graph: { snapshotId: string; digest: string } }>(
      `{ graph(view: {kind: SWS, swsId: ${parent}}) { snapshotId digest } }`,
    );
    const base = { kind: 'SWS', swsId: parent, snapshotId: graph.snapshotId };
    const query = 'query($id: ID!) { sws(id: $id) { parent parentSnapshotId base { kind swsId snapshotId } } }';
    const asked = 'query($view: ViewRefInput!) { graph(view: $view) { snapshotId digest } }';
    await collapse(parent, 'fail-fast');
    const atOnce = await client.refused(asked, { view: base });
    assert.equal(atOnce.reason, 'WORKSPACE_ENDED');
    const { sws } = await client.data<{ sws: object }>(query, { id: child });
    assert.deepEqual(sws, { parent: null, parentSnapshotId: graph.snapshotId, base });
    assert.deepEqual(await client.data(asked, { view: base }), { graph });
    const asSystem = await client.refused(asked, { view: { kind: 'SYSTEM', snapshotId: graph.snapshotId } });
    assert.equal(asSystem.reason, 'SNAPSHOT_NOT_FOUND');
    await collapse(child, 'fail-fast');
    const ended = await client.data<{ sws: object }>(query, { id: child });
    assert.deepEqual(ended.sws, { parent: null, parentSnapshotId: graph.snapshotId, base });
  });

  test('settings are changed by name, and say when a workspace needs attention', async () => {
    const change = `mutation { changeSettings(input: {defaultPolicy: "three-way", abortsMax: 1}) {
      settings { abortsMax openWorkspacesMax defaultPolicy { name isDefault } }
    } }`;
    const settings = {
      abortsMax: 1,
      openWorkspacesMax: 100_000,
      defaultPolicy: { name: 'three-way', isDefault: true },
    };
    assert.deepEqual(await client.data(change), { changeSettings: { settings } });
    const read =
      '{ worldSettings { abortsMax openWorkspacesMax defaultPolicy { name isDefault } } kernelInfo { policyId } }';
    assert.deepEqual(await client.data(read), { worldSettings: settings, kernelInfo: { policyId: 2 } });
    const [ours, theirs] = [await make(put('s', { n: 1 })), await make(put('s', { n: 2 }))];
    const plain = (id: string): string =>
      `mutation { collapseSws(input: {swsId: ${id}}) { committed report { policy { name } } } }`;
    await client.data(plain(theirs));
    const aborted = { committed: false, report: { policy: { name: 'three-way' } } };
    assert.deepEqual(await client.data(plain(ours)), { collapseSws: aborted });
    const { sws } = await client.data<{ sws: object }>(`{ sws(id: ${ours}) { abortCount needsAttention } }`);
    assert.deepEqual(sws, { abortCount: 1, needsAttention: true });
    assert.equal((await client.refused(plain(ours))).reason, 'WORKSPACE_NEEDS_ATTENTION');
    assert.equal((await client.refused(`{ previewCollapse(swsId: ${ours}) { committed } }`)).place, 'swsId');
  });

  const REFUSED: readonly (readonly [mutation: string, reason: string, place: string])[] = [
    ['collapseSws(input: {swsId: 0, policy: "x"}) { committed }', 'POLICY_UNKNOWN', 'input.policy'],
    ['collapseSws(input: {swsId: 0, policy: "ours", policyId: 5}) { committed }', 'FORMAT_INVALID', 'input.policy'],
    ['changeSettings(input: {abortsMax: 0}) { settings { abortsMax } }', 'SETTING_INVALID', 'input.abortsMax'],
    [
      'changeSettings(input: {defaultPolicyId: 9}) { settings { abortsMax } }',
      'POLICY_UNKNOWN',
      'input.defaultPolicyId',
    ],
    ['createSws(input: {from: 9999}) { sws { id } }', 'WORKSPACE_NOT_FOUND', 'input.from'],
    ['createSws(input: {from: 0, at: 0}) { sws { id } }', 'FORMAT_INVALID', 'input.at'],
  ];
  for (const [mutation, reason, place] of REFUSED) {
    test(`${reason} at ${place}: ${mutation}`, async () => {
      const refused = await client.refused(`mutation { ${mutation} }`);
      assert.deepEqual([refused.reason, refused.place], [reason, place]);
    });
  }

  test('the three sides of an element are told; what none has is left out', async () => {
    await collapse(await make(put('t', { n: 0 })), 'fail-fast');
    const [ours, theirs] = [await make(put('t', { n: 1 })), await make(put('t', { n: 2 }))];
    await collapse(theirs, 'fail-fast');
    const { conflicts, report } = await collapse(ours, 'fail-fast');
    const fields = 'element kind key_b64 base { digest data } ours { digest data } theirs { digest data }';
    const query = `query($id: ID!, $elements: [ID!]!) { sides(swsId: $id, elements: $elements) { ${fields} } }`;
    const elements = [conflicts[0]!.id, '0'.repeat(64)]; // it was aborted
    type Side = { readonly digest: string; readonly data: object };
    type Sides = { readonly element: string; readonly base: Side; readonly ours: Side; readonly theirs: Side };
    const { sides } = await client.data<{ sides: readonly Sides[] }>(query, { id: ours, elements });
    assert.deepEqual(
      sides.map(({ element, base, ours: one, theirs: other }) => [element, base.data, one.data, other.data]),
      [['NODE', { n: 0 }, { n: 1 }, { n: 2 }]],
    );
    const [told] = conflicts;
    assert.deepEqual(
      [told?.base, told?.ours, told?.theirs],
      [sides[0]?.base.digest, sides[0]?.ours.digest, sides[0]?.theirs.digest],
    );
    const many = Array.from({ length: 101 }, () => '0'.repeat(64));
    assert.equal((await client.refused(query, { id: ours, elements: many })).place, 'elements');
    // Once the workspace has ended and System has moved on, the event tells what it compared.
    await client.data(`mutation { discardSws(input: {swsId: ${ours}}) { discarded } }`);
    await collapse(await make(put('t', { n: 3 })), 'ours');
    assert.equal((await client.refused(query, { id: ours, elements })).reason, 'WORKSPACE_ENDED');
    const past = `query($id: ID!, $elements: [ID!]!) { conflictSides(id: $id, elements: $elements) { ${fields} } }`;
    assert.deepEqual(await client.data(past, { id: report.id, elements }), { conflictSides: sides });
    assert.deepEqual(await client.data(past, { id: report.id, elements: ['0'.repeat(64)] }), { conflictSides: [] });
    const refusals: readonly (readonly [id: string, reason: string])[] = [
      ['0', 'COLLAPSE_NOT_FOUND'],
      ['99999', 'EVENT_NOT_FOUND'],
    ];
    for (const [id, reason] of refusals) {
      const refused = await client.refused(past, { id, elements });
      assert.deepEqual([refused.reason, refused.place], [reason, 'id']);
    }
  });

  test('a rebase tells what conflicts, and settles it by choices and by ops', async () => {
    await collapse(await make(put('r', { n: 0 }), put('q', { n: 0 })), 'fail-fast');
    const ours = await make(put('r', { n: 1 }), put('q', { n: 1 }));
    await collapse(await make(put('r', { n: 2 }), put('q', { n: 2 })), 'fail-fast');
    interface Rebased {
      readonly rebased: boolean;
      readonly conflictCount: string;
      readonly conflicts: readonly { readonly id: string; readonly class: string }[];
      readonly sws: { readonly parentSnapshotId: string; readonly abortCount: number } | null;
      readonly receipt: { readonly viewDigest: string } | null;
    }
    const answer = `rebased conflictCount conflicts sws { parentSnapshotId abortCount opCount digest snapshotId }
      receipt { rewriteIdx viewDigest view { kind swsId snapshotId } }`;
    const mutation = `mutation($input: RebaseSwsInput!) { rebaseSws(input: $input) { ${answer} } }`;
    const query = `query($swsId: ID!, $policy: String, $choices: [ChoiceInput!], $ops: [JSON!]) {
      previewRebase(swsId: $swsId, policy: $policy, choices: $choices, ops: $ops) { ${answer} }
    }`;
    const rebase = async (input: object): Promise<Rebased> => {
      const variables = { input: { swsId: ours, policy: 'fail-fast', ...input } };
      return (await client.data<{ rebaseSws: Rebased }>(mutation, variables)).rebaseSws;
    };
    const foretell = async (input: object): Promise<Rebased> => {
      const variables = { swsId: ours, policy: 'fail-fast', ...input };
      return (await client.data<{ previewRebase: Rebased }>(query, variables)).previewRebase;
    };
    const { size } = world.loop.world.history;
    const refused = await rebase({});
    assert.deepEqual(await foretell({}), refused);
    assert.deepEqual([refused.rebased, refused.conflictCount, refused.sws, refused.receipt], [false, '2', null, null]);
    assert.equal(world.loop.world.history.size, size, 'nothing was done');
    const choices = refused.conflicts.map(({ id }, i) => ({ element: id, side: i === 0 ? 'OURS' : 'THEIRS' }));
    assert.equal((await rebase({ choices: choices.slice(1) })).conflictCount, '1');
    const meta = { requestId: 'rebase' };
    const ops = [put('r', { settled: true })];
    const foretold = await foretell({ choices, ops });
    assert.equal(world.loop.world.history.size, size, 'a preview writes nothing');
    const done = await rebase({ choices, ops, meta });
    assert.equal(done.rebased, true);
    assert.deepEqual(foretold, done);
    assert.deepEqual(await rebase({ choices, ops, meta }), done);
    assert.equal(done.sws?.parentSnapshotId, Buffer.from(world.loop.world.system.id, 'latin1').toString('hex'));
    const { receipt } = await collapse(ours, 'fail-fast');
    assert.equal(receipt.viewDigest, done.receipt?.viewDigest);
    const place = async (input: object): Promise<string> => {
      return (await client.refused(mutation, { input: { swsId: '0', ...input } })).place;
    };
    assert.equal(await place({ choices: [{ element: 'x', side: 'OURS' }] }), 'input.choices[0].element');
    assert.equal(await place({}), 'input.swsId');
    const next = await make();
    const previewPlace = async (input: object): Promise<string> => {
      return (await client.refused(query, { swsId: next, ...input })).place;
    };
    assert.equal(await previewPlace({ choices: [{ element: 'x', side: 'OURS' }] }), 'choices[0].element');
    assert.equal(await previewPlace({ ops: [{ op: 'DeleteNode', data: { id: '0'.repeat(64) } }] }), 'ops[0].data.id');
    assert.equal(await previewPlace({ swsId: '0' }), 'swsId');
  });

  test('previews of many ops are refused once they have run as many as a query may look at', async () => {
    const id = await make();
    const ops = Array.from({ length: 10_000 }, () => put('same', { n: 1 }));
    const ask = (count: number): string =>
      Array.from({ length: count }, (_, i) => `p${i}: previewRebase(swsId: ${id}, ops: $ops) { rebased }`).join(' ');
    const two = await client.data<object>(`query($ops: [JSON!]) { ${ask(2)} }`, { ops });
    assert.deepEqual(two, { p0: { rebased: true }, p1: { rebased: true } });
    assert.equal((await client.refused(`query($ops: [JSON!]) { ${ask(3)} }`, { ops })).reason, 'QUERY_TOO_LARGE');
  });

  test('policies are listed by number', async () => {
    const { collapsePolicies } = await client.data<{ collapsePolicies: readonly { name: string }[] }>(
      '{ collapsePolicies { id name version merges settles checksReads isDefault } }',
    );
    assert.deepEqual(
      collapsePolicies.map(({ name }) => name),
      POLICIES.map(({ name }) => name),
    );
  });
});
