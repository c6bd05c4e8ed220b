/** Commands and their results as JSON Schemas, made of the table that carries them out. */
import { getNamedType, isObjectType } from 'graphql';
import { COMMANDS, type PlainCommand } from '../plain/command-table.ts';
import { orNull, type JsonSchema } from '../plain/json-schema.ts';
import { objectSchema, refTo, type Components } from './graphql-schemas.ts';

/** Of all commands; each has a component for what it takes, and one for what it comes to. */
export function addCommandSchemas(components: Components): {
  readonly request: JsonSchema;
  readonly result: JsonSchema;
} {
  const commands = [...COMMANDS.values()];
  for (const command of commands) {
    components.set(requestName(command), command.form.schema);
    components.set(resultName(command), resultSchema(command, components));
  }
  return {
    request: { oneOf: commands.map((command) => refTo(requestName(command))) },
    result: { anyOf: commands.map((command) => refTo(resultName(command))) },
  };
}

function requestName({ name }: PlainCommand): string {
  return `${name}Command`;
}

function resultName({ name }: PlainCommand): string {
  return `${name}Result`;
}

function resultSchema({ mutation, mayWriteNothing }: PlainCommand, components: Components): JsonSchema {
  const payload = getNamedType(mutation.type);
  if (!isObjectType(payload)) throw new Error(`${mutation.name} has no payload`);
  const { properties, required, ...rest } = objectSchema(payload, components);
  const event = mayWriteNothing ? orNull(refTo('WrittenEvent')) : refTo('WrittenEvent');
  return { ...rest, properties: { event, ...properties }, required: ['event', ...(required ?? [])] };
}
