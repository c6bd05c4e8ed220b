/**
 * As `mercurius-bare.ts`, with the part of v1 that the benches query: the same shapes and sizes, from objects that were in memory
 * from the start. Prints its address.
 */
import { hash } from 'node:crypto';
import fastify from 'fastify';
import mercurius from 'mercurius';

const PAGE_SIZE = 100;
/** As long as one of jitos is. */
const CURSOR_LENGTH = 120;

const SCHEMA = `
  scalar Hash
  scalar JSON
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String }
  type GraphNode implements Node { id: ID!, elementId: Hash!, kind: String!, data: JSON! }
  type GraphNodeEdge { cursor: String!, node: GraphNode! }
  type GraphNodeConnection { edges: [GraphNodeEdge!]!, pageInfo: PageInfo!, totalCount: Int }
  type View implements Node { id: ID!, digest: Hash!, nodes(first: Int, after: String): GraphNodeConnection! }
  type Query { view(workspace: Int): View! }
`;

const digestOf = (text: string): string => hash('sha256', text, 'hex');
const cursor = 'A'.repeat(CURSOR_LENGTH);

const edges = Array.from({ length: PAGE_SIZE }, (_, i) => {
  const elementId = digestOf(`node ${i}`);
  return { cursor, node: { id: `node:system:${elementId}`, elementId, kind: 'bench.node', data: { value: 0 } } };
});
const pageInfo = { hasNextPage: true, hasPreviousPage: false, startCursor: cursor, endCursor: cursor };
const view = { id: 'view:system', digest: digestOf('graph'), nodes: { edges, pageInfo, totalCount: 10_000 } };

const server = fastify();
await server.register(mercurius, { schema: SCHEMA, resolvers: { Query: { view: () => view } }, jit: 1 });
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
