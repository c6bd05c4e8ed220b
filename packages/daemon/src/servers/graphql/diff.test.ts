import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  discardWorkspace,
  keyedId,
  putNode,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { digestToHex, type Command } from '@jitos/kernel';
import { decodeDiffCursor, encodeDiffCursor, type DiffCursor } from './diff-cursor.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { loop } = served.host.mustGetWorld('main');
const client = GraphqlClient.overHttp(`${served.url}/graphql`);

async function submit(...commands: readonly Command[]): Promise<void> {
  for (const command of commands) assert.ok('kind' in (await loop.submit(command)));
}

const note = contentId('note', utf8('n'));
// After event 3 System holds the note and the task; workspace 1, open from 4 on, changes them at 5.
await submit(
  createWorkspace(),
  applyRewrite(0, [addNode('note', utf8('n')), putNode('task', 't', { state: 'new', by: 'me' })]),
  collapseWorkspace(0),
  createWorkspace(),
  applyRewrite(1, [putNode('task', 't', { state: 'done', by: null }), addEdge(note, keyedId('task', 't'), 'about')]),
);

const SYSTEM = '{view: {kind: SYSTEM}}';
const SWS = '{view: {kind: SWS, swsId: 1}}';
const then = (idx: number): string => `{view: {kind: SYSTEM}, at: ${idx}}`;

interface Diff {
  readonly from: { readonly digest: string; readonly at: string };
  readonly to: { readonly digest: string; readonly at: string };
  readonly changes: {
    readonly changes: readonly { readonly id: string; readonly before: unknown; readonly after: unknown }[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
  readonly ops: { readonly ops: readonly unknown[] };
}

async function diff(args: string, fields: string): Promise<Diff> {
  return (await client.data<{ readonly diff: Diff }>(`{ diff(${args}) { ${fields} } }`)).diff;
}

const CHANGES = `changes { changes { element id kind from to key_b64 before { digest data } after { digest data } }
  pageInfo { endCursor hasNextPage } }`;

test('elements are told with both their values, nodes before edges', async () => {
  const { changes, from, to } = await diff(
    `from: ${SYSTEM}, to: ${SWS}`,
    `from { digest at } to { digest at } ${CHANGES}`,
  );
  const [task, edge, ...more] = changes.changes;
  assert.deepEqual(more, []);
  const { before, after: now, ...rest } = task!;
  assert.deepEqual(rest, {
    element: 'NODE',
    id: digestToHex(keyedId('task', 't')),
    kind: 'task',
    from: null,
    to: null,
    key_b64: Buffer.from('t').toString('base64'),
  });
  assert.deepEqual((before as { data: unknown }).data, { state: 'new', by: 'me' });
  assert.deepEqual((now as { data: unknown }).data, { state: 'done' });
  assert.deepEqual([edge?.before, (edge!.after as { data: unknown }).data], [null, { payload_b64: null }]);
  const { system } = loop.world;
  assert.deepEqual([from.digest, from.at, to.at], [digestToHex(system.digest), '5', '5']);
});

test('the ops run in a workspace of what they begin with, and lead to what they end with', async () => {
  const { ops, to } = await diff(`from: ${SYSTEM}, to: ${SWS}`, 'ops { ops } to { digest }');
  await submit(createWorkspace());
  const number = loop.world.workspaceCount - 1;
  const document = `mutation ($ops: [JSON!]!) {
    applyRewrite(view: {kind: SWS, swsId: "${number}"}, rewrite: {ops: $ops}) { receipt { viewDigest } }
  }`;
  const applied = await client.data<{ applyRewrite: { receipt: { viewDigest: string } } }>(document, { ops: ops.ops });
  assert.equal(applied.applyRewrite.receipt.viewDigest, to.digest);
  // They expect what they began with, and that is gone.
  const { reason } = await client.refused(document, { ops: ops.ops });
  assert.equal(reason, 'EXPECTATION_FAILED');
});

test('of the past, of the present, of both', async () => {
  const count = async (from: string, to: string): Promise<number> => {
    return (await diff(`from: ${from}, to: ${to}`, 'changes { changes { id } }')).changes.changes.length;
  };
  assert.equal(await count(then(0), then(3)), 2);
  assert.equal(await count(then(3), then(0)), 2);
  assert.equal(await count(then(2), SWS), 3);
  assert.equal(await count(SWS, then(3)), 2);
  assert.equal(await count(SYSTEM, then(3)), 0);
});

test('pages go on in the moments that they began in, whatever moves on', async () => {
  await submit(createWorkspace());
  const number = loop.world.workspaceCount - 1;
  await submit(
    applyRewrite(
      number,
      Array.from({ length: 5 }, (_, i) => addNode('leaf', utf8(`${i}`))),
    ),
  );
  const args = (cursor: string | null): string =>
    `from: ${SYSTEM}, to: {view: {kind: SWS, swsId: ${number}}}, page: {first: 2, after: ${JSON.stringify(cursor)}}`;
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; ; pages++) {
    const { changes }: Diff = await diff(args(cursor), 'changes { changes { id } pageInfo { endCursor hasNextPage } }');
    found.push(...changes.changes.map(({ id }) => id));
    cursor = changes.pageInfo.endCursor;
    if (!changes.pageInfo.hasNextPage) break;
    // First both move on, and are found as they were shown; then one ends, and is found in the past.
    if (pages === 0) await submit(applyRewrite(number, [addNode('leaf', utf8('more'))]));
    else await submit(discardWorkspace(number));
  }
  const leaves = Array.from({ length: 5 }, (_, i) => digestToHex(contentId('leaf', utf8(`${i}`))));
  assert.deepEqual(found, leaves.toSorted());
});

test('only elements of some kinds', async () => {
  const { changes } = await diff(
    `from: ${then(0)}, to: ${SWS}, kinds: ["note", "about"]`,
    'changes { changes { kind } }',
  );
  assert.deepEqual(changes.changes, [{ kind: 'note' }, { kind: 'about' }]);
});

test('what is asked wrongly is told where', async () => {
  const refused = async (args: string, fields = 'changes { changes { id } }'): Promise<readonly unknown[]> => {
    const { reason, place } = await client.refused(`{ diff(${args}) { ${fields} } }`);
    return [reason, place];
  };
  assert.deepEqual(await refused(`from: ${then(900)}, to: ${SYSTEM}`), ['EVENT_NOT_FOUND', 'from.at']);
  assert.deepEqual(await refused(`from: ${SYSTEM}, to: {view: {kind: SWS, swsId: 9}}`), [
    'WORKSPACE_NOT_FOUND',
    'to.view.swsId',
  ]);
  assert.deepEqual(await refused(`from: ${SYSTEM}, to: ${SWS}, kinds: ["a b"]`), ['KIND_INVALID', 'kinds[0]']);
  assert.deepEqual(await refused(`from: ${SYSTEM}, to: ${SWS}, page: {first: 0}`), ['PAGE_INVALID', 'page.first']);
  assert.deepEqual(await refused(`from: ${SYSTEM}, to: ${SWS}, page: {after: "x"}`), ['CURSOR_INVALID', 'page.after']);
  const { changes } = await diff(`from: ${SYSTEM}, to: ${SWS}, page: {first: 1}`, CHANGES);
  const page = `page: {after: "${changes.pageInfo.endCursor}"}`;
  assert.deepEqual(await refused(`from: ${SWS}, to: ${SYSTEM}, ${page}`), ['CURSOR_INVALID', 'page.after']);
  assert.deepEqual(await refused(`from: ${SYSTEM}, to: ${SWS}, ${page}`, 'ops { ops }'), [
    'CURSOR_INVALID',
    'page.after',
  ]);
});

test('a cursor says again what it was made of, and one that differs in any character is none', () => {
  const moment = { view: 7, idx: 300, snapshotId: contentId('a') };
  const cursor: DiffCursor = {
    kind: 'ops',
    from: moment,
    to: { ...moment, view: 'system', idx: 2 },
    last: { stage: 3, id: contentId('b') },
  };
  for (const each of [cursor, { ...cursor, kind: 'changes' } as const]) {
    assert.deepEqual(decodeDiffCursor(encodeDiffCursor(each)), each);
  }
  const text = encodeDiffCursor(cursor);
  for (let i = 0; i < text.length; i++) {
    assert.equal(decodeDiffCursor(text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)), undefined);
  }
});
