/**
 * TypeScript of a GraphQL schema and the operations that a client asks: for each operation the types of its variables and of
 * its data, and a constant with its text. Of the schema only what these name.
 * Fragments go first, then operations, both noting which input types and enums they mention; then these.
 */
import {
  Kind,
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  print,
  stripIgnoredCharacters,
  typeFromAST,
  validate,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

const HEAD = `/** Made by \`npm run generate\` of the daemon's schema and \`operations.graphql\`: not to be edited. */
import type { Json, Operation } from './operation.ts';
`;

/** What a scalar is in TypeScript. Numbers of 64 bits are text, as ids are. */
const SCALARS: Readonly<Record<string, string>> = {
  Boolean: 'boolean',
  Float: 'number',
  Hash: 'string',
  ID: 'string',
  Int: 'number',
  JSON: 'Json',
  String: 'string',
  Timestamp: 'string',
  U32: 'number',
  U64: 'string',
};

/** The source, not laid out yet. Throws for an operation that does not fit the schema. */
export function generateTypes(sdl: string, operations: string): string {
  const schema = buildSchema(sdl);
  const document = parse(operations);
  const errors = validate(schema, document);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  const writer = new TypeWriter(schema, document);
  const fragments = fragmentsOf(document).map((fragment) => writer.fragment(fragment));
  const asked = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const texts = asked.map((definition) => writer.operation(definition));
  return [HEAD, ...writer.inputs(), ...fragments, ...texts].join('\n');
}

function fragmentsOf(document: DocumentNode): FragmentDefinitionNode[] {
  return document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
}

class TypeWriter {
  readonly #schema: GraphQLSchema;
  readonly #fragmentByName: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Enums and input types that were mentioned. */
  readonly #mentioned = new Map<string, GraphQLEnumType | GraphQLInputObjectType>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#fragmentByName = new Map(fragmentsOf(document).map((each) => [each.name.value, each]));
  }

  fragment({ name, typeCondition, selectionSet }: FragmentDefinitionNode): string {
    const type = this.#mustGetObject(typeCondition.name.value);
    return `export type ${name.value} = ${this.#selection(type, selectionSet)};`;
  }

  operation(definition: OperationDefinitionNode): string {
    const name = definition.name?.value;
    if (name === undefined) throw new Error('each operation has a name');
    const typeName = name.charAt(0).toUpperCase() + name.slice(1);
    const root = this.#schema.getRootType(definition.operation);
    if (!root) throw new Error(`the schema has no ${definition.operation}`);
    const variables = (definition.variableDefinitions ?? []).map((each) => {
      const type = typeFromAST(this.#schema, each.type);
      if (type === undefined) throw new Error(`$${each.variable.name.value} has no type`);
      return this.#inputField(each.variable.name.value, type);
    });
    return [
      `export type ${typeName}Data = ${this.#selection(root, definition.selectionSet)};`,
      `export interface ${typeName}Variables { ${variables.join('; ')} }`,
      `export const ${name}: Operation<${typeName}Data, ${typeName}Variables> = { text: ${quote(this.#text(definition))} };`,
    ].join('\n');
  }

  /** The input types and enums that were mentioned, and those that these mention. */
  inputs(): string[] {
    const texts: string[] = [];
    // It grows while it is gone through.
    for (const type of this.#mentioned.values()) {
      if (isEnumType(type)) {
        const values = type.getValues().map((value) => `'${value.name}'`);
        texts.push(`export type ${type.name} = ${values.join(' | ')};`);
      } else {
        const fields = Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => {
          // What has a default may be left out.
          const isOptional = isNonNullType(fieldType) && defaultValue !== undefined;
          return this.#inputField(name, isOptional ? fieldType.ofType : fieldType);
        });
        texts.push(`export interface ${type.name} { ${fields.join('; ')} }`);
      }
    }
    return texts.toSorted();
  }

  /** One line: the operation and every fragment that it leads to. */
  #text(definition: OperationDefinitionNode): string {
    const names = new Set<string>();
    const gather = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
      visit(node, {
        FragmentSpread: ({ name: { value } }) => {
          if (names.has(value)) return;
          names.add(value);
          gather(this.#mustGetFragment(value));
        },
      });
    };
    gather(definition);
    const parts = [definition, ...[...names].map((name) => this.#mustGetFragment(name))];
    return stripIgnoredCharacters(parts.map((part) => print(part)).join('\n'));
  }

  #selection(type: GraphQLObjectType, { selections }: SelectionSetNode): string {
    const fields: string[] = [];
    const spreads: string[] = [];
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) spreads.push(selection.name.value);
      else if (selection.kind === Kind.FIELD) {
        const field = type.getFields()[selection.name.value];
        if (field === undefined) throw new Error(`${type.name} has no ${selection.name.value}`);
        const name = (selection.alias ?? selection.name).value;
        fields.push(`readonly ${name}: ${this.#output(field.type, selection.selectionSet)}`);
      } else throw new Error('inline fragments are not needed so far');
    }
    return [...spreads, ...(fields.length === 0 ? [] : [`{ ${fields.join('; ')} }`])].join(' & ');
  }

  #output(type: GraphQLType, selectionSet: SelectionSetNode | undefined): string {
    if (isNonNullType(type)) return this.#outputValue(type.ofType, selectionSet);
    return `${this.#outputValue(type, selectionSet)} | null`;
  }

  #outputValue(type: GraphQLType, selectionSet: SelectionSetNode | undefined): string {
    if (isListType(type)) return `readonly (${this.#output(type.ofType, selectionSet)})[]`;
    if (isObjectType(type)) {
      if (selectionSet === undefined) throw new Error(`${type.name} is asked for without its fields`);
      return this.#selection(type, selectionSet);
    }
    return this.#leaf(getNamedType(type));
  }

  #inputField(name: string, type: GraphQLType): string {
    if (isNonNullType(type)) return `readonly ${name}: ${this.#inputValue(type.ofType)}`;
    return `readonly ${name}?: ${this.#inputValue(type)} | null | undefined`;
  }

  #inputValue(type: GraphQLType): string {
    if (isNonNullType(type)) return this.#inputValue(type.ofType);
    return isListType(type) ? `readonly ${this.#inputValue(type.ofType)}[]` : this.#leaf(getNamedType(type));
  }

  #leaf(type: GraphQLNamedType): string {
    if (isEnumType(type) || isInputObjectType(type)) {
      this.#mentioned.set(type.name, type);
      return type.name;
    }
    const scalar = SCALARS[type.name];
    if (scalar === undefined) throw new Error(`no type stands for the scalar ${type.name}`);
    return scalar;
  }

  #mustGetFragment(name: string): FragmentDefinitionNode {
    const fragment = this.#fragmentByName.get(name);
    if (fragment === undefined) throw new Error(`there is no fragment ${name}`);
    return fragment;
  }

  #mustGetObject(name: string): GraphQLObjectType {
    const type = this.#schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is no type of objects`);
    return type;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
