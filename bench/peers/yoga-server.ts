/** GraphQL Yoga on Node's own server, with v1's schema and resolvers on the data folder that it is given. Prints its address. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importPeer } from './import-peer.ts';
import { openV1World } from './v1-world.ts';

interface Yoga {
  readonly createSchema: (parts: { readonly typeDefs: string; readonly resolvers: object }) => unknown;
  readonly createYoga: (options: object) => RequestListener;
}

const { createSchema, createYoga } = await importPeer<Yoga>('graphql-yoga');
const { typeDefs, resolvers, contextOf } = await openV1World(process.argv[2] ?? '');
const schema = createSchema({ typeDefs, resolvers });
const yoga = createYoga({ schema, context: contextOf, logging: false, graphiql: false, landingPage: false });
const server = createServer(yoga).listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`); // it listens on a port
});
