/** Makes a schema's text executable: what its scalars read, what its fields need work for, what its subscriptions follow. */
import {
  buildSchema,
  GraphQLInterfaceType,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLUnionType,
  type GraphQLSchema,
} from 'graphql';
import type { Scalar } from './scalars.ts';

export type Resolvers = Readonly<Record<string, (parent: never, args: never, context: never) => unknown>>;

export interface SchemaParts {
  readonly scalars: Readonly<Record<string, Scalar>>;
  /** By type: fields that need work. Every other is a property of its parent's answer. */
  readonly resolvers: Readonly<Record<string, Resolvers>>;
  /** What each field of `Subscription` follows, and how it shows an event of that. */
  readonly followed: Readonly<Record<string, object>>;
  /** By interface or union: the name of a value's type. */
  readonly typeOf?: Readonly<Record<string, (value: never) => string>>;
}

/** Throws where the parts name what the text has not. */
export function makeExecutable(
  text: string,
  { scalars, resolvers, followed, typeOf = {} }: SchemaParts,
): GraphQLSchema {
  const schema = buildSchema(text);
  for (const [name, scalar] of Object.entries(scalars)) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLScalarType)) throw new Error(`the schema has no scalar ${name}`);
    Object.assign(type, scalar);
  }
  for (const [name, fieldResolvers] of Object.entries(resolvers)) {
    const fields = mustGetFields(schema, name);
    for (const [fieldName, resolve] of Object.entries(fieldResolvers)) {
      const field = fields[fieldName];
      if (field === undefined) throw new Error(`the schema has no field ${name}.${fieldName}`);
      // GraphQL.js can't know the types that its own coercion and our parents guarantee.
      Object.assign(field, { resolve });
    }
  }
  const subscribed = schema.getSubscriptionType()?.getFields();
  for (const [fieldName, parts] of Object.entries(followed)) {
    const field = subscribed?.[fieldName];
    if (field === undefined) throw new Error(`the schema has no field Subscription.${fieldName}`);
    Object.assign(field, parts);
  }
  for (const [name, resolveType] of Object.entries(typeOf)) {
    const type = schema.getType(name);
    const isAbstract = type instanceof GraphQLInterfaceType || type instanceof GraphQLUnionType;
    if (!isAbstract) throw new Error(`the schema has no interface or union ${name}`);
    Object.assign(type, { resolveType });
  }
  return schema;
}

function mustGetFields(schema: GraphQLSchema, name: string): ReturnType<GraphQLObjectType['getFields']> {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLObjectType)) throw new Error(`the schema has no type ${name}`);
  return type.getFields();
}
