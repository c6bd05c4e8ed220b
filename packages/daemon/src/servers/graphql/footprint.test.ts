import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { digestToHex, keyedNodeId, type Bytes } from '@jitos/kernel';
import { openWorld, type OpenWorld } from '../../engine/open-world.ts';
import { sha256 } from '../../engine/sha256.ts';
import { MemoryLog } from '../../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../../logs/memory/memory-rewrite-index.ts';

const put = (key: string, set: object, kind = 'k'): object => ({ op: 'PutNode', data: { kind, key, set } });
const idOf = (key: string): string => digestToHex(keyedNodeId('k', key as Bytes, sha256)); // ASCII

interface Answer {
  readonly committed: boolean;
  readonly conflicts: readonly { readonly class: string; readonly id: string; readonly range: object | null }[];
  readonly report: { readonly policy: { readonly name: string } };
}

const ANSWER = 'committed conflicts report { policy { name } }';

class Agent {
  readonly client: GraphqlClient;
  readonly id: string;

  private constructor(client: GraphqlClient, id: string) {
    this.client = client;
    this.id = id;
  }

  static async start(client: GraphqlClient, from: string | null = null): Promise<Agent> {
    const create = 'mutation($from: ID) { createSws(input: {from: $from}) { sws { id } } }';
    const made = await client.data<{ createSws: { sws: { id: string } } }>(create, { from });
    return new Agent(client, made.createSws.sws.id);
  }

  async write(...ops: readonly object[]): Promise<void> {
    const write =
      'mutation($id: ID!, $ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: $id}, rewrite: {ops: $ops}) { accepted } }';
    await this.client.data(write, { id: this.id, ops });
  }

  /** `read` is a query's field, `$view` in it the workspace. */
  async read(read: string): Promise<void> {
    await this.client.ask(`{ ${read.replace('$view', `{kind: SWS, swsId: ${this.id}}`)} }`);
  }

  async collapse(input = '', policy = 'policy: "serializable"'): Promise<Answer> {
    const mutation = `mutation { collapseSws(input: {swsId: ${this.id} ${policy} ${input}}) { ${ANSWER} } }`;
    return (await this.client.data<{ collapseSws: Answer }>(mutation)).collapseSws;
  }
}

async function withWorld(use: (client: GraphqlClient, world: OpenWorld) => Promise<void>): Promise<void> {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  const first = await Agent.start(client);
  await first.write(put('a', { on: true }), put('b', { on: true }));
  await first.collapse('', '');
  await use(client, world);
  await world.close();
}

/** A workspace that reads, and another that writes and commits meanwhile. */
async function readMeanwhile(client: GraphqlClient, read: string, ...ops: readonly object[]): Promise<Answer> {
  const reader = await Agent.start(client);
  await reader.read(read);
  await reader.write(put('mine', {}, 'other'));
  const writer = await Agent.start(client);
  await writer.write(...ops);
  await writer.collapse('', '');
  return await reader.collapse();
}

describe('serializable', () => {
  test('of two agents that each read what the other writes, the second is told what it had read', () =>
    withWorld(async (client) => {
      const [one, two] = [await Agent.start(client), await Agent.start(client)];
      await one.read(`node(view: $view, id: "${idOf('a')}") { data }`);
      await one.write(put('b', { on: false }));
      await two.read(`node(view: $view, id: "${idOf('b')}") { data }`);
      await two.write(put('a', { on: false }));
      assert.equal((await one.collapse()).committed, true);
      const { committed, conflicts, report } = await two.collapse();
      assert.equal(committed, false);
      assert.deepEqual(
        conflicts.map(({ class: conflictClass, id }) => [conflictClass, id]),
        [['stale-read', idOf('b')]],
      );
      assert.equal(report.policy.name, 'serializable');
    }));

  const moved: readonly (readonly [what: string, read: string, op: object])[] = [
    ['a node that was not there', `node(view: $view, id: "${idOf('c')}") { id }`, put('c', {})],
    [
      'the nodes of a kind',
      'graph(view: $view, nodeFilter: {kinds: ["k"]}) { nodes { pageInfo { hasNextPage } } }',
      put('c', {}),
    ],
    ['all nodes', 'graph(view: $view, nodesPage: {first: 1}) { nodes { nodes { id } } }', put('z', {}, 'z')],
    ['all edges', 'graph(view: $view) { edges { edges { id } } }', put('z', {}, 'z')],
    ['the digest', 'graph(view: $view) { digest }', put('z', {}, 'z')],
    [
      'what differs from System',
      'diff(from: {view: {kind: SYSTEM}}, to: {view: $view}) { changes { changes { id } } }',
      put('z', {}, 'z'),
    ],
    [
      'the edges that leave a node',
      `graph(view: $view, edgeFilter: {from: "${idOf('a')}"}) { edges { edges { id } } }`,
      { op: 'AddEdge', data: { from: idOf('a'), to: idOf('b'), kind: 'e' } },
    ],
    [
      'the edges of a kind that reach a node',
      `graph(view: $view, edgeFilter: {to: "${idOf('b')}", kinds: ["e"]}) { edges { edges { id } } }`,
      { op: 'AddEdge', data: { from: idOf('a'), to: idOf('b'), kind: 'e' } },
    ],
  ];
  for (const [what, read, op] of moved) {
    test(`${what} has been read`, () =>
      withWorld(async (client) => {
        const { committed, conflicts } = await readMeanwhile(client, read, op);
        assert.equal(committed, false);
        assert.deepEqual(new Set(conflicts.map((conflict) => conflict.class)), new Set(['stale-read']));
      }));
  }

  test('that an element is on no side has been read', () =>
    withWorld(async (client) => {
      const reader = await Agent.start(client);
      const query = `{ sides(swsId: ${reader.id}, elements: ["${idOf('c')}"]) { id } }`;
      assert.deepEqual(await client.data(query), { sides: [] });
      await reader.write(put('mine', {}, 'other'));
      const writer = await Agent.start(client);
      await writer.write(put('c', {}));
      await writer.collapse('', '');
      assert.equal((await reader.collapse()).committed, false);
    }));

  test('what moves beside what was read is no conflict', () =>
    withWorld(async (client) => {
      const read = 'graph(view: $view, nodeFilter: {kinds: ["k"]}) { snapshotId nodes { nodes { id } } }';
      assert.equal((await readMeanwhile(client, read, put('z', {}, 'z'))).committed, true);
    }));

  test('reads of the past and of System, and a look at the workspace itself, are no reads of its view', () =>
    withWorld(async (client) => {
      const reads = ['graph(view: $view, at: 4) { digest }', 'graph(view: {kind: SYSTEM}) { digest }'];
      for (const read of [...reads, 'listSws { id digest }']) {
        assert.equal((await readMeanwhile(client, read, put('a', { on: 0 }))).committed, true, read);
      }
    }));

  test('a range is told as it was read', () =>
    withWorld(async (client) => {
      const read = `graph(view: $view, edgeFilter: {from: "${idOf('a')}"}) { edges { edges { id } } }`;
      const { conflicts } = await readMeanwhile(client, read, {
        op: 'AddEdge',
        data: { from: idOf('a'), to: idOf('b'), kind: 'e' },
      });
      assert.deepEqual(conflicts[0]?.range, { range: 'OUT', id: idOf('a') });
    }));

  test('a footprint that is declared stands for the one that was gathered', () =>
    withWorld(async (client) => {
      const agent = await Agent.start(client);
      const { sws } = await client.data<{ sws: { parentSnapshotId: string } }>(
        `{ sws(id: ${agent.id}) { parentSnapshotId } }`,
      );
      await agent.read('graph(view: $view) { digest }');
      await agent.write(put('mine', {}));
      const other = await Agent.start(client);
      await other.write(put('a', { on: 1 }));
      await other.collapse('', '');
      const declared = (ranges: string): string =>
        `footprint: {baseSnapshotId: "${sws.parentSnapshotId}", ranges: [${ranges}]}`;
      assert.equal((await agent.collapse(declared('{range: NODES, kind: "k"}'))).committed, false);
      const bad = `mutation { collapseSws(input: {swsId: ${agent.id}, policyId: 4, ${declared('{range: NODES, id: "x"}')}}) { committed } }`;
      assert.equal((await client.refused(bad)).place, 'input.footprint.ranges[0].id');
      assert.equal((await agent.collapse(declared(`{range: NODE, id: "${idOf('b')}"}`))).committed, true);
    }));

  test('a retry answers as the first time, whatever was read since', () =>
    withWorld(async (client) => {
      const agent = await Agent.start(client);
      await agent.write(put('mine', {}));
      await agent.read(`node(view: $view, id: "${idOf('a')}") { id }`);
      const input = 'meta: {requestId: "r"}';
      const first = await agent.collapse(input);
      assert.equal(first.committed, true);
      assert.deepEqual(await agent.collapse(input), first);
    }));

  test("a fork's reads are its parent's once it has collapsed into it", () =>
    withWorld(async (client) => {
      const parent = await Agent.start(client);
      const child = await Agent.start(client, parent.id);
      await child.read(`node(view: $view, id: "${idOf('a')}") { id }`);
      await child.write(put('mine', {}));
      assert.equal((await child.collapse()).committed, true);
      const other = await Agent.start(client);
      await other.write(put('a', { on: 1 }));
      await other.collapse('', '');
      assert.equal((await parent.collapse()).committed, false);
    }));

  test('a rebase forgets what was read of the old base, and refuses what has moved as a collapse does', () =>
    withWorld(async (client) => {
      const agent = await Agent.start(client);
      await agent.read(`node(view: $view, id: "${idOf('a')}") { id }`);
      await agent.write(put('mine', {}));
      const other = await Agent.start(client);
      await other.write(put('a', { on: 1 }));
      await other.collapse('', '');
      const rebase = async (policy: string): Promise<object> => {
        const fields = 'rebased conflictCount conflicts';
        const mutation = `mutation { rebaseSws(input: {swsId: ${agent.id}, policy: "${policy}"}) { ${fields} } }`;
        return (await client.data<{ rebaseSws: object }>(mutation)).rebaseSws;
      };
      const refused = (await rebase('serializable')) as { readonly conflicts: readonly { readonly class: string }[] };
      assert.deepEqual(
        refused.conflicts.map((conflict) => conflict.class),
        ['stale-read'],
      );
      const view = `kind: SWS, swsId: ${agent.id}`;
      const { graph } = await client.data<{ graph: { snapshotId: string } }>(
        `{ graph(view: {${view}}) { snapshotId } }`,
      );
      assert.deepEqual(await rebase('fail-fast'), { rebased: true, conflictCount: '0', conflicts: [] });
      const old = `{ graph(view: {${view}, snapshotId: "${graph.snapshotId}"}) { snapshotId } }`;
      assert.equal((await client.refused(old)).reason, 'SNAPSHOT_NOT_FOUND');
      assert.equal((await agent.collapse()).committed, true);
    }));

  test('what was read before a restart is unknown', async () => {
    const store = { batches: [] };
    const open = (): Promise<OpenWorld> =>
      openWorld({
        name: 'main',
        log: new MemoryLog({ store, sync: 'async' }),
        openRewriteIndex: () => new MemoryRewriteIndex(),
      });
    const before = await open();
    const { id } = await Agent.start(GraphqlClient.inProcess(before));
    await before.close();
    const after = await open();
    const client = GraphqlClient.inProcess(after);
    const collapse = `mutation { collapseSws(input: {swsId: ${id}, policy: "serializable"}) { committed } }`;
    assert.equal((await client.refused(collapse)).reason, 'FOOTPRINT_UNKNOWN');
    assert.equal((await (await Agent.start(client)).collapse()).committed, true);
    await after.close();
  });
});
