/** The words of the language of rule packs, and what they stand for in a pack (docs/spec/rule-packs.md). */
import type { FieldType, ItemType } from '@jitos/kernel';

/** Scalars by the type of field that they declare; a list of one declares a list with items of its type. */
export const FIELD_TYPE_BY_SCALAR: ReadonlyMap<string, FieldType> = new Map([
  ['Any', 'any'],
  ['Boolean', 'boolean'],
  ['Bytes', 'bytes'],
  ['Float', 'float'],
  ['Int', 'integer'],
  ['List', 'list'],
  ['Map', 'map'],
  ['String', 'text'],
]);

export const SCALAR_BY_FIELD_TYPE: ReadonlyMap<FieldType, string> = new Map(
  [...FIELD_TYPE_BY_SCALAR].map(([scalar, type]) => [type, scalar]),
);

const ITEM_SCALARS: readonly (readonly [string, ItemType])[] = [
  ['Boolean', 'boolean'],
  ['Bytes', 'bytes'],
  ['Float', 'float'],
  ['Int', 'integer'],
  ['String', 'text'],
];

export const ITEM_TYPE_BY_SCALAR: ReadonlyMap<string, ItemType> = new Map(ITEM_SCALARS);

/** `delete-wins` is written `DELETE_WINS`. */
export function wordToEnum(word: string): string {
  return word.toUpperCase().replaceAll('-', '_');
}

export function enumToWord(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
