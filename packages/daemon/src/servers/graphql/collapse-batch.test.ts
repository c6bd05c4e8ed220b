import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { digestToHex } from '@jitos/kernel';
import { keyedId } from '@jitos/testkit/world/make-ops.ts';
import type { OpenWorld } from '../../engine/open-world.ts';

const put = (key: string, set: object = {}): object => ({ op: 'PutNode', data: { kind: 'file', key, set } });
const idOf = (key: string): string => digestToHex(keyedId('file', key));

const ANSWER = `id committedCount abortedCount systemSnapshotId policy { name } target { kind swsId snapshotId }
  receipt { rewriteIdx viewDigest view { kind swsId } events { id kind meta } }
  theirs { digest nodeCount } changed { nodes edges }
  entries { swsId committed base { digest } ours { digest nodeCount } changed { nodes edges } conflictCount conflictsDigest conflicts }`;

interface Answer {
  readonly id: string;
  readonly committedCount: number;
  readonly abortedCount: number;
  readonly systemSnapshotId: string | null;
  readonly target: { readonly kind: string; readonly swsId: string | null };
  readonly receipt: { readonly rewriteIdx: string; readonly events: readonly object[] };
  readonly changed: object;
  readonly entries: readonly {
    readonly swsId: string;
    readonly committed: boolean;
    readonly conflictCount: string;
    readonly conflicts: readonly { readonly id: string; readonly class: string }[];
  }[];
}

describe('batches', () => {
  let world: OpenWorld;
  let client: GraphqlClient;
  before(async () => {
    world = await openMemoryWorld();
    client = GraphqlClient.inProcess(world);
  });
  after(() => world.close());

  async function make(ops: readonly object[], from: string | null = null): Promise<string> {
    const create = 'mutation($from: ID) { createSws(input: {from: $from}) { sws { id } } }';
    const { createSws } = await client.data<{ createSws: { sws: { id: string } } }>(create, { from });
    const { id } = createSws.sws;
    const write =
      'mutation($id: ID!, $ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: $id}, rewrite: {ops: $ops}) { accepted } }';
    await client.data(write, { id, ops });
    return id;
  }

  async function batch(input: object): Promise<Answer> {
    const mutation = `mutation($input: CollapseBatchInput!) { collapseBatch(input: $input) { ${ANSWER} } }`;
    return (await client.data<{ collapseBatch: Answer }>(mutation, { input })).collapseBatch;
  }

  async function collapse(id: string): Promise<void> {
    const { committed } = (
      await client.data<{ collapseSws: { committed: boolean } }>(
        'mutation($id: ID!) { collapseSws(input: {swsId: $id}) { committed } }',
        { id },
      )
    ).collapseSws;
    assert.ok(committed);
  }

  test('each workspace is told by itself; the receipt and a retry tell the same', async () => {
    const [stale, fresh, bare] = [await make([put('a', { v: 1 })]), await make([put('b')]), await make([put('c')])];
    await collapse(await make([put('a', { v: 2 })]));
    const input = { swsIds: [bare, stale, fresh], meta: { requestId: 'once', why: 'test' } };
    const told = await batch(input);
    assert.deepEqual([told.committedCount, told.abortedCount, told.changed], [2, 1, { nodes: 2, edges: 0 }]);
    assert.deepEqual(
      told.entries.map(({ swsId, committed, conflictCount, conflicts }) => [
        swsId,
        committed,
        conflictCount,
        conflicts.map((conflict) => [conflict.id, conflict.class]),
      ]),
      [
        [stale, false, '1', [[idOf('a'), 'both-changed']]],
        [fresh, true, '0', []],
        [bare, true, '0', []],
      ],
    );
    assert.deepEqual(told.receipt.events, [{ id: told.id, kind: 'COLLAPSE_BATCH', meta: input.meta }]);
    assert.equal(told.systemSnapshotId, digestToHex(world.loop.world.system.id));
    const query = `query($id: ID!) { collapseBatchReceipt(id: $id) { ${ANSWER} } }`;
    const { collapseBatchReceipt } = await client.data<{ collapseBatchReceipt: Answer }>(query, { id: told.id });
    assert.deepEqual(collapseBatchReceipt, told);
    assert.deepEqual(await batch({ ...input, swsIds: [stale, fresh, bare] }), told);
    const proof = `query($id: ID!) { collapseBatchReceipt(id: $id) { proof } }`;
    const proved = await client.data<{ collapseBatchReceipt: { proof: object } }>(proof, { id: told.id });
    assert.deepEqual(proved.collapseBatchReceipt.proof, await world.proofs.inclusion(Number(told.id)));
    const states = await client.data<object>(
      'query($a: ID!, $b: ID!) { a: sws(id: $a) { state abortCount } b: sws(id: $b) { state } }',
      { a: stale, b: fresh },
    );
    assert.deepEqual(states, { a: { state: 'ACTIVE', abortCount: 1 }, b: { state: 'COLLAPSED' } });
  });

  test('a batch is one rewrite of each of its workspaces and, if anything was committed, of what it went into', async () => {
    const [stale, fresh] = [await make([put('d', { v: 1 })]), await make([put('e')])];
    await collapse(await make([put('d', { v: 2 })]));
    const { id, entries } = await batch({ swsIds: [stale, fresh] });
    const last = async (
      view: string,
    ): Promise<{
      readonly id: string;
      readonly ops: readonly { readonly op: string; readonly data: { readonly sws: readonly object[] } }[];
    }> => {
      const { rewrites } = await client.data<{ rewrites: readonly { id: string; ops: never[] }[] }>(
        `{ rewrites(view: ${view}, page: {first: 1000}) { id ops } }`,
      );
      return rewrites.at(-1)!;
    };
    for (const view of ['{kind: SYSTEM}', `{kind: SWS, swsId: ${stale}}`, `{kind: SWS, swsId: ${fresh}}`]) {
      const entry = await last(view);
      assert.equal(entry.id, id);
      assert.deepEqual(
        entry.ops.map(({ op, data }) => [op, data.sws]),
        [
          [
            'COLLAPSE_BATCH',
            entries.map(({ swsId, committed, conflictCount, conflicts }) => {
              return { swsId, committed, conflictCount: Number(conflictCount), conflicts };
            }),
          ],
        ],
      );
    }
    const again = await batch({ swsIds: [stale] });
    assert.equal((await last(`{kind: SWS, swsId: ${stale}}`)).id, again.id);
    assert.equal((await last('{kind: SYSTEM}')).id, id);
  });

  test('who wrote what a batch carried is known, and the sides of what it aborted', async () => {
    const [stale, fresh] = [await make([put('f', { v: 1 })]), await make([put('g')])];
    await collapse(await make([put('f', { v: 2 })]));
    const { id } = await batch({ swsIds: [stale, fresh] });
    const why = `query($element: ID!) { provenance(view: {kind: SYSTEM}, element: $element) {
      writer { view { kind swsId } carriedBy { id into { kind } } } } }`;
    assert.deepEqual(await client.data(why, { element: idOf('g') }), {
      provenance: {
        writer: { view: { kind: 'SWS', swsId: fresh }, carriedBy: [{ id, into: { kind: 'SYSTEM' } }] },
      },
    });
    const sides = `query($id: ID!, $swsId: ID, $element: ID!) {
      conflictProvenance(id: $id, swsId: $swsId, element: $element) { ours { writer { view { swsId } } } }
      conflictSides(id: $id, swsId: $swsId, elements: [$element]) { base { data } ours { data } theirs { data } } }`;
    assert.deepEqual(await client.data(sides, { id, swsId: stale, element: idOf('f') }), {
      conflictProvenance: { ours: { writer: { view: { swsId: stale } } } },
      conflictSides: [{ base: null, ours: { data: { v: 1 } }, theirs: { data: { v: 2 } } }],
    });
    const refused = { code: 'NOT_FOUND', reason: 'COLLAPSE_NOT_FOUND', place: 'swsId' };
    const ours = `query($id: ID!, $swsId: ID) { conflictProvenance(id: $id, swsId: $swsId, element: "${idOf('f')}") { ours { searched } } }`;
    assert.deepEqual(await client.refused(ours, { id }), refused);
    assert.deepEqual(await client.refused(ours, { id, swsId: '999' }), refused);
  });

  test('a queue is carried in the order that it names, and the last that wrote an element is its writer', async () => {
    const [late, early] = [await make([put('q', { v: 1 })]), await make([put('q', { v: 2 }), put('r')])];
    const swsIds = [early, late];
    const { id, entries } = await batch({ swsIds, order: 'GIVEN', policy: 'ours' });
    assert.deepEqual(
      entries.map(({ swsId, committed }) => [swsId, committed]),
      [
        [early, true],
        [late, true],
      ],
    );
    const why = `query($element: ID!) { provenance(view: {kind: SYSTEM}, element: $element) {
      writer { view { swsId } carriedBy { id } } } }`;
    for (const [key, swsId] of [
      ['q', late],
      ['r', early],
    ] as const) {
      const provenance = { writer: { view: { swsId }, carriedBy: [{ id }] } };
      assert.deepEqual(await client.data(why, { element: idOf(key) }), { provenance });
    }
    const order = 'query($id: ID!) { collapseBatchReceipt(id: $id) { order } }';
    assert.deepEqual(await client.data(order, { id }), { collapseBatchReceipt: { order: 'GIVEN' } });
  });

  test('a batch is undone as a whole', async () => {
    const digest = (): string => world.loop.world.system.digest;
    const unmoved = digest();
    const { id } = await batch({ swsIds: [await make([put('h')]), await make([put('i')])] });
    assert.notEqual(digest(), unmoved);
    const { undoCollapse } = await client.data<{ undoCollapse: { sws: { id: string } } }>(
      'mutation($id: ID!) { undoCollapse(input: {id: $id}) { sws { id } } }',
      { id },
    );
    await collapse(undoCollapse.sws.id);
    assert.equal(digest(), unmoved);
    const nothing = await make([put('a', { v: 7 })]);
    await collapse(await make([put('a', { v: 8 })]));
    const aborted = await batch({ swsIds: [nothing] });
    assert.deepEqual(
      await client.refused('mutation($id: ID!) { undoCollapse(input: {id: $id}) { sws { id } } }', { id: aborted.id }),
      {
        code: 'NOT_FOUND',
        reason: 'COLLAPSE_NOT_FOUND',
        place: 'input.id',
      },
    );
  });

  test('forks go into their parent together', async () => {
    const parent = await make([put('j')]);
    const children = [await make([put('k')], parent), await make([put('l')], parent)];
    const { systemSnapshotId, target } = await batch({ swsIds: children });
    assert.deepEqual([systemSnapshotId, target.kind, target.swsId], [null, 'SWS', parent]);
  });

  test('what is refused is told where it stands', async () => {
    const [one, other] = [await make([put('m')]), await make([put('m')])];
    const cases: readonly (readonly [object, string, string])[] = [
      [{ swsIds: [] }, 'BATCH_INVALID', 'input.swsIds'],
      [{ swsIds: [one, one] }, 'BATCH_INVALID', 'input.swsIds[1]'],
      [{ swsIds: [one, 'x'] }, 'ID_INVALID', 'input.swsIds[1]'],
      [{ swsIds: [one, 9999] }, 'WORKSPACE_NOT_FOUND', 'input.swsIds'],
      [{ swsIds: [one, other] }, 'BATCH_NOT_DISJOINT', 'input.swsIds'],
      [{ swsIds: [one], policy: 'serializable' }, 'FOOTPRINT_UNKNOWN', 'input.policyId'],
      [{ swsIds: [one], policy: 'no' }, 'POLICY_UNKNOWN', 'input.policy'],
    ];
    const mutation = 'mutation($input: CollapseBatchInput!) { collapseBatch(input: $input) { id } }';
    for (const [input, reason, place] of cases) {
      const refused = await client.refused(mutation, { input });
      assert.deepEqual([refused.reason, refused.place], [reason, place]);
    }
    assert.equal((await client.refused('{ collapseBatchReceipt(id: 0) { id } }')).reason, 'COLLAPSE_NOT_FOUND');
  });
});
