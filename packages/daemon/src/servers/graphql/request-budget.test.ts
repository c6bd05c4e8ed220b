/** What one request may cost at most, where a short text asks for much work: aliases of answers that are dear to make. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { META_SIZE_MAX } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import { encodeSearch } from './search-cursor.ts';

const aliases = (count: number, field: string): string =>
  `{ ${Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')} }`;

describe('the budget of a request', () => {
  let world: OpenWorld;
  let client: GraphqlClient;
  before(async () => {
    world = await openMemoryWorld();
    client = GraphqlClient.inProcess(world);
  });
  after(() => world.close());

  async function create(): Promise<string> {
    const { createSws } = await client.data<{ createSws: { sws: { id: string } } }>(
      'mutation { createSws { sws { id } } }',
    );
    return createSws.sws.id;
  }

  test('rule packs are charged by their size where their text is asked for, and cost little where it is not', async () => {
    const fields = Array.from({ length: 200 }, (_, i) => `field_${i}: String!`).join(' ');
    const types = Array.from({ length: 20 }, (_, i) => `type K${i} @node(key: "k") { k: ID! ${fields} }`).join('\n');
    const propose = 'mutation($sdl: String!) { proposeRulePack(input: {sdl: $sdl}) { rulePackId } }';
    await client.data(propose, { sdl: types });
    await world.rules.idle();
    for (const text of ['sdl', 'document_b64']) {
      assert.equal((await client.refused(aliases(60, `rulePack { ${text} }`))).reason, 'QUERY_TOO_LARGE', text);
    }
    await client.data(aliases(1000, 'rulePack { id }'));
  });

  test('receipts are charged by the events that are read for them, whatever is asked of them', async () => {
    const swsId = await create();
    const collapse = 'mutation($input: CollapseSwsInput!) { collapseSws(input: $input) { receipt { events { id } } } }';
    type Answer = {
      readonly collapseSws: { readonly receipt: { readonly events: readonly { readonly id: string }[] } };
    };
    const meta = { note: 'x'.repeat(META_SIZE_MAX - 100) };
    const { collapseSws } = await client.data<Answer>(collapse, { input: { swsId, meta } });
    const [event] = collapseSws.receipt.events;
    const element = '0'.repeat(64);
    for (const field of [
      `collapseReceipt(id: "${event?.id}") { committed }`,
      `conflictProvenance(id: "${event?.id}", element: "${element}") { __typename }`,
      'rewrites(view: {kind: SYSTEM}, page: {first: 1}) { id }',
    ]) {
      await client.data(aliases(100, field));
      assert.equal((await client.refused(aliases(600, field))).reason, 'QUERY_TOO_LARGE', field);
    }
  });

  test('previews are charged by what their workspaces wrote', async () => {
    const swsId = await create();
    const write = `mutation($ops: [JSON!]!) {
      a: applyRewrite(view: {kind: SWS, swsId: "${swsId}"}, rewrite: {ops: $ops}) { accepted }
      b: applyRewrite(view: {kind: SWS, swsId: "${swsId}"}, rewrite: {ops: $ops}) { accepted }
    }`;
    const ops = Array.from({ length: 10_000 }, () => ({ op: 'AddNode', data: { kind: 'k', payload_b64: '' } }));
    await client.data(write, { ops });
    for (const field of [
      `previewCollapse(swsId: "${swsId}") { committed }`,
      `previewRebase(swsId: "${swsId}") { rebased }`,
    ]) {
      await client.data(aliases(1, field));
      assert.equal((await client.refused(aliases(2, field))).reason, 'QUERY_TOO_LARGE', field);
    }
  });

  test('a place to go on that no search ever was at is no cursor', async () => {
    const element = '0'.repeat(64);
    const query = `query($after: String) { provenance(view: {kind: SYSTEM}, element: "${element}", after: $after) { next } }`;
    for (const collapseIdx of [null, 1]) {
      const madeUp = encodeSearch([{ view: 'system', before: 1, collapseIdx, part: 'batch', untilIdx: null }]);
      const refused = await client.refused(query, { after: madeUp });
      assert.deepEqual([refused.reason, refused.place], ['CURSOR_INVALID', 'after']);
    }
  });
});
