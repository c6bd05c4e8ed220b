import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Conflict, type Digest, type Range } from '@jitos/kernel';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { ANSWER_SIZE_BYTES_MAX, fitsAsJson, jsonSizeBytesOf } from './answer-size.ts';
import { CONFLICT_SIZE_BYTES_MAX, conflictAnswer } from './answers.ts';
import { COLLAPSE_SIZE_BYTES_MAX } from './collapses.ts';
import { PAGE_SIZE_BYTES_MAX, REQUEST_SIZE_BYTES_MAX } from './read-budget.ts';

const world = await openMemoryWorld();
const client = GraphqlClient.inProcess(world);
after(() => world.close());

const META_SIZE_BYTES = 65_000;
const META = { $bytes: Buffer.alloc(META_SIZE_BYTES).toString('base64') };
/** `sws` 0 is open, 1 has ended; both have a large meta, and 0 has nodes with the longest keys. */
await client.data(
  `mutation($meta: JSON) {
    a: createSws(input: {meta: $meta}) { sws { id } }
    b: createSws(input: {meta: $meta}) { sws { id } }
    discardSws(input: {swsId: 1}) { discarded }
  }`,
  { meta: META },
);
const KEY_SIZE_BYTES = 1024;
const KEYED_COUNT = 150;
await client.data(
  'mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: $ops}) { accepted } }',
  {
    ops: Array.from({ length: KEYED_COUNT }, (_, i) => {
      return { op: 'PutNode', data: { kind: 'k', key: `${i}`.padStart(KEY_SIZE_BYTES) } };
    }),
  },
);

function aliases(count: number, field: string): string {
  return Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
}

/** How many fields of the root are answered before the budget refuses the rest. */
async function countAnswered(field: string, count: number): Promise<number> {
  const { data, errors = [] } = await client.ask(`{ ${aliases(count, field)} }`);
  for (const { extensions } of errors) assert.equal(extensions.reason, 'QUERY_TOO_LARGE');
  return Object.values(data ?? {}).filter((value) => value !== null).length;
}

test('the meta of a workspace is charged, open or ended', async () => {
  const fill = Math.ceil(REQUEST_SIZE_BYTES_MAX / META_SIZE_BYTES);
  for (const id of [0, 1]) {
    const answered = await countAnswered(`sws(id: ${id}) { meta }`, fill + 20);
    assert.ok(answered > fill - 3 && answered <= fill, `${answered} of ${fill}`);
    assert.equal(await countAnswered(`sws(id: ${id}) { id }`, fill + 20), fill + 20);
  }
});

test('a key is charged, as often as it is asked for: its pages end earlier', async () => {
  const page = async (fields: string): Promise<number> => {
    const { graph } = await client.data<{ graph: { nodes: { nodes: object[] } } }>(
      `{ graph(view: {kind: SWS, swsId: 0}, nodesPage: {first: 1000}) { nodes { nodes { ${fields} } } } }`,
    );
    return graph.nodes.nodes.length;
  };
  // So that a page holds 102 nodes, and a bit.
  const copies = 40;
  assert.equal(await page(aliases(copies, 'key_b64')), Math.floor(PAGE_SIZE_BYTES_MAX / (KEY_SIZE_BYTES * copies)));
  assert.equal(await page(aliases(copies, 'id')), KEYED_COUNT);
  assert.equal(await page('key_b64'), KEYED_COUNT);
});

test('a mutation whose answer could be too large is refused before it acts', async () => {
  const { size } = world.loop.world.history;
  const copies = Math.ceil(REQUEST_SIZE_BYTES_MAX / jsonSizeBytesOf(META));
  const create = `mutation($meta: JSON) { createSws(input: {meta: $meta}) { sws { ${aliases(copies, 'meta')} } } }`;
  const refused = { code: 'INVALID_INPUT', reason: 'QUERY_TOO_LARGE' };
  assert.deepEqual(await client.refused(create, { meta: META }), { ...refused, place: 'createSws' });
  const most = Math.floor(REQUEST_SIZE_BYTES_MAX / COLLAPSE_SIZE_BYTES_MAX);
  const collapse = (count: number): string =>
    `mutation { collapseSws(input: {swsId: 0}) { ${aliases(count, 'conflicts')} } }`;
  assert.deepEqual(await client.refused(collapse(most + 1)), { ...refused, place: 'collapseSws' });
  assert.equal(world.loop.world.history.size, size, 'nothing was done');
  // What the first takes is not there for the second, which alone would do.
  const two = `mutation($meta: JSON) { ${aliases(2, `createSws(input: {meta: $meta}) { sws { ${aliases(copies - 100, 'meta')} } }`)} }`;
  const { errors } = await client.ask(two, { meta: META });
  assert.deepEqual(
    errors?.map(({ path, extensions }) => [path, extensions.reason]),
    [[['a1'], 'QUERY_TOO_LARGE']],
  );
  assert.equal(world.loop.world.history.size, size + 1);
});

test('no conflict is longer than what is reserved for it', () => {
  const digest = '\u00ff'.repeat(32) as Digest; // any 32 bytes
  const conflict: Conflict = {
    element: 'node',
    id: digest,
    class: 'changed-and-deleted',
    base: digest,
    ours: digest,
    theirs: digest,
    fields: Array.from({ length: 32 }, () => '\u0001'.repeat(128)),
    other: digest,
    rule: { rule: 'field-type', subject: '\u0001'.repeat(128) },
  };
  const range: Range = { range: 'out', node: digest, kind: 'k'.repeat(128) };
  assert.ok(jsonSizeBytesOf(conflictAnswer(conflict, range)) < CONFLICT_SIZE_BYTES_MAX);
});

test('an answer that is too long is refused before it is written down', async () => {
  const alias = 'x'.repeat(4_000_000);
  assert.deepEqual(await client.refused(`{ __schema { types { fields { ${alias}: name } } } }`), {
    code: 'INVALID_INPUT',
    reason: 'QUERY_TOO_LARGE',
    place: 'query',
  });
});

test('what fits by a look at lengths is not looked at more closely, and the rest is', () => {
  assert.equal(fitsAsJson('x'.repeat(100), 102), true);
  assert.equal(fitsAsJson('x'.repeat(101), 102), false);
  assert.equal(fitsAsJson({ a: [1, 'é"'] }, Buffer.byteLength('{"a":[1,"é\\""]}') + 2), true);
  assert.equal(
    fitsAsJson(
      Array.from({ length: 1000 }, () => 'x'.repeat(1_000_000)),
      ANSWER_SIZE_BYTES_MAX,
    ),
    false,
  );
});
