/** Whether a field's value is of the type that its kind declares: told from its first byte, but for the items of a list. */
import { decodeValue, isBoxedBytes, type EncodedValue, type Value } from '../../bytes/value.ts';
import { MAJOR } from '../../bytes/canonical-writer.ts';
import type { FieldType, ItemType } from './rule-pack.ts';

const FALSE_BYTE = 0xf4;
const TRUE_BYTE = 0xf5;
const FLOAT_BYTE = 0xfb;

/** O(1), and O(size) for a list with a type of items. */
export function isOfType(value: EncodedValue, type: FieldType, items: ItemType | null): boolean {
  const lead = value.charCodeAt(0);
  const major = lead >> 5;
  const isInteger = major === MAJOR.unsigned || major === MAJOR.negative;
  switch (type) {
    case 'any':
      return true;
    case 'boolean':
      return lead === FALSE_BYTE || lead === TRUE_BYTE;
    case 'bytes':
      return major === MAJOR.bytes;
    case 'float':
      return isInteger || lead === FLOAT_BYTE;
    case 'integer':
      return isInteger;
    case 'list':
      return major === MAJOR.array && (items === null || hasItems(value, items));
    case 'map':
      return major === MAJOR.map;
    case 'text':
      return major === MAJOR.text;
  }
}

function hasItems(list: EncodedValue, type: ItemType): boolean {
  const items = decodeValue(list, { nullAllowed: false });
  return Array.isArray(items) && items.every((item: Value) => isItem(item, type));
}

function isItem(item: Value, type: ItemType): boolean {
  switch (type) {
    case 'boolean':
      return typeof item === 'boolean';
    case 'bytes':
      return isBoxedBytes(item);
    case 'float':
      return typeof item === 'number' || typeof item === 'bigint';
    case 'integer':
      return typeof item === 'bigint' || Number.isInteger(item);
    case 'text':
      return typeof item === 'string';
  }
}
