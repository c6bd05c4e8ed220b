/** JSON Schema (2020-12, as OpenAPI 3.1 has it), as far as it is needed to tell what is taken and answered. */
export type JsonSchema = Readonly<{
  $ref?: string;
  type?: JsonType | readonly JsonType[];
  description?: string;
  const?: string | number | boolean | null;
  enum?: readonly (string | null)[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: unknown;
  items?: JsonSchema;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
}>;

export type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** The schema of what may be null besides. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: names } = schema;
  if (schema.$ref !== undefined) return { anyOf: [schema, { type: 'null' }] };
  if (type === undefined) return schema; // anything
  const types: readonly JsonType[] = typeof type === 'string' ? [type] : type;
  return { ...schema, type: [...types, 'null'], ...(names === undefined ? {} : { enum: [...names, null] }) };
}
