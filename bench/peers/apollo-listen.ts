/** Apollo Server in its standalone form, with v1's schema and resolvers on the data folder that it is given. Prints its address. */
import { importPeer } from './import-peer.ts';
import { openV1World } from './v1-world.ts';

interface Apollo {
  readonly ApolloServer: new (options: object) => object;
}

interface Standalone {
  readonly startStandaloneServer: (server: object, options: object) => Promise<{ readonly url: string }>;
}

const { ApolloServer } = await importPeer<Apollo>('@apollo/server');
const { startStandaloneServer } = await importPeer<Standalone>('@apollo/server/standalone');
const { typeDefs, resolvers, contextOf } = await openV1World(process.argv[2] ?? '');
const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
const context = (): Promise<unknown> => Promise.resolve(contextOf());
const { url } = await startStandaloneServer(server, { context, listen: { host: '127.0.0.1', port: 0 } });
process.stdout.write(`${url}\n`);
