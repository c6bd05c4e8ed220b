/** The law of gathered footprints: whoever would be answered otherwise by now is not carried over what he has read. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asyncLaw } from '@jitos/testkit/git/async-law.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { digestToHex, edgeId, keyedNodeId, type Bytes } from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';

const KINDS = ['a', 'b'] as const;
const EDGE_KINDS = ['e', 'f'] as const;
const nodeOf = (kind: string, key: number): string => digestToHex(keyedNodeId(kind, String(key) as Bytes, sha256)); // ASCII

const kind = fc.constantFrom(...KINDS);
const edgeKind = fc.constantFrom(...EDGE_KINDS);
const key = fc.integer({ min: 0, max: 2 });
const node = fc.tuple(kind, key).map(([of, named]) => nodeOf(of, named));
const edge = fc.record({ from: node, to: node, kind: edgeKind });

const op: fc.Arbitrary<object> = fc.oneof(
  fc.record({ kind, key: key.map(String), set: fc.record({ n: key }) }).map((data) => ({ op: 'PutNode', data })),
  edge.map((data) => ({ op: 'AddEdge', data })),
  node.map((id) => ({ op: 'DeleteNode', data: { id } })),
);

/** Fields of a query, `$view` in each the view that is read. */
const read: fc.Arbitrary<string> = fc.oneof(
  node.map((id) => `node(view: $view, id: "${id}") { data }`),
  edge.map(({ from, to, kind: of }) => `edge(view: $view, id: "${edgeIdOf(from, to, of)}") { id }`),
  fc.subarray([...KINDS]).map((kinds) => nodesField(`nodeFilter: {kinds: ${JSON.stringify(kinds)}}`)),
  kind.map((of) => nodesField(`nodeFilter: {kinds: ["${of}"], hasKeys: ["n"]}, nodesPage: {first: 1}`)),
  fc.constant(nodesField('nodesPage: {first: 2}')),
  fc.constant('graph(view: $view) { digest }'),
  fc.constant(edgesField({ from: null, to: null, kinds: null })),
  fc
    .record({ from: fc.option(node), to: fc.option(node), kinds: fc.option(edgeKind) })
    .map(({ from, to, kinds }) => edgesField({ from, to, kinds: kinds === null ? null : [kinds] })),
);

function edgeIdOf(from: string, to: string, of: string): string {
  const bytes = (hex: string): ReturnType<typeof keyedNodeId> => {
    return Buffer.from(hex, 'hex').toString('latin1') as ReturnType<typeof keyedNodeId>; // 32 bytes
  };
  return digestToHex(edgeId(bytes(from), bytes(to), of, null, sha256));
}

function nodesField(args: string): string {
  return `graph(view: $view, ${args}) { nodes { nodes { id data } pageInfo { hasNextPage } } }`;
}

function edgesField(filter: {
  readonly from: string | null;
  readonly to: string | null;
  readonly kinds: unknown;
}): string {
  const parts = Object.entries(filter).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `graph(view: $view, edgeFilter: {${parts.join(', ')}}) { edges { edges { id from to } } }`;
}

asyncLaw('an answer that would be another one by now is a stale read, and elements that are as they were are none', {
  inputs: fc.record({
    before: fc.array(op, { minLength: 4, maxLength: 10 }),
    reads: fc.array(read, { minLength: 1, maxLength: 3 }),
    meanwhile: fc.array(op, { minLength: 1, maxLength: 3 }),
  }),
  runs: 150,
  holds: async ({ before, reads, meanwhile }) => {
    const world = await openMemoryWorld();
    const client = GraphqlClient.inProcess(world);
    const start = async (): Promise<string> => {
      const made = await client.data<{ createSws: { sws: { id: string } } }>('mutation { createSws { sws { id } } }');
      return made.createSws.sws.id;
    };
    /** Each op by itself: those that don't go are left out. */
    const write = async (id: string, ops: readonly object[]): Promise<void> => {
      const mutation = `mutation($ops: [JSON!]!) { applyRewrite(view: {kind: SWS, swsId: ${id}}, rewrite: {ops: $ops}) { accepted } }`;
      for (const each of ops) await client.ask(mutation, { ops: [each] });
    };
    const collapse = async (id: string, policy: string): Promise<boolean> => {
      const mutation = `mutation { collapseSws(input: {swsId: ${id}, policy: "${policy}"}) { committed } }`;
      return (await client.data<{ collapseSws: { committed: boolean } }>(mutation)).collapseSws.committed;
    };
    /** Of errors the reason alone. */
    const answers = async (view: string): Promise<string> => {
      const asked = reads.map((field) => client.ask(`{ ${field.replace('$view', view)} }`));
      const told = await Promise.all(asked);
      return JSON.stringify(told.map(({ data, errors }) => [data, errors?.map(({ extensions }) => extensions.reason)]));
    };
    const first = await start();
    await write(first, before);
    await collapse(first, 'fail-fast');
    const [reader, writer] = [await start(), await start()];
    const then = await answers(`{kind: SWS, swsId: ${reader}}`);
    await write(reader, [{ op: 'AddNode', data: { kind: 'own' } }]);
    await write(writer, meanwhile);
    await collapse(writer, 'fail-fast');
    const isSame = (await answers('{kind: SYSTEM}')) === then;
    const isCarried = await collapse(reader, 'serializable');
    const readsElements = reads.every((field) => /^(?:node|edge)\(/.test(field));
    if (!isSame) assert.equal(isCarried, false);
    else if (readsElements) assert.equal(isCarried, true);
    await world.close();
  },
});
