/**
 * Values of fields: what JSON has, and bytes and large integers besides, which the wire writes as `{"$bytes": base64}` and
 * `{"$int": "…"}`.
 */
import { toBase64, base64ToArray } from './bytes.ts';
import type { Json, JsonObject } from './operation.ts';

/** Integers past 2⁵³ are `bigint`, whole numbers below them `number`. */
export type Value = boolean | number | bigint | string | Uint8Array | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [name: string]: Value;
}

export type Fields = Readonly<Record<string, Value>>;

export function valueToJson(value: Value): Json {
  if (typeof value === 'bigint') return { $int: value.toString() };
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (isList(value)) return value.map(valueToJson);
  return fieldsToJson(value);
}

export function fieldsToJson(fields: Fields): JsonObject {
  return mapEntries(fields, valueToJson);
}

/** Fields hold no null; what a daemon sends as one is none. */
export function valueFromJson(json: Json): Value {
  if (json === null) throw new TypeError('a value is null');
  if (typeof json !== 'object') return json;
  if (isList(json)) return json.map(valueFromJson);
  const { $int: integer, $bytes: base64 } = json;
  if (typeof integer === 'string') return BigInt(integer);
  if (typeof base64 === 'string') return base64ToArray(base64);
  return fieldsFromJson(json);
}

export function fieldsFromJson(json: JsonObject): Fields {
  return mapEntries(json, valueFromJson);
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}

/** Own properties, whatever they are called: `fromEntries` defines them and sets none. */
function mapEntries<From, To>(
  object: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
