/**
 * Forms: what plain JSON has to look like to be taken, as a reader and as a JSON Schema, both made of one input type of the
 * GraphQL schema. So there is one vocabulary, and one place where it is written down.
 *
 * - F1 What a form reads has the type that GraphQL's own coercion would give: whoever takes the one takes the other.
 * - F2 Types alone are judged here. What values mean, and how many there may be, is judged by whoever takes them.
 * - F3 What is read is built anew, with none but the names of the type: nothing is inherited, whatever a name in the JSON is.
 */
import {
  GraphQLBoolean,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  isEnumType,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';
import { invalid, readObject, readText, wrongType } from '../graphql/json-value.ts';
import { U32_MAX } from '../graphql/scalars.ts';
import { orNull, type JsonSchema } from './json-schema.ts';

export interface Form {
  readonly schema: JsonSchema;
  /** Throws `FORMAT_INVALID` or `FIELD_UNKNOWN`. */
  readonly read: (json: unknown, place: string) => unknown;
}

/** A member of an object, by its name. */
export interface Member {
  readonly form: Form;
  readonly isRequired: boolean;
}

export type Members = Readonly<Record<string, Member>>;

/** `null` reads as null where it may be absent. */
export function formOf(type: GraphQLInputType): Form {
  if (type instanceof GraphQLNonNull) return bareForm(type.ofType);
  const { schema, read } = bareForm(type);
  return { schema: orNull(schema), read: (json, place) => (json === null ? null : read(json, place)) };
}

export function membersOf(fields: readonly (GraphQLInputField | GraphQLArgument)[]): Members {
  return Object.fromEntries(
    fields.map((field): [string, Member] => {
      const { name, type, description, defaultValue } = field;
      const { schema, read } = formOf(type);
      const told = {
        ...schema,
        ...(description ? { description } : {}),
        ...(defaultValue === undefined ? {} : { default: defaultValue }),
      };
      const isRequired = isRequiredInputField(field);
      const withDefault: Form['read'] = (json, place) => (json === undefined ? defaultValue : read(json, place));
      return [name, { form: { schema: told, read: withDefault }, isRequired }];
    }),
  );
}

/** An object with these members and no other. */
export function objectForm(members: Members): Form {
  const entries = Object.entries(members);
  const required = entries.filter(([, { isRequired }]) => isRequired).map(([name]) => name);
  const optional = entries.filter(([, { isRequired }]) => !isRequired).map(([name]) => name);
  const properties = Object.fromEntries(entries.map(([name, { form }]) => [name, form.schema]));
  return {
    schema: { type: 'object', properties, required, additionalProperties: false },
    read: (json, place) => {
      const given = readObject(json, place, { required, optional });
      const read: Record<string, unknown> = {};
      for (const [name, { form }] of entries) {
        const item = Object.hasOwn(given, name) ? given[name] : undefined;
        const value = form.read(item, place === '' ? name : `${place}.${name}`);
        if (value !== undefined) read[name] = value;
      }
      return read;
    },
  };
}

function bareForm(type: GraphQLInputType): Form {
  if (type instanceof GraphQLList) return listForm(formOf(type.ofType));
  if (type instanceof GraphQLInputObjectType) return objectForm(membersOf(Object.values(type.getFields())));
  if (isEnumType(type)) return enumForm(type.getValues().map(({ name }) => name));
  const name = type.toString();
  const form = SCALAR_FORMS[name];
  if (form === undefined) throw new Error(`there is no form for ${name}`);
  return form;
}

function listForm({ schema, read }: Form): Form {
  return {
    schema: { type: 'array', items: schema },
    read: (json, place) => {
      if (!Array.isArray(json)) throw wrongType(place, 'a list', json);
      return json.map((item: unknown, i) => read(item, `${place}[${i}]`));
    },
  };
}

function enumForm(names: readonly string[]): Form {
  return {
    schema: { type: 'string', enum: names },
    read: (json, place) => {
      const text = readText(json, place);
      if (names.includes(text)) return text;
      throw invalid(place, `'${text.slice(0, 64)}' is none of ${names.join(', ')}`);
    },
  };
}

function integerForm(minimum: number, maximum: number): Form {
  return {
    schema: { type: 'integer', minimum, maximum },
    read: (json, place) => {
      if (typeof json !== 'number') throw wrongType(place, 'a number', json);
      if (Number.isInteger(json) && json >= minimum && json <= maximum) return json;
      throw invalid(place, `not a whole number from ${minimum} to ${maximum}`);
    },
  };
}

const INT_MAX = 2 ** 31 - 1;

const SCALAR_FORMS: Readonly<Record<string, Form>> = {
  [GraphQLID.name]: {
    schema: { type: ['string', 'integer'] },
    read: (json, place) => (Number.isSafeInteger(json) ? String(json) : readText(json, place)),
  },
  [GraphQLString.name]: { schema: { type: 'string' }, read: readText },
  [GraphQLBoolean.name]: {
    schema: { type: 'boolean' },
    read: (json, place) => {
      if (typeof json === 'boolean') return json;
      throw wrongType(place, 'true or false', json);
    },
  },
  [GraphQLInt.name]: integerForm(-INT_MAX - 1, INT_MAX),
  U32: integerForm(0, U32_MAX),
  JSON: { schema: {}, read: (json) => json },
};
