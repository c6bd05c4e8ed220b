import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { connect } from './connect.ts';
import { Refusal } from './transport/errors.ts';
import type { Fetch } from './transport/http.ts';
import { addEdge, addNode, deleteNode, nodeId, putNode, setEdge } from './wire/change.ts';
import { operation } from './wire/operation.ts';
import type { World } from './world/world.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
let count = 0;

/** One of its own for each test. */
async function freshWorld(by: Fetch = fetch): Promise<World> {
  const name = `w${(count += 1)}`;
  await served.host.createWorld(name);
  return connect({ url: served.url, world: name, fetch: by });
}

async function listed<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('what a workspace writes is in System once it is collapsed, and not before', async () => {
  const world = await freshWorld();
  await using ws = await world.fork({ meta: { why: 'a test' } });
  const ada = putNode('person', 'ada', { born: 1815 });
  const note = addNode('note', 'the first program');
  await ws.rewrite([ada, note, addEdge(note, 'about', ada, { payload: 'much' })]);
  assert.equal(await world.system.node(ada), undefined);
  const outcome = await ws.collapse();
  assert.ok(outcome.committed);
  assert.equal(outcome.report.digest, (await world.system.head()).digest);
  assert.deepEqual(await world.system.node(ada), {
    type: 'keyed',
    id: ada.id,
    kind: 'person',
    key: 'ada',
    fields: { born: 1815 },
  });
  const [edge] = await listed(world.system.edges({ from: note, kinds: ['about'] }));
  assert.equal(edge?.to, ada.id);
  assert.deepEqual(edge.payload, Uint8Array.from(Buffer.from('much')));
  assert.deepEqual(await world.system.edge(edge), edge);
  assert.deepEqual((await world.collapseAt(outcome.report.eventIdx)).committed, true);
  assert.equal((await ws.info()).state, 'COLLAPSED');
});

test('the helpers know the ids that the world gives, and take bytes and large integers', async () => {
  const world = await freshWorld();
  await using ws = await world.fork();
  const key = Uint8Array.of(255, 0, 1);
  const fields = { big: 2n ** 63n, bytes: key, list: [1, 'two', { three: true }], half: 0.5, __proto__x: 'x' };
  const made = await ws.put('thing', key, fields);
  const read = await ws.keyed('thing', key);
  assert.deepEqual(read, { type: 'keyed', id: made.id, kind: 'thing', key, fields });
  const added = await ws.add('blob', key);
  const linked = await ws.link(made, 'has', added, { key: 'first' });
  await ws.rewrite([setEdge(linked, 'said')]);
  const [edge] = await listed(ws.edges());
  assert.ok(edge);
  assert.equal(edge.id, linked.id);
  assert.equal(edge.key, 'first');
  assert.deepEqual(edge.payload, Uint8Array.from(Buffer.from('said')));
  await ws.delete(edge);
  await ws.delete((await ws.node(added))!);
  await ws.rewrite([putNode('thing', key, { only: 1 }, { unset: Object.keys(fields) })]);
  assert.deepEqual(
    (await listed(ws.nodes())).map((node) => node.type === 'keyed' && node.fields),
    [{ only: 1 }],
  );
  await assert.rejects(ws.put('thing', 'a \ud800'), TypeError);
});

test('a workspace that was not collapsed is discarded where its block ends, however it ends', async () => {
  const asked: string[] = [];
  const world = await freshWorld((url, init) => {
    asked.push(typeof init.body === 'string' ? init.body : '');
    return fetch(url, init);
  });
  await assert.rejects(async () => {
    await using ws = await world.fork();
    await ws.put('a', 'b');
    throw new RangeError('out of the block');
  }, RangeError);
  {
    await using gone = await world.fork();
    await gone.discard({ reason: 'by hand' });
  }
  {
    await using carried = await world.fork();
    await carried.collapse();
  }
  assert.equal(asked.filter((body) => body.includes('mutation discardSws')).length, 2);
  assert.deepEqual(await listed(world.workspaces()), []);
  assert.equal((await world.workspace(0).info()).state, 'DISCARDED');
});

test('a conflict is a value, and a rebase with choices settles it', async () => {
  const world = await freshWorld();
  const [first, second] = [await world.fork(), await world.fork()];
  await first.put('page', 'home', { title: 'One' });
  await second.put('page', 'home', { title: 'Two' });
  assert.ok((await first.collapse()).committed);
  const preview = await second.previewCollapse();
  const outcome = await second.collapse();
  assert.ok(!outcome.committed && !preview.committed);
  assert.deepEqual(outcome.conflicts, preview.conflicts);
  assert.equal(outcome.conflictCount, 1);
  const [conflict] = outcome.conflicts;
  const id = nodeId('page', 'home');
  assert.deepEqual([conflict?.id, conflict?.class, conflict?.fields], [id, 'both-changed', ['title']]);
  const [sides] = await second.sides([id]);
  assert.deepEqual([sides?.ours?.data, sides?.theirs?.data, sides?.base], [{ title: 'Two' }, { title: 'One' }, null]);
  const [then] = await world.sidesAt(outcome.report.eventIdx, [id]);
  assert.deepEqual(then, sides);

  const unsettled = await second.rebase();
  assert.ok(!unsettled.rebased);
  assert.equal(unsettled.conflicts.length, 1);
  const choices = [{ element: id, side: 'ours' }] as const;
  const changes = [putNode('page', 'home', { by: 'hand' })];
  assert.ok((await second.previewRebase({ choices, changes })).rebased);
  assert.ok((await second.rebase({ choices, changes })).rebased);
  assert.ok((await second.collapse()).committed);
  const home = await world.system.keyed('page', 'home');
  assert.deepEqual(home?.type === 'keyed' && home.fields, { title: 'Two', by: 'hand' });
});

test('a fork of a workspace collapses into it', async () => {
  const world = await freshWorld();
  await using parent = await world.fork();
  await parent.put('a', 'parent');
  await using child = await parent.fork();
  await child.put('a', 'child');
  assert.deepEqual((await parent.info()).children, [child.name]);
  const outcome = await child.collapse();
  assert.ok(outcome.committed);
  assert.equal(outcome.report.into, parent.name);
  assert.equal((await listed(parent.nodes())).length, 2);
  assert.equal((await listed(world.system.nodes())).length, 0);
});

test('pages are of one snapshot, whatever is written while they are read', async () => {
  const world = await freshWorld();
  await using ws = await world.fork();
  const changes = Array.from({ length: 25 }, (_, i) => putNode('n', `${i}`));
  await ws.rewrite(changes);
  const ids: string[] = [];
  const snapshots = new Set<string | null>();
  for await (const page of ws.nodePages({ pageLength: 4 })) {
    ids.push(...page.items.map(({ id }) => id));
    snapshots.add(page.snapshotId);
    await ws.put('later', `${ids.length}`);
  }
  assert.deepEqual(ids, changes.map(({ id }) => id).toSorted());
  assert.equal(snapshots.size, 1);
  assert.equal((await listed(ws.nodes({ pageLength: 10 }))).length, 32);
  assert.equal((await listed(ws.nodes({ kinds: ['later'] }))).length, 7);
});

test('the past, who wrote it, what differs and how to undo it', async () => {
  const world = await freshWorld();
  const write = async (title: string): Promise<number> => {
    await using ws = await world.fork();
    await ws.put('page', 'home', { title }, { meta: { said: title } });
    const outcome = await ws.collapse();
    return outcome.report.eventIdx;
  };
  const [before, now] = [await write('before'), await write('now')];
  const id = nodeId('page', 'home');
  const past = await world.system.at(before).node(id);
  assert.deepEqual(past?.type === 'keyed' && past.fields, { title: 'before' });
  const writer = await world.system.why(id);
  assert.ok(writer);
  assert.equal(writer.view, 1);
  assert.deepEqual(
    writer.carriedBy.map(({ eventIdx }) => eventIdx),
    [now],
  );
  assert.equal((writer.meta as { said: string }).said, 'now');
  assert.equal(await world.system.why(nodeId('page', 'nobody’s')), undefined);
  const moments = [{ view: 'system', at: before }, { view: 'system' }] as const;
  const [change, ...others] = await listed(world.diff(...moments));
  assert.deepEqual(others, []);
  assert.deepEqual([change?.before?.data, change?.after?.data], [{ title: 'before' }, { title: 'now' }]);
  assert.equal((await listed(world.diffOps(...moments))).length, 1);
  const events = await listed(world.rewrites('system', { pageLength: 1 }));
  assert.deepEqual(
    events.map(({ eventIdx }) => eventIdx),
    [before, now],
  );
  const undo = await world.undo(now);
  assert.ok(undo.undone);
  assert.ok((await undo.workspace.collapse()).committed);
  const back = await world.system.node(id);
  assert.deepEqual(back, past);
  const again = await world.undo(now);
  assert.ok(!again.undone && again.offenderCount === 1);
});

test('a batch of disjoint workspaces is one event', async () => {
  const world = await freshWorld();
  const workspaces = await Promise.all(Array.from({ length: 5 }, () => world.fork()));
  await Promise.all(workspaces.map((ws) => ws.put('n', `${ws.name}`)));
  const outcome = await world.collapseBatch(workspaces);
  assert.deepEqual([outcome.committedCount, outcome.abortedCount], [5, 0]);
  assert.deepEqual(
    outcome.entries.map(({ workspace }) => workspace),
    [0, 1, 2, 3, 4],
  );
});

test('a refusal tells what, where and what to do', async () => {
  const world = await freshWorld();
  await using ws = await world.fork();
  await assert.rejects(ws.rewrite([putNode('a', 'b'), deleteNode(nodeId('no', 'such'))]), (error: unknown) => {
    assert.ok(error instanceof Refusal);
    const { reason, code, place, retry } = error;
    const told = { reason: 'ELEMENT_NOT_FOUND', code: 'NOT_FOUND', place: 'rewrite.ops[1].data.id', retry: 'never' };
    assert.deepEqual({ reason, code, place, retry }, told);
    assert.match(error.advice, /view/);
    return true;
  });
  await assert.rejects(connect({ url: served.url, world: 'none' }).info(), {
    name: 'Refusal',
    reason: 'WORLD_NOT_FOUND',
  });
  await assert.rejects(world.query(operation('{ nothing }'), {}), { name: 'Refusal', reason: 'GRAPHQL_INVALID' });
});

test('settings and rule packs', async () => {
  const world = await freshWorld();
  assert.equal((await world.changeSettings({ abortsMax: 7 })).abortsMax, 7);
  assert.equal((await world.settings()).abortsMax, 7);
  assert.equal(await world.rules(), null);
  const { rulePackId } = await world.proposeRules(
    'type Page @node(key: "path") { path: ID! hits: Int @merge(rule: COUNTER) }',
  );
  assert.equal((await world.rules())?.rulePackId, rulePackId);
});
