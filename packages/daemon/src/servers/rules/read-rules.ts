/**
 * SDL with directives as a rule pack and a migration: the language that people write packs in.
 *
 * Whatever has no meaning here is refused with its line and column, for a word that is passed over looks like a rule. What
 * a pack may say at all is the kernel's business: it judges the document that comes of it.
 */
import {
  GraphQLError,
  Kind,
  parse,
  type ArgumentNode,
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type ObjectFieldNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';
import {
  DELETION_RULES,
  encodeRulePack,
  encodeValue,
  MERGE_RULES,
  PRESENCES,
  valueProblem,
  type EdgeRule,
  type EncodedValue,
  type FieldRule,
  type Migration,
  type MigrationStep,
  type NodeRule,
  type RuleDeclarations,
  type Value,
} from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';
import { Failure } from '../../errors/failure.ts';
import { enumToWord, FIELD_TYPE_BY_SCALAR, ITEM_TYPE_BY_SCALAR, wordToEnum } from './directives.ts';

export const RULES_TEXT_LENGTH_MAX = 1_048_576;
const TOKENS_MAX = 100_000;
/** Values nest no deeper, in lists and maps. */
const NESTING_MAX = 64;
const NESTS_TOO_DEEP = `it nests deeper than ${NESTING_MAX}`;

export interface WrittenRules {
  /** The document of the pack; whether it is one, the kernel says. */
  readonly rules: EncodedValue;
  readonly migration: Migration;
}

/** Throws `RULES_INVALID` with the place `<place>:<line>:<column>`. */
export function readRules(text: string, place: string): WrittenRules {
  const reader = new Reader(place);
  return reader.read(reader.parse(text));
}

interface TypeRule {
  readonly kind: string;
  readonly rule: { readonly node: NodeRule } | { readonly edge: EdgeRule };
}

class Reader {
  readonly #place: string;
  readonly #kindByName = new Map<string, string>();

  constructor(place: string) {
    this.#place = place;
  }

  parse(text: string): DocumentNode {
    if (text.length > RULES_TEXT_LENGTH_MAX) {
      throw new Failure('RULES_INVALID', this.#place, `it has more than ${RULES_TEXT_LENGTH_MAX} characters`);
    }
    if (text.trim() === '') return { kind: Kind.DOCUMENT, definitions: [] };
    try {
      return parse(text, { maxLexicalTokens: TOKENS_MAX });
    } catch (error) {
      // The parser descends as the text nests: what exhausts the stack nests too deep by far.
      if (error instanceof RangeError) throw new Failure('RULES_INVALID', this.#place, NESTS_TOO_DEEP);
      if (!(error instanceof GraphQLError)) throw error;
      const [at] = error.locations ?? [];
      const place = at === undefined ? this.#place : `${this.#place}:${at.line}:${at.column}`;
      throw new Failure('RULES_INVALID', place, error.message);
    }
  }

  read({ definitions }: DocumentNode): WrittenRules {
    const nodes = new Map<string, NodeRule>();
    const edges = new Map<string, EdgeRule>();
    let unknownKinds: RuleDeclarations['unknownKinds'] = 'allowed';
    const types = definitions.filter((each) => each.kind === Kind.OBJECT_TYPE_DEFINITION);
    for (const type of types) this.#nameType(type);
    for (const type of types) {
      const { kind, rule } = this.#readType(type);
      if (('node' in rule ? nodes : edges).has(kind)) throw this.#invalid(type, `the kind ${kind} is declared twice`);
      if ('node' in rule) nodes.set(kind, rule.node);
      else edges.set(kind, rule.edge);
    }
    const migration: MigrationStep[] = [];
    for (const definition of definitions) {
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) continue;
      if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) migration.push(...this.#readMigration(definition));
      else unknownKinds = this.#readUnknown(definition);
    }
    return { rules: encodeRulePack({ unknownKinds, nodes, edges }, sha256).bytes, migration };
  }

  #nameType(type: ObjectTypeDefinitionNode): void {
    const name = type.name.value;
    if (this.#kindByName.has(name)) throw this.#invalid(type.name, `the type ${name} is declared twice`);
    const [first] = type.directives ?? [];
    const kind = first?.arguments?.find((argument) => argument.name.value === 'kind');
    this.#kindByName.set(name, kind === undefined ? name : this.#text(kind.value));
  }

  #readType(type: ObjectTypeDefinitionNode): TypeRule {
    const [first, ...rest] = type.directives ?? [];
    const name = type.name.value;
    const kind = this.#kindByName.get(name) ?? name;
    const apiName = kind === name ? null : name;
    if ((type.interfaces?.length ?? 0) > 0) throw this.#invalid(type, 'a type implements nothing here');
    if (first?.name.value === 'edge') {
      const [more] = rest;
      if (more !== undefined) throw this.#invalid(more, 'an edge has one directive');
      if ((type.fields?.length ?? 0) > 0) throw this.#invalid(type, 'an edge has no fields');
      return { kind, rule: { edge: this.#readEdge(first, apiName) } };
    }
    if (first?.name.value !== 'node') throw this.#invalid(type, 'a type begins with @node or @edge');
    return { kind, rule: { node: this.#readNode(type, first, rest, apiName) } };
  }

  #readNode(
    type: ObjectTypeDefinitionNode,
    node: ConstDirectiveNode,
    rest: readonly ConstDirectiveNode[],
    name: string | null,
  ): NodeRule {
    const given = this.#arguments(node, ['kind', 'key', 'open', 'delete']);
    const key = given.get('key');
    const keyName = key === undefined ? null : this.#text(key);
    const fields = new Map<string, FieldRule>();
    const unique: string[][] = rest.map((each) => this.#readUnique(each));
    let hasKey = false;
    for (const field of type.fields ?? []) {
      const fieldName = field.name.value;
      if (fieldName === keyName && !hasKey) {
        this.#mustBeKey(field);
        hasKey = true;
        continue;
      }
      if (fields.has(fieldName)) throw this.#invalid(field.name, `the field ${fieldName} is declared twice`);
      const { rule, isUnique } = this.#readField(field);
      fields.set(fieldName, rule);
      if (isUnique) unique.push([fieldName]);
    }
    if (keyName !== null && !hasKey) throw this.#invalid(node, `there is no field ${keyName}: ID!`);
    return {
      name,
      key: keyName,
      fields,
      isOpen: this.#flag(given.get('open')),
      unique,
      deletion: this.#word(given.get('delete'), DELETION_RULES),
    };
  }

  #readUnique(directive: ConstDirectiveNode): string[] {
    if (directive.name.value !== 'unique') throw this.#invalid(directive, `there is no @${directive.name.value} here`);
    const names = this.#arguments(directive, ['fields']).get('fields');
    if (names === undefined) throw this.#invalid(directive, 'name the fields that are unique together');
    return this.#list(names).map((each) => this.#text(each));
  }

  #mustBeKey({ type, directives }: FieldDefinitionNode): void {
    const isId =
      type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.NAMED_TYPE && type.type.name.value === 'ID';
    if (!isId || (directives?.length ?? 0) > 0)
      throw this.#invalid(type, 'the key is of type ID! and has no directive');
  }

  #readField(field: FieldDefinitionNode): { readonly rule: FieldRule; readonly isUnique: boolean } {
    const [argument] = field.arguments ?? [];
    if (argument !== undefined) throw this.#invalid(argument, 'a field has no arguments');
    let merge: FieldRule['merge'] = null;
    let isUnique = false;
    const seen = new Set<string>();
    for (const directive of field.directives ?? []) {
      const name = directive.name.value;
      if (seen.has(name)) throw this.#invalid(directive, `@${name} is there twice`);
      seen.add(name);
      if (name === 'unique') {
        this.#arguments(directive, []);
        isUnique = true;
      } else if (name === 'merge') {
        merge = this.#word(this.#arguments(directive, ['rule']).get('rule'), MERGE_RULES);
        if (merge === null) throw this.#invalid(directive, 'name the rule');
      } else throw this.#invalid(directive, `there is no @${name} here`);
    }
    return { rule: { ...this.#readFieldType(field.type), merge }, isUnique };
  }

  #readFieldType(type: TypeNode): Pick<FieldRule, 'type' | 'items' | 'required'> {
    const required = type.kind === Kind.NON_NULL_TYPE;
    const inner = required ? type.type : type;
    if (inner.kind === Kind.LIST_TYPE) {
      const { type: item } = inner;
      const named = item.kind === Kind.NON_NULL_TYPE ? item.type : undefined;
      const items = named?.kind === Kind.NAMED_TYPE ? ITEM_TYPE_BY_SCALAR.get(named.name.value) : undefined;
      if (items === undefined) throw this.#invalid(item, `items are ${[...ITEM_TYPE_BY_SCALAR.keys()].join('!, ')}!`);
      return { type: 'list', items, required };
    }
    const scalar = inner.name.value;
    const fieldType = FIELD_TYPE_BY_SCALAR.get(scalar);
    if (fieldType !== undefined) return { type: fieldType, items: null, required };
    throw this.#invalid(
      inner,
      `${scalar} is no type of fields: those are ${[...FIELD_TYPE_BY_SCALAR.keys()].join(', ')}`,
    );
  }

  #readEdge(edge: ConstDirectiveNode, name: string | null): EdgeRule {
    const given = this.#arguments(edge, [
      'kind',
      'from',
      'to',
      'needed',
      'outMax',
      'inMax',
      'key',
      'payload',
      'delete',
    ]);
    return {
      name,
      from: this.#kinds(given.get('from')),
      to: this.#kinds(given.get('to')),
      isNeeded: this.#flag(given.get('needed')),
      outMax: this.#count(given.get('outMax')),
      inMax: this.#count(given.get('inMax')),
      key: this.#word(given.get('key'), PRESENCES),
      payload: this.#word(given.get('payload'), PRESENCES),
      deletion: this.#word(given.get('delete'), DELETION_RULES),
    };
  }

  #kinds(value: ValueNode | undefined): readonly string[] | null {
    if (value === undefined) return null;
    return this.#list(value).map((each) => {
      const kind = each.kind === Kind.ENUM ? this.#kindByName.get(each.value) : undefined;
      if (kind === undefined) throw this.#invalid(each, 'it is not the name of a type that is declared');
      return kind;
    });
  }

  #readMigration(type: ObjectTypeExtensionNode): readonly MigrationStep[] {
    const kind = this.#kindByName.get(type.name.value);
    if (kind === undefined) throw this.#invalid(type.name, `no type ${type.name.value} is declared`);
    if ((type.fields?.length ?? 0) > 0 || (type.interfaces?.length ?? 0) > 0) {
      throw this.#invalid(type, 'an extension has the steps of a migration, and no fields');
    }
    return (type.directives ?? []).map((directive): MigrationStep => {
      const step = directive.name.value;
      if (step !== 'fill' && step !== 'rename' && step !== 'drop') {
        throw this.#invalid(directive, 'a step of a migration is @fill, @rename or @drop');
      }
      const given = this.#arguments(
        directive,
        step === 'drop' ? ['field'] : ['field', step === 'fill' ? 'value' : 'to'],
      );
      const must = (name: string): ValueNode => {
        const value = given.get(name);
        if (value === undefined) throw this.#invalid(directive, `it lacks ${name}`);
        return value;
      };
      const field = this.#text(must('field'));
      if (step === 'drop') return { step, kind, field };
      if (step === 'rename') return { step, kind, field, newName: this.#text(must('to')) };
      return { step, kind, field, value: this.#encoded(must('value')) };
    });
  }

  #readUnknown(definition: DefinitionNode): RuleDeclarations['unknownKinds'] {
    if (definition.kind !== Kind.SCHEMA_EXTENSION || (definition.operationTypes?.length ?? 0) > 0) {
      throw this.#invalid(definition, 'a rule pack has types, their extensions, and `extend schema @rules(…)`');
    }
    const [first, second] = definition.directives ?? [];
    if (first?.name.value !== 'rules' || second !== undefined) throw this.#invalid(definition, 'here stands @rules');
    const unknown = this.#arguments(first, ['unknown']).get('unknown');
    return this.#word(unknown, ['allowed', 'refused'] as const) ?? 'allowed';
  }

  /** The arguments by name, if it has no others. */
  #arguments(directive: ConstDirectiveNode, names: readonly string[]): ReadonlyMap<string, ValueNode> {
    const given = new Map<string, ValueNode>();
    for (const argument of directive.arguments ?? []) this.#addArgument(given, argument, names);
    return given;
  }

  #addArgument(given: Map<string, ValueNode>, argument: ArgumentNode, names: readonly string[]): void {
    const name = argument.name.value;
    if (!names.includes(name))
      throw this.#invalid(argument, `${name} is none of ${names.join(', ') || 'its arguments'}`);
    if (given.has(name)) throw this.#invalid(argument, `${name} is given twice`);
    given.set(name, argument.value);
  }

  #text(value: ValueNode): string {
    if (value.kind === Kind.STRING) return value.value;
    throw this.#invalid(value, 'it is not a string');
  }

  #list(value: ValueNode): readonly ValueNode[] {
    if (value.kind === Kind.LIST) return value.values;
    throw this.#invalid(value, 'it is not a list');
  }

  #flag(value: ValueNode | undefined): boolean {
    if (value === undefined) return false;
    if (value.kind === Kind.BOOLEAN) return value.value;
    throw this.#invalid(value, 'it is neither true nor false');
  }

  #count(value: ValueNode | undefined): number | null {
    if (value === undefined) return null;
    const count = value.kind === Kind.INT ? Number(value.value) : NaN;
    if (Number.isSafeInteger(count)) return count;
    throw this.#invalid(value, 'it is no whole number below 2⁵³');
  }

  #word<Word extends string>(value: ValueNode | undefined, words: readonly Word[]): Word | null {
    if (value === undefined) return null;
    const word = value.kind === Kind.ENUM ? words.find((each) => each === enumToWord(value.value)) : undefined;
    if (word === undefined) throw this.#invalid(value, `it is none of ${words.map(wordToEnum).join(', ')}`);
    return word;
  }

  #encoded(node: ValueNode): EncodedValue {
    const value = this.#value(node, 1);
    const problem = valueProblem(value, { nullAllowed: false });
    if (problem !== undefined) throw this.#invalid(node, problem);
    return encodeValue(value);
  }

  #value(node: ValueNode, nesting: number): Value {
    if (nesting > NESTING_MAX) throw this.#invalid(node, NESTS_TOO_DEEP);
    switch (node.kind) {
      case Kind.INT: {
        const value = BigInt(node.value);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      case Kind.FLOAT:
        return Number(node.value);
      case Kind.STRING:
        return node.value;
      case Kind.BOOLEAN:
        return node.value;
      case Kind.LIST:
        return node.values.map((each) => this.#value(each, nesting + 1));
      case Kind.OBJECT:
        return this.#map(node.fields, nesting + 1);
      case Kind.VARIABLE:
      case Kind.NULL:
      case Kind.ENUM:
        throw this.#invalid(node, 'it is no value of a field');
    }
  }

  #map(fields: readonly ObjectFieldNode[], nesting: number): Value {
    const map = new Map<string, Value>();
    for (const { name, value } of fields) {
      if (map.has(name.value)) throw this.#invalid(name, `${name.value} is given twice`);
      map.set(name.value, this.#value(value, nesting));
    }
    return map;
  }

  #invalid({ loc }: ASTNode, detail: string): Failure {
    const at = loc === undefined ? '' : `:${loc.startToken.line}:${loc.startToken.column}`;
    return new Failure('RULES_INVALID', `${this.#place}${at}`, detail);
  }
}
