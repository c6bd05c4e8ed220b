/** The world and the executable parts of v1 for servers that others wrote: the same work behind another front. */
import type { GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import { LOCAL_PRINCIPAL } from '@jitos/daemon/engine/principal.ts';
import { makeRequestContext, type RequestContext } from '@jitos/daemon/servers/graphql/request-context.ts';
import { PARTS_V1, SCHEMA_V1_TEXT } from '@jitos/daemon/servers/graphql-v1/schema.ts';
import { importPeer } from './import-peer.ts';

interface GraphqlPeer {
  readonly GraphQLScalarType: new (config: GraphQLScalarTypeConfig<unknown, unknown>) => GraphQLScalarType;
}

export interface V1World {
  readonly typeDefs: string;
  readonly resolvers: Readonly<Record<string, object>>;
  readonly contextOf: () => RequestContext;
}

/** The schema in the words that Yoga and Apollo take it in, of their own `graphql`; subscriptions apart. */
export async function openV1World(dataDir: string): Promise<V1World> {
  const { GraphQLScalarType: Scalar } = await importPeer<GraphqlPeer>('graphql');
  const host = await Host.open({ dataDir });
  const world = host.mustGetWorld(MAIN_WORLD);
  const { scalars, resolvers, typeOf = {} } = PARTS_V1;
  const scalarTypes = Object.entries(scalars).map(([name, scalar]): [string, object] => [
    name,
    new Scalar({ name, ...scalar }),
  ]);
  const abstract = Object.entries(typeOf).map(([name, resolveType]): [string, object] => [
    name,
    { __resolveType: resolveType },
  ]);
  return {
    typeDefs: SCHEMA_V1_TEXT,
    resolvers: { ...resolvers, ...Object.fromEntries<object>([...scalarTypes, ...abstract]) },
    contextOf: () => makeRequestContext({ world, principal: LOCAL_PRINCIPAL }, 1),
  };
}
