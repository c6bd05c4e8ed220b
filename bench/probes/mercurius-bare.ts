/**
 * The least that a GraphQL answer costs on this stack: Fastify with Mercurius (JIT), resolvers that return what has been
 * in memory from the start, and none of jitos: no world, no limits, no error codes.
 *
 * The schema is the part of v0 that the benches query, with the same shapes and sizes. Prints its address.
 */
import { hash } from 'node:crypto';
import fastify from 'fastify';
import mercurius from 'mercurius';

const PAGE_SIZE = 100;
/** As long as one of jitos is. */
const CURSOR_LENGTH = 124;

const SCHEMA = `
  scalar Hash
  scalar JSON
  scalar Timestamp
  scalar U32
  enum ViewKind { SYSTEM SWS }
  enum CommitStatus { COMMITTED ABORTED }
  input ViewRefInput { kind: ViewKind!, swsId: ID, snapshotId: ID }
  input PageInput { first: Int = 200, after: String }
  type KernelInfo { version: String!, rulePackId: Hash, policyId: U32, commitStatus: CommitStatus! }
  type GraphNode { id: ID!, kind: String!, data: JSON!, createdAt: Timestamp }
  type PageInfo { endCursor: String, hasNextPage: Boolean! }
  type GraphNodeConnection { nodes: [GraphNode!]!, pageInfo: PageInfo! }
  type GraphSnapshot { digest: Hash!, nodes: GraphNodeConnection! }
  type Query {
    kernelInfo: KernelInfo!
    graph(view: ViewRefInput!, nodesPage: PageInput): GraphSnapshot!
  }
`;

const digestOf = (text: string): string => hash('sha256', text, 'hex');

const kernelInfo = { version: '0.1.0', rulePackId: digestOf('rule pack'), policyId: 1, commitStatus: 'COMMITTED' };
const nodes = Array.from({ length: PAGE_SIZE }, (_, i) => {
  return { id: digestOf(`node ${i}`), kind: 'bench.node', data: { value: 0 }, createdAt: null };
});
const pageInfo = { endCursor: 'A'.repeat(CURSOR_LENGTH), hasNextPage: true };
const graph = { digest: digestOf('graph'), nodes: { nodes, pageInfo } };

const server = fastify();
await server.register(mercurius, {
  schema: SCHEMA,
  resolvers: { Query: { kernelInfo: () => kernelInfo, graph: () => graph } },
  jit: 1,
});
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
