/** Selections that ask for all that a type has. */
import { getNamedType, isObjectType, type GraphQLField, type GraphQLOutputType } from 'graphql';

/** Empty for a type without fields. Types must not nest without end. */
export function wholeSelection(type: GraphQLOutputType, without: readonly string[]): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).filter(({ name }) => !without.includes(name));
  return `{ ${fields.map((field) => `${field.name} ${wholeSelection(field.type, without)}`).join(' ')} }`;
}

/** A mutation that takes its arguments as variables, and asks for all that it answers. */
export function wholeMutation(
  { name, args, type }: GraphQLField<unknown, unknown>,
  without: readonly string[],
): string {
  const variables = args.map((argument) => `$${argument.name}: ${argument.type.toString()}`).join(', ');
  const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  return `mutation(${variables}) { ${name}(${passed}) ${wholeSelection(type, without)} }`;
}
