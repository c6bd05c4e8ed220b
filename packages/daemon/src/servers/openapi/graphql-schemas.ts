/** What commands answer, of GraphQL's types, as JSON Schemas that name each other. */
import {
  GraphQLList,
  GraphQLNonNull,
  type GraphQLObjectType,
  isEnumType,
  isObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { orNull, type JsonSchema } from '../plain/json-schema.ts';

/** Where the schemas of types stand, by the types' names. */
export type Components = Map<string, JsonSchema>;

const SCALARS: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Boolean: { type: 'boolean' },
  Int: { type: 'integer' },
  U32: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  U64: { type: 'string', pattern: '^[0-9]+$', description: 'A number, in decimal digits.' },
  Hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  Timestamp: { type: 'null' },
  JSON: {},
};

/** Fields that results of commands are without: they have routes of their own. */
const PROOFS: readonly string[] = ['proof'];

/** A reference to a component. */
export function refTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The schema of what a field answers; types that it needs are added to the components. */
export function schemaOfOutput(type: GraphQLOutputType, components: Components): JsonSchema {
  if (type instanceof GraphQLNonNull) return bareSchema(type.ofType, components);
  const schema = bareSchema(type, components);
  return schema.type === 'null' ? schema : orNull(schema);
}

function bareSchema(type: GraphQLOutputType, components: Components): JsonSchema {
  if (type instanceof GraphQLList) return { type: 'array', items: schemaOfOutput(type.ofType, components) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map(({ name }) => name) };
  if (isObjectType(type)) {
    if (!components.has(type.name)) addObject(type, components);
    return refTo(type.name);
  }
  const scalar = SCALARS[type.toString()];
  if (scalar === undefined) throw new Error(`there is no schema for ${type.toString()}`);
  return scalar;
}

function addObject(type: GraphQLObjectType, components: Components): void {
  components.set(type.name, {}); // taken, for types that come back to themselves
  components.set(type.name, objectSchema(type, components));
}

/** An object with all fields of a type that results have. */
export function objectSchema(type: GraphQLObjectType, components: Components): JsonSchema {
  const fields = Object.values(type.getFields()).filter(({ name }) => !PROOFS.includes(name));
  const properties = fields.map(({ name, description, type: fieldType }): [string, JsonSchema] => {
    const schema = schemaOfOutput(fieldType, components);
    return [name, { ...schema, ...(description && schema.$ref === undefined ? { description } : {}) }];
  });
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  };
}
